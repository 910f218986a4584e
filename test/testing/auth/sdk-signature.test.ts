import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { callIms, callObs, send, signedHeaders } from '../../rigs/simulator-requests';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const LIST = '/v2/cloudimages?limit=1';

describe('the simulated IMS with SDK-HMAC-SHA256', () => {
  it('accepts a request that signs only X-Sdk-Date, as the Go SDK does to find a project', async () => {
    const headers = signedHeaders(simulator.info, 'GET', LIST);
    expect((await send(simulator.info.imsEndpoint, 'GET', LIST, headers)).status).toBe(200);
  });

  it('verifies host and content type when they are named as signed', async () => {
    const { host } = new URL(simulator.info.imsEndpoint);
    const headers = { host, 'content-type': 'application/json', 'user-agent': 'a client' };
    expect((await callIms(simulator.info, 'GET', LIST, { headers })).status).toBe(200);
    const signed = signedHeaders(simulator.info, 'GET', LIST, { headers });
    const altered = await send(simulator.info.imsEndpoint, 'GET', LIST, { ...signed, 'user-agent': 'another' });
    expect(altered.status).toBe(401);
  });

  it('ignores headers that are not named as signed', async () => {
    const signed = signedHeaders(simulator.info, 'GET', LIST);
    const answer = await send(simulator.info.imsEndpoint, 'GET', LIST, { ...signed, accept: '*/*', via: 'a proxy' });
    expect(answer.status).toBe(200);
  });

  it.each([
    'name=a%20b',
    'name=a+b',
    "name=a%2Bb%25%26%3D()*!'~%2F%C3%BC",
    'name=',
    'name=b&limit=2&__imagetype=private',
  ])('reads the query ?%s from the request line', async (query) => {
    expect((await callIms(simulator.info, 'GET', `/v2/cloudimages?${query}`)).status).toBe(200);
  });

  it("rejects a wrong key with the gateway's text and the request id in header and body", async () => {
    const answer = await callIms(simulator.info, 'GET', LIST, { key: { ...simulator.info, secretKey: 'wrong' } });
    expect(answer.status).toBe(401);
    expect(answer.json).toEqual({
      error_code: 'APIGW.0301',
      error_msg: 'Incorrect IAM authentication information: verify aksk signature fail',
      request_id: answer.headers['x-request-id'],
    });
  });

  it('rejects a body that differs from the signed one', async () => {
    const target = `/v1/cloudimages/${simulator.info.images.linux}/file`;
    const headers = signedHeaders(simulator.info, 'POST', target, { body: '{"a":1}' });
    expect((await send(simulator.info.imsEndpoint, 'POST', target, headers, '{"a": 1}')).status).toBe(401);
  });

  it('accepts X-Sdk-Content-Sha256 instead of the body, and checks it unless it is UNSIGNED-PAYLOAD', async () => {
    const unsigned = { headers: { 'x-sdk-content-sha256': 'UNSIGNED-PAYLOAD' } };
    expect((await callIms(simulator.info, 'GET', LIST, unsigned)).status).toBe(200);
    const wrong = { headers: { 'x-sdk-content-sha256': '0'.repeat(64) } };
    expect((await callIms(simulator.info, 'GET', LIST, wrong)).status).toBe(401);
  });

  it.each([-16, 16])('rejects a date %d minutes off the real clock, whatever the virtual clock is', async (minutes) => {
    const at = new Date(Date.now() + minutes * 60_000);
    expect((await callIms(simulator.info, 'GET', LIST, { at })).status).toBe(401);
    simulator.clock.set(at.getTime());
    expect((await callIms(simulator.info, 'GET', LIST, { at })).status).toBe(401);
    expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(200);
  });

  it('rejects another project, an unknown key, and a missing authorization', async () => {
    const otherProject = await callIms(simulator.info, 'GET', LIST, { headers: { 'x-project-id': '0'.repeat(32) } });
    const unknownKey = await callIms(simulator.info, 'GET', LIST, { key: { accessKey: 'NOBODY', secretKey: 'x' } });
    const anonymous = await send(simulator.info.imsEndpoint, 'GET', LIST);
    for (const answer of [otherProject, unknownKey, anonymous]) {
      expect([answer.status, answer.json.error_code]).toEqual([401, 'APIGW.0301']);
    }
  });
});

describe('the lock of a simulated key', () => {
  const fail = (times: number) =>
    Array.from({ length: times }).reduce<Promise<unknown>>(
      (before) =>
        before.then(() => callIms(simulator.info, 'GET', LIST, { key: { ...simulator.info, secretKey: 'wrong' } })),
      Promise.resolve(),
    );

  it('starts after more than five failed signatures in a row, for five minutes of the virtual clock', async () => {
    await fail(5);
    expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(200);
    await fail(6);
    expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(401);
    expect((await callObs(simulator.info, 'HEAD', `/${simulator.info.bucket}`)).status).toBe(403);
    simulator.clock.advance(5 * 60_000);
    expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(200);
  });
});

describe('the simulator with changed credentials', () => {
  it('accepts only the new key after a rotation', async () => {
    const old = simulator.info;
    const { accessKey, secretKey } = simulator.credentials.rotate();
    expect((await callIms(old, 'GET', LIST)).status).toBe(401);
    expect((await callIms(old, 'GET', LIST, { key: { accessKey, secretKey } })).status).toBe(200);
    expect(simulator.info).toMatchObject({ accessKey, secretKey });
  });

  it('rejects everything with 401 while the credentials are revoked, without locking the key', async () => {
    simulator.credentials.revoke();
    for (let call = 0; call < 8; call += 1) expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(401);
    expect((await callObs(simulator.info, 'HEAD', `/${simulator.info.bucket}`)).status).toBe(403);
    simulator.credentials.restore();
    expect((await callIms(simulator.info, 'GET', LIST)).status).toBe(200);
  });

  it('answers 403 IMG.0026 while only the permissions are revoked', async () => {
    simulator.credentials.revoke('permissions');
    const answer = await callIms(simulator.info, 'GET', LIST);
    expect([answer.status, answer.json.error.code]).toEqual([403, 'IMG.0026']);
  });
});
