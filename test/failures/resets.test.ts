import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveSubmission, retuneExport } from '../../src/client';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { FIRST_TASK, type Rig, resetTo, startRig } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

/** Resets an export to its first workflow task. What it was sent since is sent to the new run, before that has done anything. */
async function reset({ handle: { workflowId } }: OneExport) {
  const { runId: firstExecutionRunId } = await rig.client.workflow.getHandle(workflowId).describe();
  return resetTo(FIRST_TASK, rig, { workflowId, firstExecutionRunId });
}

it.concurrent('F49 a deadline that was moved before a reset is in force after it', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask', deadline: '12s' } });
  const jobId = await one.asleep();
  const { deadlineAt } = await retuneExport(rig.client, one.handle.workflowId, { deadline: '+6h', stallAfter: '7m' });
  // Past the first deadline.
  await expect.poll(() => Date.now() > Date.parse(deadlineAt) - 6 * 3_600_000, { timeout: 20_000 }).toBe(true);
  const run = await reset(one);
  const status = await one.until(({ phase }) => phase === 'needsAnswer');
  expect(status).toMatchObject({ outcome: null, deadlineAt, options: { stallAfterMs: 420_000 } });
  await resolveSubmission(rig.client, run.workflowId, { jobId });
  expect(await one.until((later) => later.jobId !== null)).toMatchObject({ jobId, deadlineAt });
  await run.cancel();
});

it.concurrent('F49 an answer that was given before a reset is followed after it', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const [{ jobId } = { jobId: '' }] = one.jobs();
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId });
  await one.until((status) => status.jobId === jobId);
  const run = await reset(one);
  expect(await one.until((status) => status.jobId !== null)).toMatchObject({
    jobId,
    resolution: { jobId, taken: true },
  });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await run.signal('pollNow');
  expect(await run.result()).toMatchObject({ jobId, confirmed: true });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F49 an answer that was given before a reset is followed after the deadline, too', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask', deadline: '12s' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const [{ jobId } = { jobId: '' }] = one.jobs();
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId });
  expect(await one.failure()).toMatchObject({ type: 'ExportOutcomeUnknown', details: [{ reason: 'deadline', jobId }] });
  const run = await reset(one);
  const failure = await run.result().catch((error: { cause?: unknown }) => error.cause);
  expect(failure).toMatchObject({ type: 'ExportOutcomeUnknown', details: [{ reason: 'deadline', jobId }] });
  expect((await one.remains()).memo).toMatchObject({ jobId, remoteJob: 'running' });
});

it('F49 what was sent before a reset fails as the validation after it does', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.asleep();
  const { workflowId } = one.handle;
  await one.handle.executeUpdate('retune', { args: [{ deadline: '+6h' }], updateId: 'moved' });
  await one.handle.terminate();
  rig.simulator.credentials.revoke('permissions');
  try {
    const run = await reset(one);
    await run.result().catch(() => {});
    const again = rig.client.workflow.getHandle(workflowId).getUpdateHandle('moved');
    const failure = await again.result().catch((error: { cause?: unknown }) => error.cause);
    expect(failure).toMatchObject({ type: 'ExportOutcomeUnknown' });
  } finally {
    rig.simulator.credentials.restore();
  }
});
