import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FaultRule, type Simulator, startSimulator } from '../../src/testing';
import { beginExport, callIms, callObs, control, exportImage, signedHeaders } from '../rigs/simulator-requests';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const list = () => callIms(simulator.info, 'GET', '/v2/cloudimages?limit=1');
const setFault = (rule: FaultRule) => control(simulator.info, 'POST', '/faults', rule);
const SUBMIT = { service: 'ims', method: 'POST', path: '/v1/cloudimages/*/file' } as const;

describe('a simulator fault', () => {
  it('answers a status with headers and body, without acting', async () => {
    const body = { error_code: 'APIGW.0308', error_msg: 'The throttling threshold has been reached', request_id: 'r' };
    await setFault({ ...SUBMIT, action: { status: 429, headers: { 'retry-after': '3' }, body } });
    const answer = await exportImage(simulator.info, simulator.info.images.linux ?? '', {});
    expect(answer).toMatchObject({ status: 429, json: body });
    expect(answer.headers).toMatchObject({ 'retry-after': '3', 'content-type': 'application/json' });
    expect(simulator.jobs()).toEqual([]);
  });

  it('answers a status and acts when act is set', async () => {
    await setFault({ ...SUBMIT, action: { status: 504, acts: true, body: '<html>504</html>' } });
    await expect(beginExport(simulator.info)).rejects.toThrow('504');
    expect(simulator.jobs()).toHaveLength(1);
    expect(simulator.requests(1)).toEqual([]);
    expect(simulator.requests()[0]).toMatchObject({ status: 504, note: expect.stringContaining('acted (200); job ') });
  });

  it('dropBefore closes the connection without acting', async () => {
    await setFault({ ...SUBMIT, action: { dropBefore: true } });
    await expect(beginExport(simulator.info)).rejects.toThrow(/hang up|ECONNRESET/);
    expect(simulator.jobs()).toEqual([]);
  });

  it('dropAfter acts, and closes the connection without an answer', async () => {
    await setFault({ ...SUBMIT, action: { dropAfter: true } });
    await expect(beginExport(simulator.info)).rejects.toThrow(/hang up|ECONNRESET/);
    expect(simulator.jobs()).toHaveLength(1);
    await expect(beginExport(simulator.info)).rejects.toThrow('IMG.0148');
  });

  it('delayMs waits and then acts normally', async () => {
    await setFault({ service: 'ims', action: { delayMs: 60 } });
    const begin = performance.now();
    expect((await list()).status).toBe(200);
    expect(performance.now() - begin).toBeGreaterThan(50);
  });

  it('delayMs acts even when the client has given up waiting', async () => {
    await setFault({ ...SUBMIT, action: { delayMs: 400 } });
    const body = JSON.stringify({ bucket_url: 'ims-image:a.qcow2', file_format: 'qcow2' });
    const target = `/v1/cloudimages/${simulator.info.images.linux}/file`;
    const headers = signedHeaders(simulator.info, 'POST', target, { body });
    const client = new AbortController();
    const givenUp = fetch(simulator.info.imsEndpoint + target, {
      method: 'POST',
      headers,
      body,
      signal: client.signal,
    });
    await expect.poll(() => simulator.requests()).toHaveLength(1);
    client.abort();
    await expect(givenUp).rejects.toThrow();
    await expect.poll(() => simulator.jobs()).toHaveLength(1);
  });

  it('truncate acts, and breaks off in the middle of the body', async () => {
    await setFault({ service: 'ims', action: { truncate: true } });
    await expect(list()).rejects.toThrow('aborted');
  });

  it('with only a body replaces the body of the real answer', async () => {
    await setFault({ ...SUBMIT, action: { body: '<html>Bad luck</html>' } });
    const body = { bucket_url: 'ims-image:a.qcow2', file_format: 'qcow2' };
    const answer = await exportImage(simulator.info, simulator.info.images.linux ?? '', body);
    expect([answer.status, answer.text]).toEqual([200, '<html>Bad luck</html>']);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(simulator.jobs()).toHaveLength(1);
  });
});

describe('a simulator fault rule', () => {
  const statuses = async (count: number) => {
    const seen: number[] = [];
    for (let call = 0; call < count; call += 1) seen.push((await list()).status);
    return seen;
  };

  it('matches the first request, unless nth and times are set', async () => {
    await setFault({ service: 'ims', action: { status: 503 } });
    expect(await statuses(3)).toEqual([503, 200, 200]);
    await setFault({ service: 'ims', nth: 2, times: 2, action: { status: 503 } });
    expect(await statuses(5)).toEqual([200, 503, 503, 200, 200]);
  });

  it('matches only requests of its service, method and path', async () => {
    await setFault({ service: 'obs', action: { status: 503 } });
    await setFault({ service: 'ims', method: 'POST', action: { status: 503 } });
    await setFault({ service: 'ims', path: '/v1/*', action: { status: 503 } });
    expect(await statuses(1)).toEqual([200]);
    await setFault({ service: 'ims', method: 'get', path: '/v2/cloud*', action: { status: 503 } });
    expect(await statuses(1)).toEqual([503]);
  });

  it('matches an object by its path in path style, whatever style the request uses', async () => {
    const path = '/ims-image/dir/*';
    await setFault({ service: 'obs', path, times: 2, action: { status: 503 } });
    expect((await callObs(simulator.info, 'HEAD', '/ims-image/dir/a')).status).toBe(503);
    const host = { host: 'ims-image.obs.localhost' };
    const virtual = await callObs(simulator.info, 'HEAD', '/dir/a', { resource: '/ims-image/dir/a', unsigned: host });
    expect(virtual.status).toBe(503);
  });

  it('matches no request once the faults are cleared', async () => {
    await setFault({ service: 'ims', times: 9, action: { status: 503 } });
    await control(simulator.info, 'DELETE', '/faults');
    expect(await statuses(1)).toEqual([200]);
  });

  it('never matches the control API', async () => {
    await setFault({ times: 9, action: { status: 503 } });
    expect((await control(simulator.info, 'GET', '/jobs')).status).toBe(200);
  });
});

it('an invalid simulator fault rule is rejected with a sentence', async () => {
  const answer = await control(simulator.info, 'POST', '/faults', { service: 'ecs', action: {} });
  expect([answer.status, answer.text]).toEqual([400, expect.stringContaining('service')]);
});
