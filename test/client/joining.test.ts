/** That each answer follows from the table is in test/export/joining.test.ts. */
import { describe, expect, it, vi } from 'vitest';
import { earlierResult } from '../../src/client/joining';
import { EXPORT_IMAGE_WORKFLOW, type ExportImageInput, type ExportImageResult } from '../../src/contract';
import { parseExportStart } from '../../src/request/export';

const input: ExportImageInput = {
  imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64',
  bucketUrl: 'ims-image:a.qcow2',
  fileFormat: 'qcow2',
};
const request = parseExportStart(input);
const result = { ...input, jobId: 'f'.repeat(32), object: null, finishedAt: '2026-01-01T00:00:00Z' } as unknown;
const readOf = (changes: object = {}) => vi.fn(async () => ({ ...Object(result), ...changes }) as ExportImageResult);

describe('an earlier success at a destination', () => {
  it('is the answer for the same image and format', async () => {
    expect(await earlierResult('client', request, EXPORT_IMAGE_WORKFLOW, readOf())).toEqual(result);
  });

  it.each([
    ['image', { imageId: '00000000-1bc3-4c3f-893e-3e471fd16e64' }],
    ['format', { fileFormat: 'vhd' }],
  ])('is refused as DestinationExists where it was of another %s', async (_what, changes) => {
    const refused = earlierResult('nexus', request, EXPORT_IMAGE_WORKFLOW, readOf(changes));
    await expect(refused).rejects.toMatchObject({ type: 'DestinationExists' });
  });

  it('is refused as DestinationBusy, and not read, where it was of a workflow that is no export', async () => {
    const read = readOf();
    const refused = earlierResult('client', request, 'orderWorkflow', read);
    await expect(refused).rejects.toMatchObject({
      type: 'DestinationBusy',
      message: expect.stringContaining('orderWorkflow'),
    });
    expect(read).not.toHaveBeenCalled();
  });
});
