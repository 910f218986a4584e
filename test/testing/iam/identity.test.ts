import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { callIms, callObs, control, type Key, keyOf, send, signedHeaders } from '../../rigs/simulator-requests';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const JSON_BODY = { 'content-type': 'application/json' };

function tokenRequest(scope: object, password = simulator.info.iamPassword): string {
  const { iamUser: name, iamDomain } = simulator.info;
  const user = { name, password, domain: { name: iamDomain } };
  return JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } });
}

const askForToken = (body: string, query = '?nocatalog=true') =>
  send(simulator.info.iamEndpoint, 'POST', `/v3/auth/tokens${query}`, JSON_BODY, body);

async function token(): Promise<string> {
  const { headers } = await askForToken(tokenRequest({ project: { name: simulator.info.region } }));
  return String(headers['x-subject-token']);
}

const listByToken = (id: string) =>
  send(simulator.info.imsEndpoint, 'GET', '/v2/cloudimages?limit=1', { 'x-auth-token': id });

describe('the discovery of the simulated IAM', () => {
  it('needs no token', async () => {
    const root = await send(simulator.info.iamEndpoint, 'GET', '/');
    expect([root.status, JSON.stringify(root.json)]).toEqual([300, expect.stringContaining('"id":"v3.6"')]);
    for (const path of ['/v3', '/v3/']) expect((await send(simulator.info.iamEndpoint, 'GET', path)).status).toBe(200);
  });

  it('finds the single project by the name of the region', async () => {
    const find = (name: string) => {
      const target = `/v3/projects?name=${name}`;
      return send(simulator.info.iamEndpoint, 'GET', target, signedHeaders(simulator.info, 'GET', target));
    };
    expect((await find('cn-north-4')).json.projects).toMatchObject([
      { id: simulator.info.projectId, name: 'cn-north-4' },
    ]);
    expect((await find('cn-south-1')).json.projects).toEqual([]);
  });
});

describe('a token of the simulated IAM', () => {
  it('is in a header, with the project and times in microseconds in the body', async () => {
    const { status, headers, json } = await askForToken(tokenRequest({ project: { id: simulator.info.projectId } }));
    expect(status).toBe(201);
    expect(headers['x-subject-token']).toEqual(expect.any(String));
    expect(json.token).toMatchObject({
      project: { id: simulator.info.projectId, name: 'cn-north-4' },
      expires_at: expect.stringMatching(/\.\d{6}Z$/),
    });
    expect(json.token).not.toHaveProperty('catalog');
  });

  it('lists the image service, except with nocatalog', async () => {
    const { json } = await askForToken(tokenRequest({ project: { id: simulator.info.projectId } }), '');
    const image = json.token.catalog?.find(({ type }) => type === 'image');
    const url = simulator.info.imsEndpoint;
    expect(image?.endpoints).toEqual([
      expect.objectContaining({ interface: 'public', region: 'cn-north-4', region_id: 'cn-north-4', url }),
    ]);
  });

  it('opens IMS for 24 hours of the virtual clock', async () => {
    const id = await token();
    expect((await listByToken(id)).status).toBe(200);
    simulator.clock.advance(24 * 3_600_000);
    const late = await listByToken(id);
    expect([late.status, late.json.error_code]).toEqual([401, 'APIGW.0307']);
    expect((await listByToken('MII-not-a-token')).json.error_code).toBe('APIGW.0301');
  });

  it('can be expired over the control API', async () => {
    const id = await token();
    await control(simulator.info, 'POST', '/credentials', { expireToken: true });
    expect((await listByToken(id)).status).toBe(401);
    expect((await listByToken(await token())).status).toBe(200);
  });

  it('is refused for a wrong password, another project or an invalid body', async () => {
    const wrong = await askForToken(tokenRequest({ project: { id: simulator.info.projectId } }, 'wrong'));
    expect(wrong.json).toMatchObject({ error: { code: 401, title: 'Unauthorized' } });
    expect((await askForToken(tokenRequest({ project: { id: 'another' } }))).status).toBe(401);
    expect((await askForToken('{}')).status).toBe(400);
  });

  it('is refused for 15 minutes after five wrong passwords in a row', async () => {
    const scope = { project: { id: simulator.info.projectId } };
    const fail = async (times: number) => {
      for (let login = 0; login < times; login += 1) await askForToken(tokenRequest(scope, 'wrong'));
    };
    await fail(4);
    expect((await askForToken(tokenRequest(scope))).status).toBe(201);
    await fail(5);
    const locked = await askForToken(tokenRequest(scope));
    expect([locked.status, locked.json.error.message]).toEqual([401, expect.stringContaining('locked')]);
    simulator.clock.advance(15 * 60_000);
    expect((await askForToken(tokenRequest(scope))).status).toBe(201);
  });
});

