import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExport } from '../../../src/client';
import { itInLongForm } from '../../rigs/long-form';
import { ON_REQUEST, OneExport } from '../../rigs/one-export';
import { type Rig, startRig, until } from '../../rigs/rig';
import { bundleWithQuickSubmits } from '../../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  // Without a cache each task replays the run: a drain must not hang on what a worker remembers.
  rig = await startRig({
    bundle: await bundleWithQuickSubmits(),
    simulator: { jobSeconds: 3_600 },
    worker: { maxCachedWorkflows: 0 },
  });
});
afterAll(() => rig.close());

const DRAIN = { ...ON_REQUEST, onCancel: 'drain' } as const;

async function endsCanceled(one: OneExport): Promise<void> {
  const error = await one.handle.result().catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
}

/** Cancels, and waits until the export says that it drains. */
async function cancel(one: OneExport): Promise<void> {
  await one.handle.cancel();
  await one.until(({ phase }) => phase === 'draining');
}

describe.concurrent('a cancel with onCancel drain', () => {
  it('follows the job to its success and deletes its object', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect(one.object()).toBeUndefined();
    const { memo, status } = await one.remains();
    expect(memo).toMatchObject({ outcome: 'canceled', remoteJob: 'ended', object: 'discarded', jobId });
    expect(status).toMatchObject({ outcome: 'canceled', remoteJob: 'ended', discard: { kind: 'discarded' } });
    expect(one.posts()).toHaveLength(1);
  });

  it('of a job that fails deletes nothing and reports the error of the cloud', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    one.changeJob(jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'disk full' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    const { memo, status } = await one.remains();
    expect(memo).toMatchObject({ outcome: 'canceled', remoteJob: 'ended' });
    expect(memo.object).toBeUndefined();
    expect(status).toMatchObject({ discard: null, warnings: [expect.stringContaining('IMG.0061: disk full')] });
  });

  it('keeps an object that was replaced, and says why', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    one.changeJob(jobId, { status: 'SUCCESS' });
    rig.simulator.putObject(one.objectKey, 'KDMV, somebody else’s');
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect(one.object()).toBeDefined();
    const { memo, status } = await one.remains();
    expect(memo).toMatchObject({ remoteJob: 'ended', object: 'kept' });
    expect(status.discard).toMatchObject({ kind: 'kept', reason: expect.stringContaining('is not a valid qcow2') });
  });

  it('keeps the object when OBS rejects the delete, and says so', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    rig.simulator.faults.add({
      service: 'obs',
      method: 'DELETE',
      path: `*/${one.objectKey}`,
      times: 2,
      action: { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    });
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect((await one.remains()).status.discard).toMatchObject({
      kind: 'kept',
      reason: expect.stringContaining('403 AccessDenied'),
    });
  });

  itInLongForm('before the submit ends at once, since nothing is left to follow', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    one.postsFail({ status: 400, body: { error: { code: 'IMG.0060', message: 'too many tasks' } } }, { times: 1_000 });
    await one.start();
    await one.until(({ phase }) => phase === 'waitingToSubmit');
    await one.handle.cancel();
    await endsCanceled(one);
    expect((await one.remains()).memo).toEqual({ outcome: 'canceled', remoteJob: 'none' });
    expect(one.jobs()).toEqual([]);
  });

  it('during the POST follows the job that the POST started', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    one.postsFail({ delayMs: 3_000 });
    await one.start();
    await until('the POST has arrived', () => one.posts().length === 1);
    await cancel(one);
    const [job] = one.jobs();
    one.changeJob(job?.jobId ?? '', { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect((await one.remains()).memo).toMatchObject({ jobId: job?.jobId, remoteJob: 'ended', object: 'discarded' });
    expect(one.object()).toBeUndefined();
  });

  it('during an ambiguous submit watches without another POST, and keeps an object that appears', async () => {
    const one = new OneExport(rig, {
      options: { ...DRAIN, onAmbiguousSubmit: 'ask', minInterval: 100, maxInterval: 200 },
    });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling' || phase === 'needsAnswer');
    await cancel(one);
    one.changeJob(one.jobs()[0]?.jobId ?? '', { status: 'SUCCESS' });
    await endsCanceled(one);
    expect(one.object()).toBeDefined();
    const { memo, status } = await one.remains();
    expect(memo).toEqual({ outcome: 'canceled', remoteJob: 'unknown' });
    expect(status.warnings).toEqual([expect.stringContaining('An object is at the destination')]);
    expect(one.posts()).toHaveLength(1);
  });

  it('during an ambiguous submit follows the job that the operator names', async () => {
    const one = new OneExport(rig, { options: { ...DRAIN, onAmbiguousSubmit: 'ask' } });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling' || phase === 'needsAnswer');
    await cancel(one);
    const jobId = one.jobs()[0]?.jobId ?? '';
    await one.handle.executeUpdate('resolveSubmission', { args: [{ jobId }] });
    await one.until((status) => status.jobId === jobId);
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    // The cloud does not tell to which object a job exports, so that of one that was named is not proven to be it.
    const { memo, status } = await one.remains();
    expect(memo).toMatchObject({ jobId, remoteJob: 'ended', object: 'kept' });
    expect(status.discard).toMatchObject({ reason: expect.stringContaining('an operator named the job') });
    expect(one.object()).toBeDefined();
  });

  it('during an ambiguous submit deletes the object of the job that the worker reports', async () => {
    const one = new OneExport(rig, { options: { ...DRAIN, onAmbiguousSubmit: 'ask' } });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling' || phase === 'needsAnswer');
    await cancel(one);
    const jobId = one.jobs()[0]?.jobId ?? '';
    const { runId } = await one.handle.describe();
    await one.handle.executeUpdate('resolveSubmission', { args: [{ jobId, runId }] });
    await one.until((status) => status.jobId === jobId);
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect((await one.remains()).memo).toMatchObject({ jobId, remoteJob: 'ended', object: 'discarded' });
    expect(one.object()).toBeUndefined();
  });

  it('during an ambiguous submit keeps the answer that names a job until it can be checked', async () => {
    const one = new OneExport(rig, { options: { ...DRAIN, onAmbiguousSubmit: 'ask' } });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling' || phase === 'needsAnswer');
    await cancel(one);
    const jobId = one.jobs()[0]?.jobId ?? '';
    // Several attempts, so that what stands between them is seen.
    one.pollsFail(jobId, { status: 503 }, { times: 12 });
    await one.handle.executeUpdate('resolveSubmission', { args: [{ jobId }] });
    const { phase } = await one.until(({ resolution }) => resolution?.objection != null);
    expect(phase).toBe('draining');
    await one.until((status) => status.jobId === jobId);
    await one.handle.terminate();
  });

  it('keeps a well-formed object that is newer than the end of the job', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    one.changeJob(jobId, { status: 'SUCCESS' });
    const content = Buffer.from('QFI\xfb and the rest of a disk', 'latin1');
    rig.simulator.putObject(one.objectKey, content);
    const later = new Date(rig.simulator.clock.now() + 3_600_000).toUTCString();
    const headers = { 'Content-Length': String(content.length), ETag: '"another"', 'Last-Modified': later };
    one.headsFail({ status: 200, headers }, { times: 100 });
    await one.handle.signal('pollNow');
    await endsCanceled(one);
    expect(one.object()).toBeDefined();
    expect((await one.remains()).status.discard).toMatchObject({
      kind: 'kept',
      reason: expect.stringContaining('after the job had ended'),
    });
  });

  itInLongForm('is not delayed by a pause of the polls', async () => {
    const one = new OneExport(rig, { options: { ...DRAIN, minInterval: 100, maxInterval: 200 } });
    const jobId = await one.accepted();
    await one.handle.signal('pausePolling');
    await one.until(({ phase }) => phase === 'paused');
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.handle.cancel();
    await endsCanceled(one);
    expect((await one.remains()).memo).toMatchObject({ remoteJob: 'ended', object: 'discarded' });
  });

  it('rejects a start that would get an object about to be deleted', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    await one.asleep();
    await cancel(one);
    const refused = await startExport(rig.client, one.input, { taskQueue: rig.taskQueue }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'DestinationBusy', message: expect.stringContaining('is being canceled') });
    await one.handle.terminate();
  });

  itInLongForm('ends at a deadline that was moved nearer, and says that the job continues', async () => {
    const one = new OneExport(rig, { options: DRAIN });
    const jobId = await one.asleep();
    await cancel(one);
    const { startedAt } = await one.until(() => true);
    await one.handle.executeUpdate('retune', { args: [{ deadline: Date.now() - Date.parse(startedAt) + 1_500 }] });
    await endsCanceled(one);
    expect((await one.remains()).memo).toMatchObject({ outcome: 'canceled', remoteJob: 'running', jobId });
  });
});

it('a drain continues on a worker that starts in the middle of it', async () => {
  const one = new OneExport(rig, { options: DRAIN });
  const jobId = await one.asleep();
  await cancel(one);
  await rig.withoutWorker(async () => one.changeJob(jobId, { status: 'SUCCESS' }));
  await one.handle.signal('pollNow');
  await endsCanceled(one);
  expect((await one.remains()).memo).toMatchObject({ remoteJob: 'ended', object: 'discarded' });
  expect(one.object()).toBeUndefined();
});
