import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportOptions, ResolutionStatus, SubmissionResolution } from '../../src/contract';
import { ALWAYS, OneExport } from '../rigs/one-export';
import { lookNow, type Rig, startRig, until } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 600 } });
});
afterAll(() => rig.close());

/** An export whose answer was lost while its job runs, which waits for a person. */
async function parked(options: ExportOptions = {}): Promise<{ one: OneExport; jobId: string }> {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask', ...options } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const [{ jobId } = { jobId: '' }] = one.jobs();
  return { one, jobId };
}

const answer = ({ handle }: OneExport, resolution: SubmissionResolution) =>
  handle.executeUpdate<void, [SubmissionResolution]>('resolveSubmission', { args: [resolution] });

/** A job of somebody else's export. */
async function otherJob(): Promise<{ jobId: string; imageId: string }> {
  const other = new OneExport(rig);
  const jobId = await other.accepted();
  return { jobId, imageId: other.imageId };
}

async function refused({ one }: { one: OneExport }, jobId: string, why: string): Promise<void> {
  await answer(one, { jobId });
  const { warnings, resolution, ...status } = await one.until(
    (status) => status.phase === 'needsAnswer' && status.resolution?.taken === false,
  );
  expect(status.jobId).toBeNull();
  expect(resolution).toEqual({ jobId, taken: false, objection: expect.stringContaining(why) });
  expect(warnings).toContainEqual(expect.stringContaining(why));
}

/** Until the check of a named job has come so far. */
const untilChecked = ({ one }: { one: OneExport }, taken: ResolutionStatus['taken'], objection: string | null) =>
  one.until(
    ({ resolution }) =>
      resolution?.taken === taken && (objection === null || !!resolution.objection?.includes(objection)),
  );

/** What a person sees of an export that was told its right job, and then has it succeed. */
async function succeeds({ one, jobId }: { one: OneExport; jobId: string }): Promise<void> {
  expect((await untilChecked({ one }, true, null)).resolution).toEqual({ jobId, taken: true, objection: null });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await lookNow(rig.client, one.handle.workflowId);
  expect(await one.result()).toMatchObject({ confirmed: true, jobId, submissions: 1 });
  expect(one.posts()).toHaveLength(1);
}

it.concurrent('F37 an answer that names a job of another image is not adopted, and the export says so', async () => {
  const waiting = await parked();
  const { jobId, imageId } = await otherJob();
  await refused(waiting, jobId, `it is of image ${imageId}`);
  await answer(waiting.one, { jobId: waiting.jobId });
  rig.simulator.changeJob(waiting.jobId, { status: 'SUCCESS' });
  await lookNow(rig.client, waiting.one.handle.workflowId);
  expect(await waiting.one.result()).toMatchObject({ confirmed: true, jobId: waiting.jobId, submissions: 1 });
});

it.concurrent('F37 an answer that names a failed job is not adopted, and the export can be submitted again', async () => {
  const waiting = await parked();
  rig.simulator.changeJob(waiting.jobId, { status: 'FAIL', error_code: 'IMG.0061' });
  await refused(waiting, waiting.jobId, 'its status is FAIL');
  await answer(waiting.one, { notSubmitted: true });
  const { jobId } = await waiting.one.until((status) => status.jobId !== null);
  rig.simulator.changeJob(String(jobId), { status: 'SUCCESS' });
  await lookNow(rig.client, waiting.one.handle.workflowId);
  expect(await waiting.one.result()).toMatchObject({ confirmed: true, submissions: 2 });
});

it.concurrent('F37 an answer that names a job unknown to the cloud is not adopted', async () => {
  await refused(await parked(), 'ff80808280c204e30180d2784c3c0d86', 'the cloud answered');
});

it.concurrent('F37 an answer that names a job to an unknown object is adopted with a warning when OBS cannot confirm it', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  one.headsFail({ status: 403 }, ALWAYS);
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const other = one.to(`${rig.simulator.info.bucket}:f37/${one.imageId}`);
  const jobId = await other.accepted();
  await answer(one, { jobId });
  other.changeJob(jobId, { status: 'SUCCESS' });
  const { warnings, ...result } = await one.result();
  expect(result).toMatchObject({ jobId, object: null, verification: { state: 'skipped' } });
  expect(warnings).toContainEqual(
    expect.stringContaining(`Job ${jobId} was named by resolveSubmission. The cloud does not report the object`),
  );
  await other.result();
});

/** Every try of one read; a few of them are several reads. */
const TRIES = 4;

it.concurrent('F41 a right answer is kept while the cloud does not show the job, and taken once it does', async () => {
  const waiting = await parked();
  waiting.one.pollsFail(waiting.jobId, { status: 503 }, { times: 2 * TRIES });
  await answer(waiting.one, { jobId: waiting.jobId });
  const { phase, attention } = await untilChecked(waiting, null, '503');
  expect({ phase, attention }).toEqual({ phase: 'reconciling', attention: null });
  await succeeds(waiting);
});

