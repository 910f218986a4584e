import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, type CredentialsProvider, staticCredentials } from '../../src/huaweicloud';
import { cloudErrorOf, IMAGE_ID, JOB_ID, type LocalCloud, type Reply, startLocalCloud } from '../rigs/local-cloud';

let cloud: LocalCloud;
// A server for each test: a request that was given up may still arrive late.
beforeEach(async () => {
  cloud = await startLocalCloud();
});
afterEach(() => cloud.close());

const RUNNING: Reply = { body: { status: 'RUNNING' } };
const DROP: Reply = (_response, socket) => {
  socket.destroy();
};
const REFUSED: Reply = { status: 401, body: { error_code: 'APIGW.0301', error_msg: 'verify aksk signature fail' } };
const THROTTLED = { error_code: 'APIGW.0308', error_msg: 'over ratelimit' };
const EXPORT = { imageId: IMAGE_ID, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' };

describe('a read of the cloud', () => {
  test('is retried after a server or network error', async () => {
    cloud.reply({ status: 500 }, DROP, { status: 503, headers: { 'Retry-After': '0' } }, RUNNING);
    expect((await cloud.client().ims.getJob(JOB_ID)).status).toBe('RUNNING');
    expect(cloud.requests).toHaveLength(4);
  });

  test('is retried only a few times, and reports the last error', async () => {
    cloud.reply({ status: 502, body: '<html>Bad Gateway</html>' });
    const error = await cloudErrorOf(cloud.client().ims.getJob(JOB_ID));
    expect(error).toMatchObject({ code: 'HTTP_502', class: 'transient', executed: 'no', message: 'Bad Gateway' });
    expect(cloud.requests).toHaveLength(4);
  });

  test('succeeds although the server closed the keep-alive connection', async () => {
    const { ims } = cloud.client();
    cloud.reply((response, socket) => {
      response.end('{"status":"RUNNING"}', () => setImmediate(() => socket.destroy()));
    }, RUNNING);
    await ims.getJob(JOB_ID);
    expect((await ims.getJob(JOB_ID)).status).toBe('RUNNING');
  });

  test('is retried after throttling only when the cloud asks for a short wait', async () => {
    cloud.reply({ status: 429, headers: { 'Retry-After': '0' }, body: THROTTLED }, RUNNING);
    await cloud.client().ims.getJob(JOB_ID);
    expect(cloud.requests).toHaveLength(2);
  });

  test.each([
    ['without Retry-After', {}, null],
    ['with a long Retry-After', { 'Retry-After': '60' }, 60_000],
  ])('is not retried after throttling %s, since throttled calls count as well', async (_how, headers, retryAfterMs) => {
    cloud.reply({ status: 429, headers, body: THROTTLED });
    const error = await cloudErrorOf(cloud.client().ims.getJob(JOB_ID));
    expect(error).toMatchObject({ class: 'throttled', code: 'APIGW.0308', retryAfterMs });
    expect(cloud.requests).toHaveLength(1);
  });

  test.each([400, 403, 404])('is not retried after a %i', async (status) => {
    cloud.reply({ status, body: { error: { code: 'X.1', message: 'no' } } });
    await cloudErrorOf(cloud.client().ims.getJob(JOB_ID));
    expect(cloud.requests).toHaveLength(1);
  });

  test('ends within its time budget when no answer comes', async () => {
    const client = cloud.client({}, { retry: { firstDelayMs: 1, budgetMs: 600, tryLimitMs: 50 } });
    cloud.reply(RUNNING, () => undefined);
    await client.ims.getJob(JOB_ID);
    const startedAt = performance.now();
    expect(await cloudErrorOf(client.ims.getJob(JOB_ID))).toMatchObject({ code: 'RequestTimeout', httpStatus: null });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(cloud.requests.length).toBeGreaterThan(2);
  });

  test('stops when its caller aborts it, also between tries', async () => {
    const controller = new AbortController();
    cloud.reply({ status: 500 });
    const client = cloud.client({}, { retry: { firstDelayMs: 5_000 } });
    const call = cloudErrorOf(client.ims.getJob(JOB_ID, { signal: controller.signal }));
    await expect.poll(() => cloud.requests.length, { interval: 2 }).toBe(1);
    controller.abort();
    await call;
    expect(cloud.requests).toHaveLength(1);
  });
});

describe('the export POST', () => {
  test.each([
    ['a 500', { status: 500 } as Reply],
    ['a 503 with Retry-After', { status: 503, headers: { 'Retry-After': '0' } } as Reply],
    ['throttling', { status: 429, headers: { 'Retry-After': '0' }, body: THROTTLED } as Reply],
    ['a refused signature', REFUSED],
    ['a dropped connection', DROP],
  ])('is never repeated after %s', async (_what, reply) => {
    cloud.reply(reply);
    const credentials = { ...staticCredentials({ accessKey: 'a', secretKey: 's' }), refresh: async () => undefined };
    await cloudErrorOf(cloud.client({ credentials }).ims.exportImage(EXPORT));
    expect(cloud.requests.map(({ method }) => method)).toEqual(['POST']);
  });

  test('may be executed when no answer comes', async () => {
    cloud.reply(DROP);
    const error = await cloudErrorOf(cloud.client().ims.exportImage(EXPORT));
    expect(error).toMatchObject({ executed: 'maybe', class: 'transient', httpStatus: null, operation: 'ExportImage' });
  });

  test('was not executed when no server listens', async () => {
    const endpoints = { ims: 'http://127.0.0.1:9', obs: cloud.origin, iam: cloud.origin };
    const error = await cloudErrorOf(cloud.client({ endpoints }).ims.exportImage(EXPORT));
    expect(error).toMatchObject({ code: 'ECONNREFUSED', executed: 'no' });
  });
});

describe('a rejected signature', () => {
  test('makes a read renew the credentials and try once more', async () => {
    cloud.reply(REFUSED, RUNNING);
    const { credentials, keys } = rotating();
    expect((await cloud.client({ credentials }).ims.getJob(JOB_ID)).status).toBe('RUNNING');
    expect(keys()).toEqual(['key-0', 'key-1']);
  });

  test('is final the second time', async () => {
    cloud.reply(REFUSED);
    const { credentials, keys } = rotating();
    const error = await cloudErrorOf(cloud.client({ credentials }).ims.getJob(JOB_ID));
    expect(error).toMatchObject({ class: 'unauthorized', code: 'APIGW.0301', httpStatus: 401 });
    expect(keys()).toEqual(['key-0', 'key-1']);
  });

  test('is final at once when there are no other credentials', async () => {
    cloud.reply(REFUSED);
    await cloudErrorOf(cloud.client().ims.getJob(JOB_ID));
    expect(cloud.requests).toHaveLength(1);
  });

  test('twice in a row makes a key rest, and after the rest one request tries it', async () => {
    let nowMs = Date.now();
    cloud.acceptsProofs = false;
    cloud.reply(REFUSED);
    const { ims } = cloud.client({}, { now: () => nowMs });
    await cloudErrorOf(ims.getJob(JOB_ID));
    nowMs += 5_000;
    await cloudErrorOf(ims.exportImage(EXPORT));
    expect(await cloudErrorOf(ims.exportImage(EXPORT))).toMatchObject({
      code: 'CredentialsHeldBack',
      message: expect.stringContaining(
        `Requests with it are blocked until ${new Date(nowMs + 300_000).toISOString()}, because`,
      ),
      class: 'unauthorized',
      executed: 'no',
      retryAfterMs: 300_000,
    });
    expect(cloud.requests).toHaveLength(2);

    nowMs += 300_000;
    const [tried, held] = [cloudErrorOf(ims.exportImage(EXPORT)), cloudErrorOf(ims.exportImage(EXPORT))];
    expect([(await tried).code, (await held).code]).toEqual(['APIGW.0301', 'CredentialsHeldBack']);
    expect(cloud.requests).toHaveLength(3);

    nowMs += 600_000;
    cloud.reply(RUNNING);
    await ims.getJob(JOB_ID);
    await ims.getJob(JOB_ID);
    expect(cloud.requests).toHaveLength(5);
  });

  test('of the read that proves the key makes an export fail unsent', async () => {
    cloud.acceptsProofs = false;
    cloud.reply(REFUSED);
    expect(await cloudErrorOf(cloud.client().ims.exportImage(EXPORT))).toMatchObject({
      operation: 'ExportImage',
      executed: 'no',
      httpStatus: 401,
    });
    expect(cloud.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  test('asks for other credentials once, and not for the same ones', async () => {
    cloud.reply(REFUSED);
    let refreshes = 0;
    const credentials: CredentialsProvider = {
      ...staticCredentials({ accessKey: 'a', secretKey: 's' }),
      refresh: async () => {
        refreshes += 1;
      },
    };
    await cloudErrorOf(cloud.client({ credentials }).ims.getJob(JOB_ID));
    expect([refreshes, cloud.requests.length]).toEqual([1, 1]);
  });

  test('is not reported when fetching the credentials exceeds the time of the call', async () => {
    const credentials: CredentialsProvider = { get: () => new Promise(() => undefined) };
    const { ims } = cloud.client({ credentials }, { retry: { maxTries: 1, tryLimitMs: 50 } });
    expect(await cloudErrorOf(ims.getJob(JOB_ID))).toMatchObject({ code: 'RequestTimeout', executed: 'no' });
    const gaveUp = AbortSignal.abort();
    expect(await cloudErrorOf(ims.getJob(JOB_ID, { signal: gaveUp }))).toMatchObject({ code: 'Aborted' });
  });

  test('twice in a row makes a read wait for its turn with the key', async () => {
    cloud.reply(REFUSED);
    const { ims } = cloud.client({}, { retry: { firstDelayMs: 1, refusedKeyRestMs: 20 } });
    await cloudErrorOf(ims.getJob(JOB_ID));
    await cloudErrorOf(ims.getJob(JOB_ID));
    cloud.reply(RUNNING);
    expect((await ims.getJob(JOB_ID)).status).toBe('RUNNING');
  });

  test('once is forgotten after a success', async () => {
    cloud.reply(REFUSED, RUNNING, REFUSED, RUNNING);
    let nowMs = Date.now();
    const { ims } = cloud.client({}, { now: () => nowMs });
    for (let poll = 0; poll < 2; poll += 1) {
      await cloudErrorOf(ims.getJob(JOB_ID));
      nowMs += 5_000;
      expect((await ims.getJob(JOB_ID)).status).toBe('RUNNING');
    }
  });

  function rotating(): { credentials: CredentialsProvider; keys: () => string[] } {
    let turn = 0;
    return {
      credentials: {
        get: async (): Promise<Credentials> => ({ accessKey: `key-${turn}`, secretKey: 's' }),
        refresh: async () => {
          turn += 1;
        },
      },
      keys: () => cloud.requests.map(({ headers }) => /Access=([^,]+)/.exec(headers.authorization ?? '')?.[1] ?? ''),
    };
  }
});

describe('an error of the cloud client', () => {
  test('never repeats a secret that the cloud sent back', async () => {
    const credentials = staticCredentials({ accessKey: 'testAK', secretKey: 'SECRET-1', securityToken: 'TOKEN-1' });
    cloud.reply({ status: 400, body: { error: { code: 'X.1', message: 'bad SECRET-1 and TOKEN-1' } } });
    const error = await cloudErrorOf(cloud.client({ credentials }).ims.exportImage(EXPORT));
    expect(error.message).toBe('bad *** and ***');
    const long = `${'x'.repeat(296)}SECRET-1`;
    cloud.reply({ status: 400, body: { error: { code: 'X.1', message: long } } });
    const cut = await cloudErrorOf(cloud.client({ credentials }).ims.exportImage(EXPORT));
    expect(cut.message).not.toContain('SEC');
    expect(`${JSON.stringify(error)}${error.stack}`).not.toMatch(/SECRET-1|TOKEN-1|Signature=/);
  });

  test('names what is missing when there are no credentials', async () => {
    const credentials = { get: () => Promise.reject(new Error('HUAWEICLOUD_SDK_AK is not set')) };
    const error = await cloudErrorOf(cloud.client({ credentials }).ims.exportImage(EXPORT));
    expect(error).toMatchObject({ code: 'CredentialsUnavailable', class: 'unauthorized', executed: 'no' });
    expect(error.message).toContain('HUAWEICLOUD_SDK_AK is not set');
  });

  test('has the request id of the header or of the body', async () => {
    cloud.reply({
      status: 400,
      headers: { 'X-Request-Id': 'h1' },
      body: { error_code: 'X', error_msg: 'm', request_id: 'b1' },
    });
    expect((await cloudErrorOf(cloud.client().ims.getJob(JOB_ID))).requestId).toBe('h1');
    cloud.reply({ status: 400, body: { error_code: 'X', error_msg: 'm', request_id: 'b1' } });
    expect((await cloudErrorOf(cloud.client().ims.getJob(JOB_ID))).info()).toEqual({
      code: 'X',
      message: 'm',
      httpStatus: 400,
      requestId: 'b1',
      operation: 'ShowJob',
    });
  });
});
