import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CloudAccount, type ObsClient, staticCredentials } from '../../src/huaweicloud';
import { signForObs } from '../../src/huaweicloud/obs';
import { obsHmacSha1Signature, obsStringToSign } from '../../src/huaweicloud/signing/obs-hmac-sha1';
import { cloudErrorOf, type LocalCloud, type PlainReply, type SeenRequest, startLocalCloud } from '../rigs/local-cloud';

const DATE = 'Wed, 01 Jul 2015 02:30:25 GMT';
const ISO = '2015-07-01T02:30:25.000Z';

let cloud: LocalCloud;
let obs: ObsClient;
beforeAll(async () => {
  cloud = await startLocalCloud();
  ({ obs } = cloud.client());
});
beforeEach(() => {
  cloud.requests.length = 0;
});
afterAll(() => cloud.close());

/** Answers as OBS does, with a request id. */
const obsReplies = ({ headers, ...reply }: PlainReply) =>
  cloud.reply({ headers: { 'x-obs-request-id': 'o1', ...headers }, ...reply });

function virtualHosted(overrides: Partial<CloudAccount> = {}): ObsClient {
  const endpoint = cloud.origin.replace('127.0.0.1', 'obs.localhost');
  const endpoints = { ims: cloud.origin, iam: cloud.origin, obs: endpoint };
  return cloud.client({ endpoints, obsPathStyle: false, ...overrides }).obs;
}

/** The signature as OBS would compute it from what arrived. */
function expectedAuthorization({ method, headers }: SeenRequest, resource: string): string {
  const signed = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  const request = { method, contentMd5: '', contentType: '', date: headers.date ?? '', headers: signed, resource };
  return `OBS testAK:${obsHmacSha1Signature(obsStringToSign({ ...request, headerPrefix: 'x-obs-' }), 'testSK')}`;
}

describe('the address of an OBS request', () => {
  test('has the bucket before the host, and signs it before the key', async () => {
    obsReplies({ headers: { 'Last-Modified': DATE, 'Content-Length': '0' } });
    await virtualHosted().headObject('ims-image', 'exports/a b+ü.qcow2');
    const [seen] = cloud.requests;
    expect(seen?.headers.host).toMatch(/^ims-image\.obs\.localhost:\d+$/);
    expect(seen?.url).toBe('/exports/a%20b%2B%C3%BC.qcow2');
    expect(seen?.headers.authorization).toBe(
      seen && expectedAuthorization(seen, '/ims-image/exports/a%20b%2B%C3%BC.qcow2'),
    );
  });

  test('has a bucket with a dot in the path over https, since a wildcard certificate is for one label', () => {
    const keys = { accessKey: 'ak', secretKey: 'sk' };
    const originOf = (bucket: string, obs: string) => {
      const endpoints = { ims: cloud.origin, iam: cloud.origin, obs };
      const account = {
        name: 'a',
        region: 'r-1',
        endpoints,
        obsPathStyle: false,
        credentials: staticCredentials(keys),
      };
      const { origin, path } = signForObs(account, 'HEAD', { bucket, key: 'k' }, keys, 0);
      return origin + path;
    };
    expect(originOf('a.b', 'https://obs.example')).toBe('https://obs.example/a.b/k');
    expect(originOf('a-b', 'https://obs.example')).toBe('https://a-b.obs.example/k');
    expect(originOf('a.b', 'http://obs.localhost')).toBe('http://a.b.obs.localhost/k');
  });

  test('has the bucket in the path by option, and for an endpoint that is an IP address', async () => {
    obsReplies({});
    for (const client of [obs, virtualHosted({ obsPathStyle: true }), cloud.client({ obsPathStyle: false }).obs]) {
      await client.headBucket('ims-image');
    }
    for (const seen of cloud.requests) {
      expect(seen.url).toBe('/ims-image/');
      expect(seen.headers.authorization).toBe(expectedAuthorization(seen, '/ims-image/'));
    }
    expect(cloud.requests).toHaveLength(3);
  });

  test('signs the token of a temporary key, and its own date', async () => {
    obsReplies({});
    const credentials = { get: async () => ({ accessKey: 'testAK', secretKey: 'testSK', securityToken: 'tok' }) };
    await cloud.client({ credentials }, { now: () => Date.parse(ISO) }).obs.headBucket('ims-image');
    const [seen] = cloud.requests;
    expect(seen?.headers).toMatchObject({ 'x-obs-date': DATE, 'x-obs-security-token': 'tok' });
    expect(seen?.headers.authorization).toBe(seen && expectedAuthorization(seen, '/ims-image/'));
  });

  test('encodes any key so that it can be decoded again', async () => {
    obsReplies({ status: 404 });
    const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(key, async (objectKey) => {
        cloud.requests.length = 0;
        await obs.headObject('ims-image', objectKey);
        const path = cloud.requests[0]?.url.slice('/ims-image/'.length) ?? '';
        expect(path).toMatch(/^[A-Za-z0-9\-._~%/]*$/);
        expect(decodeURIComponent(path)).toBe(objectKey);
      }),
      { numRuns: 50 },
    );
  });
});

