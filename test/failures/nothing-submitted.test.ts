import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportImagesInput } from '../../src/contract';
import { startBatchWorkflow, untilBatch } from '../rigs/batch-rig';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { FIRST_TASK, type Rig, resetTo, startRig, whatRemains } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

const SAYS_NONE = /nothing (was|is) (submitted|tracked)|no job was begun/i;

/** Resets a workflow to its first task. */
async function reset(workflowId: string) {
  const { runId: firstExecutionRunId } = await rig.client.workflow.getHandle(workflowId).describe();
  return resetTo(FIRST_TASK, rig, { workflowId, firstExecutionRunId });
}

/** What the new run of an export ends with. */
async function endAfterReset({ handle: { workflowId } }: OneExport) {
  const run = await reset(workflowId);
  const failure = await run.result().catch((error: { cause?: unknown }) => error.cause);
  return { failure, ...(await whatRemains(rig.client, workflowId)) };
}

const UNKNOWN = {
  failure: {
    type: 'ExportOutcomeUnknown',
    message: expect.not.stringMatching(SAYS_NONE),
    details: [expect.objectContaining({ reason: 'submitAmbiguous', remoteJob: 'unknown' })],
  },
  memo: { outcome: 'unknown', remoteJob: 'unknown' },
  status: { outcome: 'unknown', remoteJob: 'unknown' },
};

it.concurrent('F39 a reset after the deadline, while the job runs, ends as unknown', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, deadline: '4s' } });
  const jobId = await one.accepted();
  one.changeJob(jobId, { stuck: true });
  expect(await one.failure()).toMatchObject({ type: 'ExportOutcomeUnknown' });
  expect(await endAfterReset(one)).toMatchObject(UNKNOWN);
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F39 a run that was reset, and finds its destination taken, ends as unknown', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  await one.result();
  // Another object than the one that it has exported, which would be its result.
  rig.simulator.putObject(one.objectKey, 'put there by somebody else');
  expect(await endAfterReset(one)).toMatchObject(UNKNOWN);
});

it.concurrent('F39 a submit that no worker takes ends as unknown in a run that was reset, and as SubmitRejected in one that knows', async () => {
  const one = new OneExport(rig, { options: { submitTaskQueue: `nobody-${rig.taskQueue}`, submitBudget: '2s' } });
  await one.start();
  expect(await one.failure()).toMatchObject({ type: 'SubmitRejected', message: expect.stringMatching(SAYS_NONE) });
  expect((await one.remains()).memo).toMatchObject({ outcome: 'failed', remoteJob: 'none' });
  expect(await endAfterReset(one)).toMatchObject(UNKNOWN);
  expect(one.posts()).toHaveLength(0);
});

it('F39 a run that was reset, and whose credentials are refused, ends as unknown', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.asleep();
  await one.handle.terminate();
  rig.simulator.credentials.revoke('permissions');
  try {
    expect(await endAfterReset(one)).toMatchObject(UNKNOWN);
  } finally {
    rig.simulator.credentials.restore();
  }
});

it('F39 a batch that was reset, and cannot be planned any more, ends as unknown', async () => {
  const { id } = rig.simulator.addImage('linux', { tags: ['f39=yes'] });
  const input: ExportImagesInput = {
    query: { tag: 'f39=yes' },
    to: `${rig.simulator.info.bucket}:f39/{imageId}`,
    format: 'qcow2',
  };
  const batch = await startBatchWorkflow(rig, input);
  await untilBatch(batch, ({ running }) => running === 1);
  await expect.poll(() => rig.simulator.jobs().some(({ imageId }) => imageId === id), { timeout: 20_000 }).toBe(true);
  await batch.terminate();
  rig.simulator.credentials.revoke('permissions');
  try {
    const run = await reset(batch.workflowId);
    const failure = await run.result().catch((error: { cause?: unknown }) => error.cause);
    expect(failure).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringMatching(/An earlier attempt may have started exports.*`ims-export list`/),
    });
    expect(String(failure)).not.toMatch(SAYS_NONE);
  } finally {
    rig.simulator.credentials.restore();
  }
});
