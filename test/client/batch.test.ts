/** What batches do is in test/workflows/export-images.test.ts. */
import { describe, expect, it } from 'vitest';
import { isBatch, pauseBatch, readBatch, startBatch } from '../../src/client';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId } from '../../src/contract';
import { namespaceOfThisFile } from '../rigs/namespace';
import { errorCodeOf } from '../rigs/rig';

const temporal = namespaceOfThisFile();

const INPUT = { query: { tag: 'backup' }, to: 'ims-image:{imageId}' };

/** A workflow that no worker takes. */
const started = (workflowType: string, workflowId: string, memo?: { [field: string]: unknown }) =>
  temporal.client.workflow.start(workflowType, { workflowId, taskQueue: 'nobody', args: [INPUT], memo });

describe('a batch by the client', () => {
  it.each([
    ['an input that is wrong', { ...INPUT, to: 'ims-image:{nmae}' }, {}, 'to'],
    ['a name that is none', INPUT, { name: '' }, 'name'],
    ['a name of which no workflow id can be made', INPUT, { name: 'n'.repeat(2_000) }, 'name'],
  ])('is refused before anything is started: %s', async (_what, input, options, field) => {
    await expect(startBatch(temporal.client, input, options)).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field },
    });
  });

  it('is not started where no worker would take it', async () => {
    expect(await errorCodeOf(startBatch(temporal.client, INPUT, { name: 'untaken', taskQueue: 'nobody' }))).toBe(
      'NoWorker',
    );
    expect(await errorCodeOf(readBatch(temporal.client, exportBatchWorkflowId('untaken')))).toBe('NoSuchExport');
  });

  it('is not joined by its name with another input', async () => {
    await started(EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId('nightly'), { digest: 'of another input' });
    await expect(startBatch(temporal.client, INPUT, { name: 'nightly' })).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'name' },
      message: expect.stringContaining('ims-export watch ims-export-batch:nightly'),
    });
  });

  it('is told from an export by its workflow type, whatever its id is', async () => {
    await started(EXPORT_IMAGES_WORKFLOW, 'of-a-schedule');
    await started(EXPORT_IMAGE_WORKFLOW, 'of-a-person');
    expect(await isBatch(temporal.client, 'of-a-schedule')).toBe(true);
    expect(await isBatch(temporal.client, 'of-a-person')).toBe(false);
  });

  it('is read by what Temporal knows where no worker answers, and told when it has ended', async () => {
    const handle = await started(EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId('read'), { total: 7 });
    expect(await readBatch(temporal.client, handle.workflowId)).toMatchObject({
      workflowStatus: 'RUNNING',
      memo: { total: 7 },
      status: null,
    });
    await handle.terminate();
    await expect(pauseBatch(temporal.client, handle.workflowId)).rejects.toMatchObject({
      code: 'ExportEnded',
      message: expect.stringContaining('The batch ims-export-batch:read has ended (terminated)'),
    });
  });
});
