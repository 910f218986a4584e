import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SubmissionResolution } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 600 } });
});
afterAll(() => rig.close());

const answer = ({ handle }: OneExport, resolution: SubmissionResolution) =>
  handle.executeUpdate<void, [SubmissionResolution]>('resolveSubmission', { args: [resolution] });
const jobOf = (one: OneExport) => one.jobs()[0]?.jobId ?? '';
const busy = ({ lastError }: { lastError: string | null }) => lastError?.startsWith('IMG.0148') === true;

/** Throttled for longer than any budget of these tests. */
const TOO_LONG: FaultAction = { status: 429, headers: { 'Retry-After': '600' }, body: {} };

/** Until the nth HEAD of the destination has arrived; the first is the preflight's. */
const headArrives = (one: OneExport, nth: number) => until(`HEAD ${nth} has arrived`, () => one.heads().length >= nth);

it.concurrent.each(['ask', 'probe'] as const)(
  'F37 an answer that names a job during a destination check is tracked without another POST (%s)',
  async (onAmbiguousSubmit) => {
    const one = new OneExport(rig, { options: { onAmbiguousSubmit } });
    one.postsFail({ dropAfter: true });
    one.headsFail({ delayMs: 1_500 }, { nth: 2 });
    await one.start();
    await headArrives(one, 2);
    await answer(one, { jobId: jobOf(one) });
    one.changeJob(jobOf(one), { status: 'SUCCESS' });
    expect(await one.result()).toMatchObject({ confirmed: true, jobId: jobOf(one), submissions: 1 });
    expect(one.posts()).toHaveLength(1);
  },
);

it.concurrent('F37 an answer that names a job just before the export gives up is tracked', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'probe', maxProbes: 1 } });
  one.postsFail({ dropAfter: true });
  // After this refusal of the probe there is nothing left to find out.
  one.postsFail({ delayMs: 1_500, status: 403, body: { error: { code: 'IMG.0026', message: 'no' } } }, { nth: 2 });
  await one.start();
  await until('the probe has arrived', () => one.posts().length === 2);
  await answer(one, { jobId: jobOf(one) });
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ confirmed: true, jobId: jobOf(one), submissions: 1 });
});

it.concurrent('F37 each {notSubmitted: true} answer gets a new submit budget', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask', submitBudget: 600 } });
  one.postsFail({ dropBefore: true }, { times: 2 });
  await one.start();
  for (const submissions of [1, 2]) {
    await one.until((status) => status.phase === 'needsAnswer' && status.submissions === submissions);
    await answer(one, { notSubmitted: true });
  }
  await one.until(({ jobId }) => jobId !== null);
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ confirmed: true, submissions: 3 });
});

it.concurrent('F37 a submit that the operator allowed and that is throttled too long asks the operator again', async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask', submitBudget: 600 } });
  one.postsFail({ dropBefore: true });
  one.postsFail(TOO_LONG, { nth: 2 });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  await answer(one, { notSubmitted: true });
  await one.until(({ phase, lastError }) => phase === 'needsAnswer' && lastError?.startsWith('HTTP_429') === true);
  await answer(one, { notSubmitted: true });
  await one.until(({ jobId }) => jobId !== null);
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ confirmed: true, submissions: 2 });
});

it.concurrent('pollNow during a destination check makes another check at once', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, acceptUnconfirmed: true } });
  one.postsFail({ dropAfter: true });
  // Without the pollNow the next look would come in five minutes.
  one.headsFail({ delayMs: 1_000, status: 403 }, { nth: 2 });
  await one.start();
  await headArrives(one, 2);
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  await one.handle.signal('pollNow');
  expect(await one.result()).toMatchObject({ confirmed: false, submissions: 1 });
});

it.concurrent('pollNow during a throttled POST makes another POST at once', async () => {
  const one = new OneExport(rig);
  one.postsFail({ delayMs: 800, status: 429, headers: { 'Retry-After': '600' }, body: {} });
  await one.start();
  await until('the POST has arrived', () => one.posts().length === 1);
  await one.handle.signal('pollNow');
  await one.until(({ jobId }) => jobId !== null);
  expect(one.posts()).toHaveLength(2);
  await one.handle.cancel();
});