it.concurrent('F41 an answer that cannot be checked holds the probe back', async () => {
  const one = new OneExport(rig, { options: { maxProbes: 3 } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await until('the POST has arrived', () => one.jobs().length === 1);
  const jobId = one.jobs()[0]?.jobId ?? '';
  // Until long after the time in which the submit settles.
  one.pollsFail(jobId, { status: 503 }, { times: 4 * TRIES });
  await one.until(({ phase }) => phase === 'reconciling');
  await answer(one, { jobId });
  await until('it was read again and again', () => one.pollsOf(jobId).length > 3 * TRIES);
  await succeeds({ one, jobId });
});

it.concurrent('F41 an answer waits parked while credentials are refused', async () => {
  const waiting = await parked();
  waiting.one.pollsFail(
    waiting.jobId,
    { status: 403, body: { error_code: 'APIGW.0302', error_msg: 'no' } },
    { times: 4 },
  );
  await answer(waiting.one, { jobId: waiting.jobId });
  const { phase, attention } = await waiting.one.until((status) => status.phase === 'parked');
  expect({ phase, attention }).toEqual({ phase: 'parked', attention: 'parked' });
  expect(await waiting.one.details()).toContain('Parked - the cloud denies access to the job');
  await succeeds(waiting);
});

it.concurrent('F41 pollNow checks a named job at once', async () => {
  const waiting = await parked({ minInterval: '5m', maxInterval: '5m' });
  waiting.one.pollsFail(waiting.jobId, { status: 403, body: { error_code: 'APIGW.0302', error_msg: 'no' } });
  await answer(waiting.one, { jobId: waiting.jobId });
  await waiting.one.until((status) => status.phase === 'parked' && status.nextPollAt !== null);
  await waiting.one.handle.signal('pollNow');
  await succeeds(waiting);
});

it.concurrent.each([
  ['pollNow', (one: OneExport) => one.handle.signal('pollNow')],
  ['the same answer once more', (one: OneExport, jobId: string) => answer(one, { jobId })],
])('F41 a named job is checked again after %s came during a check', async (_, send) => {
  const waiting = await parked();
  const { one, jobId } = waiting;
  one.pollsFail(jobId, { delayMs: 1_000, status: 503 }, { times: TRIES });
  await answer(one, { jobId });
  await until('a check is under way', () => one.pollsOf(jobId).length > 0);
  await send(one, jobId);
  await succeeds(waiting);
});

it.concurrent('F41 a named job is checked again after a message came during a check, also while a cancel is drained', async () => {
  const { one, jobId } = await parked({ onCancel: 'drain' });
  await one.handle.cancel();
  await one.until(({ phase }) => phase === 'draining');
  one.pollsFail(jobId, { delayMs: 1_000, status: 503 }, { times: TRIES });
  await answer(one, { jobId });
  await until('a check is under way', () => one.pollsOf(jobId).length > 0);
  await one.handle.signal('pollNow');
  await untilChecked({ one }, true, null);
});

it.concurrent('F41 a job named with the run of somebody else is checked as the word of a person', async () => {
  const waiting = await parked();
  const { jobId, imageId } = await otherJob();
  await answer(waiting.one, { jobId, runId: '0191a1c2-0000-7000-8000-000000000000' });
  const { resolution } = await untilChecked(waiting, false, `it is of image ${imageId}`);
  expect(resolution).toMatchObject({ jobId, taken: false });
});

it.concurrent('F40 a job that its worker names is taken with a warning of the submit before it, whose answer was lost too', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  one.postsFail({ dropAfter: true });
  await answer(one, { notSubmitted: true });
  const { submissions } = await one.until((status) => status.submissions === 2);
  const { runId } = await one.handle.describe();
  const jobId = one.jobs()[0]?.jobId ?? '';
  await answer(one, { jobId, runId });
  await one.until((status) => status.jobId === jobId);
  one.changeJob(jobId, { status: 'SUCCESS' });
  await lookNow(rig.client, one.handle.workflowId);
  expect(await one.result()).toMatchObject({
    confirmed: true,
    submissions,
    warnings: [expect.stringMatching(/^The answer to an earlier submit was lost/)],
  });
});

it.concurrent('F41 a newer answer replaces one with a typing error', async () => {
  const waiting = await parked();
  waiting.one.pollsFail('ff80808280c204e30180d2784c3c0d87', { status: 503 }, ALWAYS);
  await answer(waiting.one, { jobId: 'ff80808280c204e30180d2784c3c0d87' });
  await untilChecked(waiting, null, '503');
  await answer(waiting.one, { jobId: waiting.jobId });
  await succeeds(waiting);
});

it.concurrent('F41 {notSubmitted: true} replaces a job that cannot be checked', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropBefore: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const jobId = 'ff80808280c204e30180d2784c3c0d88';
  one.pollsFail(jobId, { status: 503 }, ALWAYS);
  await answer(one, { jobId });
  await untilChecked({ one }, null, '503');
  await answer(one, { notSubmitted: true });
  const { resolution } = await one.until((status) => status.jobId !== null);
  expect(resolution).toEqual({ jobId, taken: false, objection: 'a newer answer replaced it' });
  one.changeJob(one.jobs()[0]?.jobId ?? '', { status: 'SUCCESS' });
  await lookNow(rig.client, one.handle.workflowId);
  expect(await one.result()).toMatchObject({ confirmed: true, submissions: 2 });
});

it.concurrent('F41 an answer that cannot be checked by the deadline ends as unknown and names the job', async () => {
  const waiting = await parked({ deadline: '12s' });
  waiting.one.pollsFail(waiting.jobId, { status: 503 }, ALWAYS);
  await answer(waiting.one, { jobId: waiting.jobId });
  expect(await waiting.one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining(`job ${waiting.jobId} was named, and could not be checked by the deadline`),
  });
  expect((await waiting.one.remains()).status.resolution).toMatchObject({ jobId: waiting.jobId, taken: null });
  expect(waiting.one.posts()).toHaveLength(1);
});
