/** What a dry run prints is in test/cli/start.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dryRunExport } from '../../src/client/dry-run';
import { EXPORT_IMAGES_WORKFLOW, type ExportImageInput, exportWorkflowId } from '../../src/contract';
import { type Rig, startRig, takeWorkflowId, untilStatus } from '../rigs/rig';

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
        new RegExp(`^An export to ${input.bucketUrl} is running, .*\`ims-export status ${workflowId}\``),
      ),
    });
    await handle.terminate();
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

it('a dry run ends as DestinationBusy where a workflow of another type has had the id', async () => {
  const input = rig.input();
  await takeWorkflowId(rig, input.bucketUrl);
  await expect(dryRun(input)).rejects.toMatchObject({
    code: 'DestinationBusy',
    message: expect.stringContaining(EXPORT_IMAGES_WORKFLOW),
  });
});
