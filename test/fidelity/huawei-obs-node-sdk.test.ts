import dns from 'node:dns';
import { setImmediate } from 'node:timers/promises';
import ObsClient from 'esdk-obs-nodejs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Simulator, startSimulator } from '../../src/testing';

/** The vendor's Node SDK for OBS, unchanged and by its own defaults, against the simulator. */
let simulator: Simulator;
beforeAll(async () => {
  mapLocalhostNames();
  simulator = await startSimulator();
});
afterAll(async () => {
  await simulator.close();
  vi.restoreAllMocks();
});

/** On a host name it takes virtual hosts and `OBS ak:signature`; on an IP address path style and `AWS ak:signature`. */
describe.each([
  { style: 'virtual hosts', hostname: 'obs.localhost', coldClass: 'COLD' },
  { style: 'path style', hostname: '127.0.0.1', coldClass: 'GLACIER' },
])('esdk-obs-nodejs against the simulator by $style', ({ hostname, coldClass }) => {
  const KEY = `dir/a b+%&()*!'~ü of ${hostname}.txt`;
  const bucket = 'ims-image';
  let obs: ObsClient;

  beforeAll(async () => {
    obs = await client(hostname, simulator.info.secretKey);
  });

  it('reads storage class and region of a bucket', async () => {
    expect(await obs.getBucketMetadata({ Bucket: bucket })).toMatchObject({
      CommonMsg: { Status: 200 },
      InterfaceResult: { StorageClass: 'STANDARD', Location: 'cn-north-4' },
    });
    const cold = await obs.getBucketMetadata({ Bucket: `${bucket}-cold` });
    expect(cold.InterfaceResult?.StorageClass).toBe(coldClass);
    expect((await obs.getBucketLocation({ Bucket: bucket })).InterfaceResult?.Location).toBe('cn-north-4');
    expect((await obs.getBucketStoragePolicy({ Bucket: bucket })).InterfaceResult?.StorageClass).toBe('STANDARD');
  });

  it('puts, reads, lists and deletes an object with special characters in its key', async () => {
    const object = { Bucket: bucket, Key: KEY };
    const put = await obs.putObject({ ...object, Body: '0123456789' });
    expect(put.CommonMsg.Status).toBe(200);
    const head = await obs.getObjectMetadata(object);
    expect(head.InterfaceResult).toMatchObject({ ContentLength: '10', ETag: put.InterfaceResult?.ETag });
    expect(Date.parse(head.InterfaceResult?.LastModified ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const range = await obs.getObject({ ...object, Range: 'bytes=2-4' });
    expect([range.CommonMsg.Status, String(range.InterfaceResult?.Content)]).toEqual([206, '234']);
    const list = await obs.listObjects({ Bucket: bucket, Prefix: 'dir/', MaxKeys: 10 });
    expect(list.InterfaceResult?.Contents).toMatchObject([{ Key: KEY, Size: '10' }]);
    expect((await obs.deleteObject(object)).CommonMsg.Status).toBe(204);
    expect((await obs.getObjectMetadata(object)).CommonMsg.Status).toBe(404);
  });

  it('reads the error codes', async () => {
    const missing = await obs.getObject({ Bucket: bucket, Key: 'none' });
    expect(missing.CommonMsg).toMatchObject({ Status: 404, Code: 'NoSuchKey' });
    expect((await obs.getBucketMetadata({ Bucket: `${bucket}-denied` })).CommonMsg.Status).toBe(403);
    expect((await obs.getBucketMetadata({ Bucket: 'nonesuch' })).CommonMsg.Status).toBe(404);
    const stranger = await client(hostname, 'wrong');
    const refused = await stranger.listObjects({ Bucket: bucket });
    expect(refused.CommonMsg).toMatchObject({ Status: 403, Code: 'SignatureDoesNotMatch' });
  });
});

async function client(hostname: string, secretKey: string): Promise<ObsClient> {
  const { port } = new URL(simulator.info.obsEndpoint);
  const server = `http://${hostname}:${port}`;
  const obs = new ObsClient({ access_key_id: simulator.info.accessKey, secret_access_key: secretKey, server });
  // Its constructor ends asynchronously: a call in the same tick fails.
  await setImmediate();
  return obs;
}

/** Names under localhost do not resolve everywhere; the map is in this process only. */
function mapLocalhostNames(): void {
  const { lookup } = dns;
  const mapped = (hostname: string, ...rest: unknown[]) =>
    Reflect.apply(lookup, dns, [hostname.endsWith('.localhost') ? '127.0.0.1' : hostname, ...rest]);
  vi.spyOn(dns, 'lookup').mockImplementation(mapped as typeof lookup);
}
