/** What batches do is in test/workflows/export-images.test.ts. */
import type { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBatch, pauseBatch, readBatch, startBatch } from '../../src/client';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId } from '../../src/contract';
import type { DevServer } from '../../src/dev-server';
import { errorCodeOf } from '../rigs/rig';
import { connectClient, startTestServer } from '../rigs/temporal';

let server: DevServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer();
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.connection.close();
  await server?.stop();
});

const INPUT = { query: { tag: 'backup' }, to: 'ims-image:{imageId}' };

/** A workflow that no worker takes. */
const started = (workflowType: string, workflowId: string, memo?: { [field: string]: unknown }) =>
  client.workflow.start(workflowType, { workflowId, taskQueue: 'nobody', args: [INPUT], memo });

describe('a batch by the client', () => {
  it.each([
    ['an input that is wrong', { ...INPUT, to: 'ims-image:{nmae}' }, {}, 'to'],
    ['a name that is none', INPUT, { name: '' }, 'name'],
    ['a name of which no workflow id can be made', INPUT, { name: 'n'.repeat(2_000) }, 'name'],
  ])('is refused before anything is started: %s', async (_what, input, options, field) => {
    await expect(startBatch(client, input, options)).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field },
    });
  });

  it('is not started where no worker would take it', async () => {
    expect(await errorCodeOf(startBatch(client, INPUT, { name: 'untaken', taskQueue: 'nobody' }))).toBe('NoWorker');
    expect(await errorCodeOf(readBatch(client, exportBatchWorkflowId('untaken')))).toBe('NoSuchExport');
  });

  it('is not joined by its name with another input', async () => {
    await started(EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId('nightly'), { digest: 'of another input' });
    await expect(startBatch(client, INPUT, { name: 'nightly' })).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'name' },
      message: expect.stringContaining('ims-export watch ims-export-batch:nightly'),
    });
  });

  it('is told from an export by its workflow type, whatever its id is', async () => {
    await started(EXPORT_IMAGES_WORKFLOW, 'of-a-schedule');
    await started(EXPORT_IMAGE_WORKFLOW, 'of-a-person');
    expect(await isBatch(client, 'of-a-schedule')).toBe(true);
    expect(await isBatch(client, 'of-a-person')).toBe(false);
  });

  it('is read by what Temporal knows where no worker answers, and told when it has ended', async () => {
    const handle = await started(EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId('read'), { total: 7 });
    expect(await readBatch(client, handle.workflowId)).toMatchObject({
      workflowStatus: 'RUNNING',
      memo: { total: 7 },
      status: null,
    });
    await handle.terminate();
    await expect(pauseBatch(client, handle.workflowId)).rejects.toMatchObject({
      code: 'ExportEnded',
      message: expect.stringContaining('The batch ims-export-batch:read has ended (TERMINATED)'),
    });
  });
});
