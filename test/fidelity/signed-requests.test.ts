import dns from 'node:dns';
import { request as httpRequest } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials';
import ObsClient from 'esdk-obs-nodejs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  accountFromEnvironment,
  type CloudClient,
  type Credentials,
  createCloudClient,
  staticCredentials,
} from '../../src/huaweicloud';
import { signForGateway } from '../../src/huaweicloud/gateway-request';
import { lookupWithLoopback } from '../../src/huaweicloud/loopback-lookup';
import { encodeRfc3986 } from '../../src/huaweicloud/signing/sdk-hmac-sha256';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';

/**
 * Generated requests, signed by us and by the vendor's own packages, both accepted by the simulator over HTTP. That the
 * signatures are the same, and what the vendor's signers cannot do, is in test/huaweicloud/signing.
 */
const RUNS = 40;

let simulator: Simulator;
let keys: { [kind: string]: Credentials };
beforeAll(async () => {
  vi.spyOn(dns, 'lookup').mockImplementation(lookupWithLoopback as typeof dns.lookup);
  simulator = await startSimulator({ jobSeconds: 0 });
  const { accessKey, secretKey, metadataEndpoint } = simulator.info;
  const answer = await fetch(`${metadataEndpoint}/openstack/latest/securitykey`);
  const { credential } = (await answer.json()) as { credential: { [field: string]: string } };
  const { access = '', secret = '', securitytoken } = credential;
  keys = {
    permanent: { accessKey, secretKey },
    temporary: { accessKey: access, secretKey: secret, securityToken: securitytoken },
  };
});
afterAll(async () => {
  await simulator.close();
  vi.restoreAllMocks();
});

const wide = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !/\p{Surrogate}/u.test(text));

describe.each(['permanent', 'temporary'])('with a %s key', (kind) => {
  const credentials = (): Credentials => {
    const chosen = keys[kind];
    if (chosen === undefined) throw new Error(`no ${kind} key`);
    return chosen;
  };

  describe('the IMS of the simulator', () => {
    it('accepts image queries signed by our client and by AKSKSigner', async () => {
      const query = fc.dictionary(fc.constantFrom('name', 'tag', 'marker', 'x y+', 'ü'), wide, { maxKeys: 4 });
      await fc.assert(
        fc.asyncProperty(query, async (parameters) => {
          const { imsEndpoint, projectId } = simulator.info;
          const text = Object.entries(parameters)
            .map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
            .join('&');
          const path = '/v2/cloudimages';
          const ours = signForGateway(
            { method: 'GET', endpoint: imsEndpoint, path, query: text, projectId },
            credentials(),
            Date.now(),
          );
          expect(await send('GET', imsEndpoint, ours.path, Object.fromEntries(ours.headers))).toMatchObject({
            status: 200,
          });
          const theirs = vendorHeaders('GET', path, parameters, undefined, credentials());
          const target = text === '' ? path : `${path}?${text}`;
          expect(await send('GET', imsEndpoint, target, theirs)).toMatchObject({ status: 200 });
        }),
        { numRuns: RUNS },
      );
    });

    it('accepts exports signed by our client and by AKSKSigner', async () => {
      const { ims, close } = client(credentials());
      const { imsEndpoint, bucket } = simulator.info;
      const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/);
      let count = 0;
      await fc.assert(
        fc.asyncProperty(name, fc.constantFrom('qcow2', 'vhd', 'vmdk', 'zvhd'), async (file, fileFormat) => {
          count += 1;
          const { id } = simulator.addImage('linux');
          const key = `${kind}/${count}-${file}`;
          const { jobId } = await ims.exportImage({ imageId: id, bucketUrl: `${bucket}:${key}`, fileFormat });
          const body = { bucket_url: `${bucket}:vendor/${key}`, file_format: fileFormat };
          const path = `/v1/cloudimages/${id}/file`;
          const theirs = vendorHeaders('POST', path, {}, body, credentials());
          const answer = await send('POST', imsEndpoint, path, theirs, JSON.stringify(body));
          expect([jobId, JSON.parse(answer.body).job_id]).toEqual([
            expect.stringMatching(/^[0-9a-f]{32}$/),
            expect.stringMatching(/^[0-9a-f]{32}$/),
          ]);
        }),
        { numRuns: RUNS / 4 },
      );
      await close();
    });
  });

  describe.each([
    { style: 'virtual hosts', hostname: 'obs.localhost' },
    { style: 'path style', hostname: '127.0.0.1' },
  ])('the OBS of the simulator by $style', ({ hostname }) => {
    it('shows objects put by esdk-obs-nodejs to our client, and our deletes to esdk-obs-nodejs', async () => {
      const { bucket, obsEndpoint } = simulator.info;
      const server = obsEndpoint.replace('127.0.0.1', hostname);
      const { obs, close } = client(credentials(), server, hostname === '127.0.0.1');
      const { accessKey, secretKey, securityToken } = credentials();
      const vendor = new ObsClient({
        access_key_id: accessKey,
        secret_access_key: secretKey,
        security_token: securityToken,
        server,
      });
      // Its constructor ends asynchronously: a call in the same tick fails.
      await setImmediate();
      const objectKey = wide.filter((key) => key !== '' && !key.startsWith('/'));
      await fc.assert(
        fc.asyncProperty(objectKey, fc.stringMatching(/^[ -~]{1,40}$/), async (Key, Body) => {
          expect((await vendor.putObject({ Bucket: bucket, Key, Body })).CommonMsg.Status).toBe(200);
          expect((await obs.headObject(bucket, Key)).object?.size).toBe(Body.length);
          expect(String(await obs.readRange(bucket, Key, 0, 3))).toBe(Body.slice(0, 4));
          expect((await vendor.getObjectMetadata({ Bucket: bucket, Key })).CommonMsg.Status).toBe(200);
          await obs.deleteObject(bucket, Key);
          expect((await vendor.getObjectMetadata({ Bucket: bucket, Key })).CommonMsg.Status).toBe(404);
        }),
        { numRuns: RUNS },
      );
      await close();
    });
  });
});

function client(credentials: Credentials, obs = simulator.info.obsEndpoint, obsPathStyle = true): CloudClient {
  const account = accountFromEnvironment(environmentOf(simulator.info));
  const endpoints = { ...account.endpoints, obs };
  return createCloudClient({ ...account, endpoints, obsPathStyle, credentials: staticCredentials(credentials) });
}

function vendorHeaders(
  method: string,
  path: string,
  queryParams: { [name: string]: string },
  data: object | undefined,
  { accessKey, secretKey, securityToken }: Credentials,
): { [name: string]: string } {
  const { imsEndpoint, projectId } = simulator.info;
  const headers = {
    'content-type': 'application/json',
    'X-Project-Id': projectId,
    ...(securityToken === undefined ? {} : { 'X-Security-Token': securityToken }),
  };
  const request = { method, endpoint: `${imsEndpoint}${path}`, queryParams, headers, data };
  return AKSKSigner.sign(request, new BasicCredentials().withAk(accessKey).withSk(secretKey));
}

/** By Node's own client, which sends the target as it is given. */
function send(
  method: string,
  endpoint: string,
  path: string,
  headers: { [name: string]: string },
  body?: string,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(endpoint, { method, path, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode, body: Buffer.concat(chunks).toString('utf8') }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
