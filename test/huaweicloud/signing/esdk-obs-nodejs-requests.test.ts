import dns from 'node:dns';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { lookupWithLoopback } from '../../../src/huaweicloud/loopback-lookup';
import { obsHmacSha1Signature, obsStringToSign } from '../../../src/huaweicloud/signing/obs-hmac-sha1';
import { type LocalCloud, startLocalCloud } from '../../rigs/local-cloud';

/** The part of esdk-obs-nodejs that is used here; it comes without types. */
interface VendorClient {
  headBucket(input: { Bucket: string }): Promise<unknown>;
  getObjectMetadata(input: { Bucket: string; Key: string }): Promise<unknown>;
  getObject(input: { Bucket: string; Key: string; Range?: string }): Promise<unknown>;
  close(): void;
}
type VendorModule = new (options: {
  access_key_id: string;
  secret_access_key: string;
  security_token?: string;
  server: string;
}) => VendorClient;

let cloud: LocalCloud;
let Vendor: VendorModule;
beforeAll(async () => {
  // @ts-expect-error the package has no types
  Vendor = (await import('esdk-obs-nodejs')).default;
  cloud = await startLocalCloud();
  vi.spyOn(dns, 'lookup').mockImplementation(lookupWithLoopback as typeof dns.lookup);
});
beforeEach(() => {
  cloud.requests.length = 0;
});
afterAll(async () => {
  vi.restoreAllMocks();
  await cloud.close();
});

async function vendorClient(server: string, security_token?: string): Promise<VendorClient> {
  const client = new Vendor({ access_key_id: 'testAK', secret_access_key: 'testSK', server, security_token });
  // Its constructor finishes a tick later.
  await new Promise((resolve) => setImmediate(resolve));
  return client;
}

describe('the vendor SDK (esdk-obs-nodejs) signs like our client', () => {
  test.each([
    ['an IP address, with path style and AWS signature', '127.0.0.1', 'AWS', 'x-amz-', '/ims-image'],
    ['a host name, with virtual host and OBS signature', 'obs.localhost', 'OBS', 'x-obs-', '/ims-image/'],
  ] as const)('at %s', async (_what, host, scheme, headerPrefix, bucketResource) => {
    const server = cloud.origin.replace('127.0.0.1', host);
    cloud.reply({ headers: { 'x-obs-api': '3.0' } });
    const client = await vendorClient(server, 'tok');
    await client.headBucket({ Bucket: 'ims-image' });
    await client.getObjectMetadata({ Bucket: 'ims-image', Key: 'rec/a b+(1).qcow2' });
    await client.getObject({ Bucket: 'ims-image', Key: 'rec/a.qcow2', Range: 'bytes=0-15' });
    client.close();

    const signed = cloud.requests.filter(({ headers }) => headers.authorization !== undefined);
    expect(signed).toHaveLength(3);
    for (const { method, url, headers } of signed) {
      const path = url.replace(/^\/ims-image/, '').split('?')[0] ?? '';
      const stringToSign = obsStringToSign({
        method,
        contentMd5: '',
        contentType: headers['content-type'] ?? '',
        date: headers.date ?? '',
        headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as const),
        headerPrefix,
        resource: path === '' || path === '/' ? bucketResource : `/ims-image${path}`,
      });
      expect(headers.authorization).toBe(`${scheme} testAK:${obsHmacSha1Signature(stringToSign, 'testSK')}`);
    }
  });
});
