import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { listPrivateImages } from '../../src/activities/batch/private-images';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import { environmentOf, type Simulator, startSimulator } from '../../src/testing';
import { startLocalCloud } from '../rigs/local-cloud';

let simulator: Simulator;
beforeEach(async () => {
  simulator = await startSimulator();
});
afterEach(() => simulator.close());

const TAG = 'backup=nightly';
const list = async () => {
  const client = createCloudClient(accountFromEnvironment(environmentOf(simulator.info)));
  onTestFinished(() => client.close());
  return listPrivateImages(client, { tag: TAG }, { report: () => undefined, endOfListMs: 0 });
};

/** A tag as long as it may be (IMS API, "Image Tag Data Formats"), in characters that take three bytes each. */
const tags = (count: number) => [
  TAG,
  ...Array.from({ length: count - 1 }, (_, index) => `${'标'.repeat(35)}${index}=${'值'.repeat(43)}`),
];

describe('a page of images', () => {
  it('F64 a page of images is read when 100 images have descriptions and tags as long as the API allows', async () => {
    const added = simulator.addImages('linux', 150, { __description: '述'.repeat(1_024), tags: tags(10) });
    const images = await list();
    expect(new Set(images.map(({ id }) => id))).toEqual(new Set(added.map(({ id }) => id)));
    const pages = simulator.requests().filter(({ path }) => path === '/v2/cloudimages');
    // Two pages, and the end, which is read twice.
    expect(pages).toHaveLength(4);
  });

  it('F64 a page of images is asked for again with fewer images when it is larger than any page should be', async () => {
    const added = simulator.addImages('linux', 120, { __description: 'd'.repeat(60_000), tags: [TAG] });
    const images = await list();
    expect(new Set(images.map(({ id }) => id))).toEqual(new Set(added.map(({ id }) => id)));
  });

  it('F64 a page of images is read when a proxy has packed it', async () => {
    const cloud = await startLocalCloud();
    onTestFinished(() => cloud.close());
    const rows = Array.from({ length: 100 }, (_, index) => ({ id: `i${index}`, __description: 'd'.repeat(8_000) }));
    cloud.reply((response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify({ images: rows }))),
    );
    expect(await cloud.client().ims.listImages({})).toHaveLength(100);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])(
    'F64 a page of images is asked for again with fewer images when only its packed form is small: %s',
    async (encoding, pack) => {
      const cloud = await startLocalCloud();
      onTestFinished(() => cloud.close());
      const rows = Array.from({ length: 120 }, (_, index) => ({ id: `i${index}`, __description: 'd'.repeat(60_000) }));
      cloud.reply((response) => {
        const url = cloud.requests.at(-1)?.url ?? '';
        const query = new URL(url, 'http://cloud').searchParams;
        const start = rows.findIndex(({ id }) => id === query.get('marker')) + 1;
        const page = JSON.stringify({ images: rows.slice(start, start + Number(query.get('limit'))) });
        response.writeHead(200, { 'content-encoding': encoding }).end(pack(page));
      });
      const images = await listPrivateImages(cloud.client(), {}, { report: () => undefined, endOfListMs: 0 });
      expect(images.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    },
  );
});
