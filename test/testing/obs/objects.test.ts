import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../../../src/testing';
import { callObs } from '../../rigs/simulator-requests';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator();
  for (const key of ['a.txt', 'dir/1', 'dir/2', 'dir/sub/3', 'z.txt']) simulator.putObject(key, '0123456789');
});
afterAll(() => simulator.close());

describe('a simulated bucket', () => {
  it.each([
    ['ims-image', 'STANDARD', 'cn-north-4'],
    ['ims-image-cold', 'COLD', 'cn-north-4'],
    ['ims-image-elsewhere', 'STANDARD', 'cn-south-1'],
  ])('%s has its storage class and region', async (bucket, storageClass, region) => {
    const { status, headers } = await callObs(simulator.info, 'HEAD', `/${bucket}`);
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'x-obs-storage-class': storageClass, 'x-obs-bucket-location': region });
    const resource = `/${bucket}?storageClass`;
    expect((await callObs(simulator.info, 'GET', resource, { resource })).text).toContain(
      `>${storageClass}</StorageClass>`,
    );
  });

  it('can be denied or missing', async () => {
    expect((await callObs(simulator.info, 'HEAD', '/ims-image-denied')).status).toBe(403);
    expect((await callObs(simulator.info, 'GET', '/ims-image-denied')).text).toContain('<Code>AccessDenied</Code>');
    expect((await callObs(simulator.info, 'HEAD', '/nonesuch')).status).toBe(404);
    expect((await callObs(simulator.info, 'GET', '/nonesuch')).text).toContain('<Code>NoSuchBucket</Code>');
  });

  it('lists its objects by prefix, delimiter, page and marker', async () => {
    const keys = async (query: string) => {
      const { text } = await callObs(simulator.info, 'GET', `/ims-image?${query}`);
      return {
        keys: [...text.matchAll(/<Key>(.*?)<\/Key>/g)].map(([, key]) => key),
        prefixes: [...text.matchAll(/<CommonPrefixes><Prefix>(.*?)<\/Prefix>/g)].map(([, prefix]) => prefix),
        next: /<NextMarker>(.*?)<\/NextMarker>/.exec(text)?.[1],
      };
    };
    expect(await keys('prefix=dir%2F')).toEqual({
      keys: ['dir/1', 'dir/2', 'dir/sub/3'],
      prefixes: [],
      next: undefined,
    });
    expect(await keys('delimiter=/')).toEqual({ keys: ['a.txt', 'z.txt'], prefixes: ['dir/'], next: undefined });
    expect(await keys('delimiter=/&prefix=dir/')).toMatchObject({ keys: ['dir/1', 'dir/2'], prefixes: ['dir/sub/'] });
    expect(await keys('max-keys=2')).toEqual({ keys: ['a.txt', 'dir/1'], prefixes: [], next: 'dir/1' });
    expect(await keys('marker=dir/1&max-keys=2')).toMatchObject({ keys: ['dir/2', 'dir/sub/3'] });
  });
});

describe('a simulated object', () => {
  const get = (range?: string) =>
    callObs(simulator.info, 'GET', '/ims-image/a.txt', { unsigned: range === undefined ? {} : { range } });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=8-', '89', 'bytes 8-9/10'],
    ['bytes=-4', '6789', 'bytes 6-9/10'],
    ['bytes=5-99', '56789', 'bytes 5-9/10'],
  ])('returns the range %s', async (range, text, contentRange) => {
    const answer = await get(range);
    expect([answer.status, answer.text]).toEqual([206, text]);
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(text.length) });
  });

  it('returns no range beyond its end', async () => {
    const answer = await get('bytes=10-12');
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */10']);
    expect(answer.text).toContain('<Code>InvalidRange</Code>');
  });

  it('is returned whole without a range, and for an invalid range', async () => {
    expect((await get()).text).toBe('0123456789');
    expect((await get('lines=1-2')).status).toBe(200);
  });

  it('can be put, replaced and deleted', async () => {
    const target = '/ims-image/put.txt';
    const head = () => callObs(simulator.info, 'HEAD', target);
    const put = (body: string) =>
      callObs(simulator.info, 'PUT', target, { body, headers: { 'content-type': 'text/plain' } });
    const etag = `"${createHash('md5').update('first').digest('hex')}"`;
    expect((await put('first')).headers.etag).toBe(etag);
    expect((await head()).headers).toMatchObject({ etag, 'content-length': '5', 'content-type': 'text/plain' });
    await put('second!');
    expect((await head()).headers['content-length']).toBe('7');
    expect((await callObs(simulator.info, 'DELETE', target)).status).toBe(204);
    expect((await head()).status).toBe(404);
    expect((await callObs(simulator.info, 'DELETE', target)).status).toBe(204);
  });

  it('can be requested by ETag and time', async () => {
    const { headers } = await callObs(simulator.info, 'HEAD', '/ims-image/a.txt');
    const conditional = (unsigned: { [name: string]: string }) =>
      callObs(simulator.info, 'GET', '/ims-image/a.txt', { unsigned }).then(({ status }) => status);
    const etag = headers.etag ?? '';
    expect(await conditional({ 'if-match': etag })).toBe(200);
    expect(await conditional({ 'if-match': '"other"' })).toBe(412);
    expect(await conditional({ 'if-none-match': etag })).toBe(304);
    expect(await conditional({ 'if-modified-since': headers['last-modified'] ?? '' })).toBe(304);
  });
});
