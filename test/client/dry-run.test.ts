/** What a dry run prints is in test/cli/start.test.ts. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportError, startExport } from '../../src/client';
import { dryRunExport } from '../../src/client/dry-run';
import {
  EXPORT_IMAGES_WORKFLOW,
  type ExportImageInput,
  exportBatchWorkflowId,
  exportWorkflowId,
} from '../../src/contract';
import { startGrpcProxy } from '../rigs/grpc-proxy';
import { itInLongForm } from '../rigs/long-form';
import { type Rig, startRig, takeWorkflowId, until, untilStatus } from '../rigs/rig';
import { connectClient } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

const dryRun = (input: ExportImageInput) => dryRunExport(rig.client, input, { taskQueue: rig.taskQueue });

describe.concurrent('a dry run, while something runs at the destination,', () => {
  it('ends as NoWorker when no worker answers for the export', async () => {
    const input = rig.input();
    const workflowId = exportWorkflowId(input.bucketUrl);
    const options = { workflowId, taskQueue: 'nobody', args: [input] };
    const handle = await rig.client.workflow.start('exportImageWorkflow', options);
    await expect(dryRun(input)).rejects.toMatchObject({
      code: 'NoWorker',
      message: expect.stringMatching(
        new RegExp(
          `^The export ${workflowId} is running, .* the task queue nobody .*\`ims-export status ${workflowId}\`.*\`ims-export worker --task-queue nobody\``,
        ),
      ),
    });
    await handle.terminate();
  });

  it('ends as TemporalUnreachable in an outage that comes after the export was found', async () => {
    const input = rig.input();
    const options = { workflowId: exportWorkflowId(input.bucketUrl), taskQueue: 'nobody', args: [input] };
    const handle = await rig.client.workflow.start('exportImageWorkflow', options);
    const proxy = await startGrpcProxy(rig.server.address);
    const client = await connectClient({ address: proxy.address, namespace: rig.server.namespace });
    const checking = dryRunExport(client, input, { taskQueue: rig.taskQueue });
    const ended = expect(checking).rejects.toMatchObject({ code: 'TemporalUnreachable' });
    await until('the export is asked', () => proxy.calls('QueryWorkflow') > 0);
    // DEADLINE_EXCEEDED of gRPC, without waiting for it.
    proxy.answer('DescribeWorkflowExecution', 4);
    await ended;
    await client.connection.close();
    await Promise.all([proxy.close(), handle.terminate()]);
  });

  it('ends as DestinationBusy when it is a workflow of another type', async () => {
    const input = rig.input();
    const options = { workflowId: exportWorkflowId(input.bucketUrl), taskQueue: 'nobody', args: [{}] };
    const handle = await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, options);
    await expect(dryRun(input)).rejects.toMatchObject({
      code: 'DestinationBusy',
      message: expect.stringContaining(EXPORT_IMAGES_WORKFLOW),
    });
    await handle.terminate();
  });

  it('ends as DestinationBusy when the export is being canceled', async () => {
    const input = rig.input({ image: 'dataDisk', options: { onCancel: 'drain' } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ jobId }) => jobId !== null);
    expect(await dryRun(input)).toMatchObject({ would: 'join' });
    await handle.cancel();
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'draining');
    await expect(dryRun(input)).rejects.toMatchObject({ code: 'DestinationBusy' });
    await handle.terminate();
  });
});

describe.concurrent('a dry run', () => {
  it('while another one to the destination runs, of another format, ends as DestinationBusy', async () => {
    const input = rig.input();
    const workflowId = exportBatchWorkflowId(`dry-run:${input.bucketUrl}`);
    const options = { workflowId, taskQueue: 'nobody', args: [{}], memo: { digest: 'of the other' } };
    const other = await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, options);
    await expect(dryRun(input)).rejects.toMatchObject({
      code: 'DestinationBusy',
      message: `Another dry run to ${input.bucketUrl} is running, of another image or with other settings. Wait for its end, then run this one again: \`ims-export watch ${workflowId}\``,
      details: { imageId: input.imageId, bucketUrl: input.bucketUrl, running: null, workflowId },
    });
    await other.terminate();
  });

  it('of a key that is too long only for a dry run is refused for that', async () => {
    const bucketUrl = `${rig.simulator.info.bucket}:`.padEnd(985, 'k');
    await expect(dryRun(rig.input({ bucketUrl }))).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'bucketUrl' },
      message: expect.stringMatching(/expected a shorter object key for a dry run: .* A start takes this key/),
    });
  });

  it('ends with the details that the failure of a start has', async () => {
    const input = rig.input({ image: 'fullEcs' });
    const failed = (attempt: Promise<unknown>) =>
      attempt.then(
        () => null,
        (error: unknown) => error,
      );
    const refused = await failed(dryRun(input));
    expect(refused).toMatchObject({ code: 'ExportNotAllowed', details: { overridable: ['notWholeEcs'] } });
    const { message, details } = refused as ExportError;
    const start = startExport(rig.client, input, { taskQueue: rig.taskQueue });
    expect(await failed(start)).toMatchObject({ code: 'ExportNotAllowed', message, details });
  });
});

it('a dry run ends as DestinationBusy where a workflow of another type has had the id', async () => {
  const input = rig.input();
  await takeWorkflowId(rig, input.bucketUrl);
  await expect(dryRun(input)).rejects.toMatchObject({
    code: 'DestinationBusy',
    message: expect.stringContaining(EXPORT_IMAGES_WORKFLOW),
  });
});

itInLongForm(
  'a dry run says that the export is paused in Temporal where it is',
  async () => {
    const own = await startRig({ server: { dynamicConfig: { 'frontend.WorkflowPauseEnabled': true } } });
    try {
      const input = own.input();
      const workflowId = exportWorkflowId(input.bucketUrl);
      const options = { workflowId, taskQueue: 'nobody', args: [input] };
      await own.client.workflow.start('exportImageWorkflow', options);
      const { namespace } = own.server;
      await own.client.workflowService.pauseWorkflowExecution({ namespace, workflowId, requestId: randomUUID() });
      await expect(dryRunExport(own.client, input, { taskQueue: own.taskQueue })).rejects.toMatchObject({
        message: expect.stringMatching(/ is paused in Temporal, and does not answer\. .* Unpause it in Temporal, /),
      });
    } finally {
      await own.close();
    }
  },
  60_000,
);
