import { afterAll, beforeAll, expect, it } from 'vitest';
import { resolveSubmission, retuneExport } from '../../src/client';
import { eventsOf } from '../rigs/history';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { FIRST_TASK, type Rig, resetTo, startRig } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

/** Resets an export to its first workflow task. What it was sent since is sent to the new run, before that has done anything. */
async function reset({ handle: { workflowId } }: OneExport, task = FIRST_TASK) {
  const { runId: firstExecutionRunId } = await rig.client.workflow.getHandle(workflowId).describe();
  return resetTo(task, rig, { workflowId, firstExecutionRunId });
}

/** The workflow tasks to which a run can be reset, by the id of the event that completed each. */
async function tasksOf({ handle: { workflowId } }: OneExport): Promise<number[]> {
  const history = await rig.client.workflow.getHandle(workflowId).fetchHistory();
  const completed = eventsOf(history).filter((event) => event.workflowTaskCompletedEventAttributes);
  return completed.map(({ eventId }) => Number(eventId));
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

it.concurrent('F49 of two answers that were given before a reset, the newer one is followed', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const [{ jobId } = { jobId: '' }] = one.jobs();
  const mistyped = 'ff80808280c204e30180d2784c3c0d89';
  one.pollsFail(mistyped, { status: 503 }, ALWAYS);
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId: mistyped });
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId });
  await one.until((status) => status.jobId === jobId);
  const run = await reset(one);
  expect(await one.until((status) => status.jobId !== null)).toMatchObject({ jobId });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await run.signal('pollNow');
  expect(await run.result()).toMatchObject({ jobId, confirmed: true });
});

it.concurrent('F49 leave to submit again that was given before a reset is no leave after it', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  await resolveSubmission(rig.client, one.handle.workflowId, { notSubmitted: true });
  const { jobId } = await one.until((status) => status.jobId !== null);
  await reset(one);
  await one.until(({ phase, remoteJob }) => phase === 'needsAnswer' && remoteJob === 'unknown');
  expect(one.posts()).toHaveLength(2);
  // A person looks again, and names the job.
  await resolveSubmission(rig.client, one.handle.workflowId, { jobId: String(jobId) });
  expect(await one.until((status) => status.jobId !== null)).toMatchObject({ jobId });
  await one.handle.cancel();
});

it.concurrent('F49 leave to submit again is asked for again in a run that was reset after the loss was known', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const { workflowId } = one.handle;
  const lastTask = Math.max(...(await tasksOf(one)));
  await resolveSubmission(rig.client, workflowId, { notSubmitted: true });
  const { jobId } = await one.until((status) => status.jobId !== null);
  await reset(one, lastTask);
  const asksAgain = (warning: string) => warning.includes('Answer again');
  await one.until(({ phase, warnings }) => phase === 'needsAnswer' && warnings.some(asksAgain));
  expect(one.posts()).toHaveLength(2);
  one.changeJob(String(jobId), { status: 'FAIL', error_code: 'IMG.0061' });
  await resolveSubmission(rig.client, workflowId, { notSubmitted: true });
  await one.until((status) => status.jobId !== null);
  expect(one.posts()).toHaveLength(3);
  await one.handle.cancel();
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
