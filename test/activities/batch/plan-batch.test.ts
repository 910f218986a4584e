import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportImagesInput, InvalidExportRequestDetails } from '../../../src/contract';
import { type ActivityRig, startActivityRig } from '../../rigs/activity-rig';

let rig: ActivityRig;
/** In the order in which the cloud lists them. */
let ids: string[];
beforeAll(async () => {
  rig = await startActivityRig();
  ids = rig.simulator.addImages('linux', 1_203, { name: 'golden', tags: ['backup'] }).map(({ id }) => id);
});
afterAll(() => rig.close());

const plan = (input: ExportImagesInput) => rig.run('imsPlanBatch', { input, startedAt: '2026-11-27T02:30:00Z' });

/** By a query, which pages, and by ids, which are found in pages too when there are many. */
const sources: Array<[string, () => Pick<ExportImagesInput, 'images' | 'query'>]> = [
  ['found by their name', () => ({ query: { name: 'golden' } })],
  ['found by a tag', () => ({ query: { tag: 'backup' } })],
  ['listed by their ids', () => ({ images: ids.map((imageId) => ({ imageId })) })],
];

describe.each(sources)('a batch plan for 1,203 images of one name, %s', (_how, source) => {
  it('gives each image its own object key when the template has {imageId}', async () => {
    const { items, warnings } = await plan({ ...source(), to: 'ims-image:nightly/{imageId}.{format}' });
    expect(items).toEqual(
      ids.map((imageId) => ({ imageId, bucketUrl: `ims-image:nightly/${imageId}.qcow2`, format: 'qcow2' })),
    );
    expect(warnings).toEqual([]);
  });

  it('is rejected when the template has only {name}, and names two of the images and their destination', async () => {
    const refused = await plan({ ...source(), to: 'ims-image:nightly/{name}.{format}' }).catch((error) => error);
    expect(refused).toMatchObject({ type: 'InvalidExportRequest', nonRetryable: true });
    const [details] = refused.details as [InvalidExportRequestDetails];
    expect(details).toMatchObject({ field: 'to', value: '"ims-image:nightly/golden.qcow2"' });
    expect(details.expected).toContain(
      `${ids[0]} (golden) and ${ids[1]} (golden) would be exported to the same object`,
    );
    expect(details.expected).toContain('Put {imageId} into the key');
  });
});
