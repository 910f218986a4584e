import { randomUUID } from 'node:crypto';
import { WorkflowContinuedAsNewError, type WorkflowOptions } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXPORT_IMAGE_WORKFLOW } from '../../src/contract';
import { beginTracking } from '../../src/workflows/state';
import { closeOf, eventsOf } from '../rigs/history';
import { type Rig, startRig, whatRemains } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

/** Somebody else's job, so that this workflow would report it as its own. */
const forged = () => ({ ...beginTracking({}, Date.now()).carried, jobId: 'd5f1b7e0c1b84d3b9a3f6f0f0c7a1e42' });

const start = (options?: Partial<WorkflowOptions>) =>
  rig.client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
    workflowId: `forged-${randomUUID()}`,
    taskQueue: rig.taskQueue,
    args: [rig.input(), forged()],
    ...options,
  });

describe('a state argument that does not come from continue-as-new', () => {
  it('is rejected before any request to the cloud', async () => {
    const handle = await start();
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'InvalidExportRequest', details: [expect.objectContaining({ field: 'arguments[1]' })] },
    });
    expect(rig.simulator.requests()).toEqual([]);
    const { memo, status } = await whatRemains(rig.client, handle.workflowId);
    expect(memo).toMatchObject({ outcome: 'failed', remoteJob: 'none' });
    expect(status).toMatchObject({ jobId: null, polls: 0, submissions: 0 });
  });

  it('is rejected in the second run of a cron, which follows the first', async () => {
    const { workflowId, firstExecutionRunId } = await start({ cronSchedule: '@every 1s' });
    const secondRunId = await refused(workflowId, firstExecutionRunId);
    await refused(workflowId, secondRunId);
    await rig.client.workflow.getHandle(workflowId).terminate();
    expect(rig.simulator.requests()).toEqual([]);
  });
});

/** Waits for the end of one run of a cron, which must be the refusal. Returns the id of the run that follows. */
async function refused(workflowId: string, runId: string): Promise<string> {
  const run = rig.client.workflow.getHandle(workflowId, runId, { followRuns: false });
  const ended = await run.result().catch((error: unknown) => error);
  expect(ended).toBeInstanceOf(WorkflowContinuedAsNewError);
  expect(closeOf(eventsOf(await run.fetchHistory()))).toBe('InvalidExportRequest');
  return (ended as WorkflowContinuedAsNewError).newExecutionRunId;
}
