import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { verifyAwsV4Signature } from '../../../src/testing/auth/aws-v4-signature';
import { Keyring } from '../../../src/testing/auth/keyring';
import { VirtualClock } from '../../../src/testing/clock';
import { callObs, send } from '../../rigs/simulator-requests';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  simulator.putObject("dir/a b+%&=()*!'~ü.txt", 'content');
});
afterAll(() => simulator.close());

const KEY_ON_THE_WIRE = "dir/a%20b%2B%25%26%3D()*!'~%C3%BC.txt";

describe.each([
  { scheme: 'OBS', storageClass: 'x-obs-storage-class', region: 'x-obs-bucket-location' },
  { scheme: 'AWS', storageClass: 'x-default-storage-class', region: 'x-amz-bucket-region' },
] as const)('the simulated OBS with the signature scheme $scheme', ({ scheme, storageClass, region }) => {
  it('answers in the header family of the scheme', async () => {
    const { headers } = await callObs(simulator.info, 'HEAD', '/ims-image', { scheme });
    expect(headers).toMatchObject({ [storageClass]: 'STANDARD', [region]: 'cn-north-4' });
    const family = scheme === 'OBS' ? 'x-obs-' : 'x-amz-';
    const others = scheme === 'OBS' ? 'x-amz-' : 'x-obs-';
    expect(Object.keys(headers).some((name) => name.startsWith(family))).toBe(true);
    expect(Object.keys(headers).filter((name) => name.startsWith(others))).toEqual([]);
  });

  it.each(['/ims-image', '/ims-image/'])('accepts a signed bucket resource %s', async (resource) => {
    expect((await callObs(simulator.info, 'HEAD', '/ims-image', { scheme, resource })).status).toBe(200);
  });

  it.each(['ims-image.obs.localhost', 'ims-image.obs.localhost:80'])('takes the bucket from Host: %s', async (host) => {
    const bucket = await callObs(simulator.info, 'HEAD', '/', { scheme, resource: '/ims-image/', unsigned: { host } });
    expect(bucket.status).toBe(200);
    const object = await callObs(simulator.info, 'GET', `/${KEY_ON_THE_WIRE}`, {
      scheme,
      resource: `/ims-image/${KEY_ON_THE_WIRE}`,
      unsigned: { host },
    });
    expect([object.status, object.text]).toEqual([200, 'content']);
  });

  it('accepts Host without the port in path style', async () => {
    const object = await callObs(simulator.info, 'GET', `/ims-image/${KEY_ON_THE_WIRE}`, {
      scheme,
      unsigned: { host: '127.0.0.1' },
    });
    expect([object.status, object.text]).toEqual([200, 'content']);
  });

  it('checks the signature over sub-resources, and not over other parameters', async () => {
    const location = await callObs(simulator.info, 'GET', '/ims-image?location', {
      scheme,
      resource: '/ims-image?location',
    });
    expect(location.text).toContain('cn-north-4');
    const listing = await callObs(simulator.info, 'GET', '/ims-image?prefix=dir%2F&max-keys=5', { scheme });
    expect(listing.text).toContain('<Name>ims-image</Name>');
    expect((await callObs(simulator.info, 'GET', '/ims-image?location', { scheme })).status).toBe(403);
  });

  it('rejects a wrong key, a date outside the window and an unknown key, each with its code', async () => {
    const wrong = { ...simulator.info, secretKey: 'wrong' };
    expect((await callObs(simulator.info, 'GET', '/ims-image', { scheme, key: wrong })).text).toContain(
      '<Code>SignatureDoesNotMatch</Code>',
    );
    const late = new Date(Date.now() - 16 * 60_000);
    expect((await callObs(simulator.info, 'GET', '/ims-image', { scheme, at: late })).text).toContain(
      '<Code>RequestTimeTooSkewed</Code>',
    );
    const nobody = { accessKey: 'NOBODY', secretKey: 'x' };
    const unknown = await callObs(simulator.info, 'GET', '/ims-image', { scheme, key: nobody });
    expect([unknown.status, unknown.text.includes('<Code>InvalidAccessKeyId</Code>')]).toEqual([403, true]);
  });

  it('accepts the date header of the scheme instead of Date', async () => {
    const name = scheme === 'OBS' ? 'x-obs-date' : 'x-amz-date';
    const headers = { [name]: new Date().toUTCString() };
    const at = new Date(0);
    expect((await callObs(simulator.info, 'HEAD', '/ims-image', { scheme, headers, at })).status).toBe(200);
  });
});

it('the simulated OBS answers an error to a HEAD without a body', async () => {
  const answer = await callObs(simulator.info, 'HEAD', '/ims-image/none');
  expect([answer.status, answer.text]).toEqual([404, '']);
});

it('the simulated OBS rejects anonymous requests', async () => {
  const answer = await send(simulator.info.obsEndpoint, 'GET', '/ims-image');
  expect([answer.status, answer.text.includes('<Code>AccessDenied</Code>')]).toEqual([403, true]);
});

it('the simulated OBS reports its signature type to an unsigned HEAD /?apiversion', async () => {
  const host = (bucket: string) => ({ host: `${bucket}.obs.localhost` });
  const known = await send(simulator.info.obsEndpoint, 'HEAD', '/?apiversion', host('ims-image'));
  expect([known.status, known.headers['x-obs-api']]).toEqual([200, '3.0']);
  expect((await send(simulator.info.obsEndpoint, 'HEAD', '/?apiversion', host('nonesuch'))).status).toBe(404);
});

it('the simulated OBS verifies the example that AWS publishes for signature version 4', () => {
  // "Authenticating Requests: Using the Authorization Header", example GET Object.
  const permanent = { accessKey: 'AKIAIOSFODNN7EXAMPLE', secretKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' };
  const keyring = new Keyring(
    { permanent, revoked: false, temporary: [], tokens: [], failures: {} },
    new VirtualClock(),
    () => {},
    () => '',
    () => '',
  );
  const headers: Array<[string, string]> = [
    ['host', 'examplebucket.s3.amazonaws.com'],
    ['range', 'bytes=0-9'],
    ['x-amz-content-sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['x-amz-date', '20130524T000000Z'],
    [
      'authorization',
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
  ];
  const request = (path: string) => ({
    method: 'GET',
    path,
    query: '',
    headers,
    header: (name: string) => headers.find(([candidate]) => candidate === name)?.[1],
    host: 'examplebucket.s3.amazonaws.com',
    body: Buffer.alloc(0),
  });
  const at = Date.UTC(2013, 4, 24);
  expect(verifyAwsV4Signature(request('/test.txt'), keyring, at)).toBeNull();
  expect(verifyAwsV4Signature(request('/other.txt'), keyring, at)).toBe('wrongSignature');
  expect(verifyAwsV4Signature(request('/test.txt'), keyring, at + 16 * 60_000)).toBe('skewed');
});