describe('a temporary key of the simulated IAM', () => {
  const request = (identity: object) => JSON.stringify({ auth: { identity } });
  const askForKey = (body: string, headers: { [name: string]: string } = {}) =>
    send(simulator.info.iamEndpoint, 'POST', '/v3.0/OS-CREDENTIAL/securitytokens', { ...JSON_BODY, ...headers }, body);

  async function works(key: Key): Promise<[number, number, number]> {
    const ims = await callIms(simulator.info, 'GET', '/v2/cloudimages?limit=1', { key });
    const obs = await callObs(simulator.info, 'HEAD', '/ims-image', { key });
    const s3 = await callObs(simulator.info, 'HEAD', '/ims-image', { key, scheme: 'AWS' });
    return [ims.status, obs.status, s3.status];
  }

  it('is given for a token, works only with its security token, and expires in time', async () => {
    const answer = await askForKey(
      request({ methods: ['token'], token: { id: await token(), duration_seconds: 900 } }),
    );
    expect(answer.status).toBe(201);
    const key = keyOf(answer.json);
    expect(await works(key)).toEqual([200, 200, 200]);
    expect(await works({ ...key, securityToken: undefined })).toEqual([401, 403, 403]);
    simulator.clock.advance(900_000);
    expect(await works(key)).toEqual([401, 403, 403]);
  });

  it('is given for an agency to a caller that signs or has a token', async () => {
    const body = request({ methods: ['assume_role'], assume_role: { agency_name: 'exporters', domain_name: 'acme' } });
    const target = '/v3.0/OS-CREDENTIAL/securitytokens';
    expect((await askForKey(body, signedHeaders(simulator.info, 'POST', target, { body }))).status).toBe(201);
    expect((await askForKey(body, { 'x-auth-token': await token() })).status).toBe(201);
    expect((await askForKey(body)).status).toBe(401);
  });

  it('is refused for an agency of another account or of none', async () => {
    const ask = (role: object) =>
      token().then((id) => askForKey(request({ methods: ['assume_role'], assume_role: role }), { 'x-auth-token': id }));
    expect((await ask({ agency_name: 'exporters', domain_name: 'another' })).status).toBe(404);
    expect((await ask({ agency_name: 'exporters' })).status).toBe(400);
    expect((await askForKey(request({ methods: ['assume_role'] }), { 'x-auth-token': await token() })).status).toBe(
      400,
    );
  });

  it('lasts from 15 minutes to 24 hours', async () => {
    const id = await token();
    for (const duration_seconds of [899, 86_401]) {
      const body = request({ methods: ['token'], token: { id, duration_seconds } });
      expect((await askForKey(body)).status).toBe(400);
    }
  });
});

describe('a permanent key of the simulator', () => {
  it('does not work with any security token', async () => {
    const key = { ...simulator.info, securityToken: 'not-of-this-key' };
    const ims = await callIms(simulator.info, 'GET', '/v2/cloudimages?limit=1', { key });
    const obs = await callObs(simulator.info, 'HEAD', '/ims-image', { key });
    const s3 = await callObs(simulator.info, 'HEAD', '/ims-image', { key, scheme: 'AWS' });
    expect([ims.status, obs.status, s3.status]).toEqual([401, 403, 403]);
    expect((await callIms(simulator.info, 'GET', '/v2/cloudimages?limit=1')).status).toBe(200);
  });
});

describe('the simulated metadata service', () => {
  const get = (path: string, headers = {}) => send(simulator.info.metadataEndpoint, 'GET', path, headers);
  const KEY = '/openstack/latest/securitykey';

  it('returns the same key until it is about to expire, then another', async () => {
    const first = (await get(KEY)).json.credential;
    expect((await get(KEY)).json.credential).toEqual(first);
    expect(
      (await callIms(simulator.info, 'GET', '/v2/cloudimages', { key: keyOf((await get(KEY)).json) })).status,
    ).toBe(200);
    simulator.clock.set(Date.parse(first.expires_at) - 60_000);
    expect((await get(KEY)).json.credential.access).not.toBe(first.access);
  });

  it('returns another key once the old one is expired over the control API', async () => {
    const first = (await get(KEY)).json.credential;
    simulator.credentials.expireTokens();
    expect((await get(KEY)).json.credential.access).not.toBe(first.access);
  });

  it('returns the project', async () => {
    expect((await get('/openstack/latest/meta_data.json')).json).toMatchObject({
      project_id: simulator.info.projectId,
    });
  });

  it('has session tokens, and rejects wrong ones', async () => {
    const session = await send(simulator.info.metadataEndpoint, 'PUT', '/meta-data/latest/api/token', {
      'x-metadata-token-ttl-seconds': '21600',
    });
    expect((await get(KEY, { 'x-metadata-token': session.text })).status).toBe(200);
    expect((await get(KEY, { 'x-metadata-token': 'wrong' })).status).toBe(401);
    simulator.clock.advance(21_600_000);
    expect((await get(KEY, { 'x-metadata-token': session.text })).status).toBe(401);
  });

  it.each([404, 405, 503] as const)('can be without session tokens (%i)', async (status) => {
    simulator.metadata.tokens = status;
    const ttl = { 'x-metadata-token-ttl-seconds': '21600' };
    const session = await send(simulator.info.metadataEndpoint, 'PUT', '/meta-data/latest/api/token', ttl);
    expect([session.status, (await get(KEY)).status]).toEqual([status, 200]);
  });

  it('can require session tokens', async () => {
    simulator.metadata.tokens = 'required';
    expect((await get(KEY)).status).toBe(401);
  });

  it('has no key when the ECS has no agency', async () => {
    simulator.metadata.agency = false;
    const answer = await get(KEY);
    expect([answer.status, answer.text]).toEqual([401, expect.stringContaining('configure Cloud Service Agency')]);
  });
});