it.concurrent.each([
  ['no probe is left', 1, 0],
  ['probes are left, but no time for them', 2, 0],
  ['a further probe is throttled for longer than is left', 3, 3_000],
])(
  'F10 an ambiguous submit of a busy image is watched until the deadline when %s',
  async (_what, maxProbes, longerMs) => {
    const submitBudget = 500 + longerMs;
    const one = new OneExport(rig, { options: { maxProbes, submitBudget, acceptUnconfirmed: true } });
    one.postsFail({ dropAfter: true });
    one.postsFail(TOO_LONG, { nth: 3, ...ALWAYS });
    await one.start();
    await one.until(busy);
    await headArrives(one, one.heads().length + 6);
    one.changeJob(jobOf(one), { status: 'SUCCESS' });
    expect(await one.result()).toMatchObject({ confirmed: false, jobId: null, submissions: 1 });
    expect(one.jobs()).toHaveLength(1);
  },
);

it.concurrent('F10 an object whose bytes cannot be read for a while is read again and accepted in the end', async () => {
  const one = new OneExport(rig, { options: { acceptUnconfirmed: true } });
  one.postsFail({ dropAfter: true });
  one.readsFail({ status: 503 }, { times: 12 });
  await one.start();
  await until('the job has begun', () => one.jobs().length === 1);
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ confirmed: false, submissions: 1 });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F10 an object that disappears before its bytes are read stops further submits', async () => {
  const one = new OneExport(rig, { options: { acceptUnconfirmed: true, maxProbes: 3 } });
  one.postsFail({ dropAfter: true });
  one.readsFail({ status: 503 }, ALWAYS);
  // The look that follows the first sight cannot be had at all.
  one.headsFail({ status: 503, headers: { 'Retry-After': '300' } }, { nth: 3 });
  await one.start();
  await until('the job has begun', () => one.jobs().length === 1);
  one.changeJob(jobOf(one), { status: 'SUCCESS' });
  await until('it was seen', () => one.heads().some(({ status }) => status === 200) && one.heads().length >= 3);
  rig.simulator.deleteObject(one.objectKey);
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining('the object that was there is gone'),
  });
  expect(one.posts()).toHaveLength(1);
});

/** The word of the worker that submitted, as it gives it when Temporal no longer counts its activity. */
async function reportOfWorker(one: OneExport): Promise<SubmissionResolution> {
  const { runId } = await one.handle.describe();
  return { jobId: jobOf(one), runId };
}

it.concurrent.each([
  ['probe', 3],
  ['probe', 0],
  ['ask', 0],
] as const)(
  'F40 the job that the worker reports is the answer to its submit (%s, maxProbes %i)',
  async (onAmbiguousSubmit, maxProbes) => {
    const one = new OneExport(rig, { options: { onAmbiguousSubmit, maxProbes } });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling');
    await answer(one, await reportOfWorker(one));
    await one.until(({ jobId }) => jobId !== null);
    one.changeJob(jobOf(one), { status: 'SUCCESS' });
    // It is no name given by a person: there is nothing to warn of.
    expect(await one.result()).toMatchObject({ confirmed: true, jobId: jobOf(one), submissions: 1, warnings: [] });
    expect(one.posts()).toHaveLength(1);
  },
);

it.concurrent("F40 no person's answer replaces the job that the worker reports", async () => {
  const one = new OneExport(rig, { options: { onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  one.headsFail({ delayMs: 2_000 }, { nth: 2 });
  await one.start();
  await headArrives(one, 2);
  await answer(one, { jobId: 'f'.repeat(32) });
  await answer(one, await reportOfWorker(one));
  await expect(answer(one, { notSubmitted: true })).rejects.toMatchObject({
    cause: { type: 'NothingToResolve', details: [{ jobId: jobOf(one) }] },
  });
  const { resolution } = await one.until(({ jobId }) => jobId === jobOf(one));
  expect(resolution).toEqual({ jobId: 'f'.repeat(32), taken: false, objection: `the export tracks job ${jobOf(one)}` });
  await expect(answer(one, { jobId: jobOf(one) })).rejects.toMatchObject({
    cause: { type: 'NothingToResolve', details: [{ jobId: jobOf(one) }] },
  });
  await one.handle.cancel();
});