describe('headBucket', () => {
  test('returns storage class, region and the clock of OBS', async () => {
    obsReplies({ headers: { 'x-obs-storage-class': 'COLD', 'x-obs-bucket-location': 'cn-north-4', Date: DATE } });
    expect(await obs.headBucket('ims-image')).toEqual({ storageClass: 'COLD', location: 'cn-north-4', date: ISO });
  });

  test('returns null for missing headers, and understands the S3 names', async () => {
    obsReplies({ headers: { Date: DATE } });
    expect(await obs.headBucket('ims-image')).toEqual({ storageClass: null, location: null, date: ISO });
    obsReplies({ headers: { 'x-default-storage-class': 'STANDARD', 'x-amz-bucket-region': 'r-1' } });
    expect(await obs.headBucket('ims-image')).toMatchObject({ storageClass: 'STANDARD', location: 'r-1' });
  });

  test.each([
    [404, 'NoSuchBucket', 'notFound'],
    [403, 'AccessDenied', 'forbidden'],
    [301, 'PermanentRedirect', 'permanent'],
    [307, 'TemporaryRedirect', 'permanent'],
  ])('derives an error code from the status %i', async (status, code, errorClass) => {
    obsReplies({ status });
    expect(await cloudErrorOf(obs.headBucket('ims-image'))).toMatchObject({
      code,
      class: errorClass,
      requestId: 'o1',
      operation: 'HeadBucket',
    });
    expect(cloud.requests).toHaveLength(1);
  });
});

describe('headObject', () => {
  test('returns the object, with class Standard when the header is missing', async () => {
    obsReplies({ headers: { 'Content-Length': '1099511627776', ETag: '"abc-2"', 'Last-Modified': DATE, Date: DATE } });
    expect(await obs.headObject('ims-image', 'a.qcow2')).toEqual({
      object: { size: 1_099_511_627_776, etag: 'abc-2', lastModified: ISO, storageClass: 'STANDARD' },
      date: ISO,
    });
  });

  test('returns another storage class', async () => {
    obsReplies({ headers: { 'Content-Length': '1', 'Last-Modified': DATE, 'x-obs-storage-class': 'WARM' } });
    expect((await obs.headObject('ims-image', 'a.qcow2')).object?.storageClass).toBe('WARM');
  });

  test('returns null with the time when there is no object', async () => {
    obsReplies({ status: 404, headers: { Date: DATE } });
    expect(await obs.headObject('ims-image', 'a.qcow2')).toEqual({ object: null, date: ISO });
  });

  test('throws on an incomplete answer', async () => {
    obsReplies({ headers: { 'Content-Length': '5' } });
    expect(await cloudErrorOf(obs.headObject('ims-image', 'a.qcow2'))).toMatchObject({ code: 'InvalidResponse' });
  });

  test('reports a denied permission', async () => {
    obsReplies({ status: 403 });
    expect(await cloudErrorOf(obs.headObject('ims-image', 'a.qcow2'))).toMatchObject({
      code: 'AccessDenied',
      class: 'forbidden',
      httpStatus: 403,
    });
  });
});

describe('readRange', () => {
  test('asks for the range and returns its bytes', async () => {
    obsReplies({ status: 206, body: 'QFI' });
    expect((await obs.readRange('ims-image', 'a.qcow2', 0, 3)).toString()).toBe('QFI');
    expect(cloud.requests[0]?.headers.range).toBe('bytes=0-3');
  });

  test('returns its part when the server ignores the range', async () => {
    obsReplies({ status: 200, body: '0123456789' });
    expect((await obs.readRange('ims-image', 'a.qcow2', 2, 4)).toString()).toBe('234');
  });

  test('does not read a whole disk', async () => {
    obsReplies({ status: 200, body: 'x'.repeat(200_000) });
    const { obs: impatient } = cloud.client({}, { retry: { maxTries: 1 } });
    expect((await cloudErrorOf(impatient.readRange('ims-image', 'a.qcow2', 0, 3))).code).toBe('ResponseTooLarge');
  });

  test.each([
    [
      404,
      '<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>',
      'NoSuchKey',
      'notFound',
    ],
    [404, '<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>', 'NoSuchBucket', 'notFound'],
    [
      403,
      '<Error><Code>SignatureDoesNotMatch</Code><Message>m</Message></Error>',
      'SignatureDoesNotMatch',
      'unauthorized',
    ],
    [416, '', 'InvalidRange', 'permanent'],
  ])('reports a %i with the body %j', async (status, body, code, errorClass) => {
    obsReplies({ status, body });
    const { obs: other } = cloud.client();
    expect(await cloudErrorOf(other.readRange('ims-image', 'a.qcow2', 0, 3))).toMatchObject({
      code,
      class: errorClass,
    });
  });
});

describe('deleteObject', () => {
  test.each([204, 200, 404])('succeeds after %i', async (status) => {
    obsReplies({ status });
    await obs.deleteObject('ims-image', 'a.qcow2');
    expect(cloud.requests).toMatchObject([{ method: 'DELETE', url: '/ims-image/a.qcow2' }]);
  });

  test('is sent once, and may be executed when no answer comes', async () => {
    cloud.reply((_response, socket) => socket.destroy());
    expect(await cloudErrorOf(obs.deleteObject('ims-image', 'a.qcow2'))).toMatchObject({ executed: 'maybe' });
    expect(cloud.requests).toHaveLength(1);
  });
});

describe('an answer that is not of OBS', () => {
  const CALLS: Array<[string, (client: ObsClient) => Promise<unknown>]> = [
    ['headBucket', (client) => client.headBucket('ims-image')],
    ['headObject', (client) => client.headObject('ims-image', 'a.qcow2')],
    ['readRange', (client) => client.readRange('ims-image', 'a.qcow2', 0, 3)],
    ['deleteObject', (client) => client.deleteObject('ims-image', 'a.qcow2')],
  ];
  const usual = { 'Last-Modified': DATE, 'Content-Length': '0', 'x-request-id': 'of a gateway' };

  test.each(
    CALLS.flatMap(([name, call]) => [200, 204, 301, 401, 403, 404].map((status) => [name, status, call] as const)),
  )('is not believed: %s after %i without a request id of OBS', async (_name, status, call) => {
    cloud.reply({ status, headers: usual });
    const executed = call === CALLS[3]?.[1] ? 'maybe' : 'no';
    expect(await cloudErrorOf(call(cloud.client().obs))).toMatchObject({
      code: 'InvalidResponse',
      class: 'transient',
      executed,
    });
    expect(cloud.requests).toHaveLength(1);
  });

  test.each([503, 429])('is trouble as ever with %i, which anything on the way may answer', async (status) => {
    cloud.reply({ status });
    expect((await cloudErrorOf(obs.headObject('ims-image', 'a.qcow2'))).code).toBe(`HTTP_${status}`);
  });

  test('is one of OBS with the id of its S3 headers', async () => {
    cloud.reply({ status: 404, headers: { 'x-amz-request-id': 'a1' } });
    expect(await cloud.client().obs.headObject('ims-image', 'a.qcow2')).toMatchObject({ object: null });
  });

  test('says nothing of the access key', async () => {
    const client = cloud.client();
    cloud.reply({ status: 401 });
    for (let tries = 0; tries < 4; tries += 1) await cloudErrorOf(client.obs.headObject('ims-image', 'a.qcow2'));
    obsReplies({ status: 404 });
    expect(await client.obs.headObject('ims-image', 'a.qcow2')).toMatchObject({ object: null });
  });
});
