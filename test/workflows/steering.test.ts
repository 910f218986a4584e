import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pausePolling, resumePolling, retuneExport } from '../../src/client';
import type { RetuneInput } from '../../src/contract';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { errorCodeOf, type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

const HOUR_MS = 3_600_000;
const LONG_AGO = { minInterval: 50, maxInterval: 50 };

describe.concurrent('an export with paused polls', () => {
  it('does not poll until it is resumed, and then polls at once', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    await pausePolling(rig.client, one.handle.workflowId);
    const paused = await one.until(({ phase }) => phase === 'paused');
    expect(paused).toMatchObject({ pollingPaused: true, nextPollAt: expect.any(String), outcome: null });
    // The next look is the last one before the deadline.
    expect(Date.parse(paused.nextPollAt ?? '')).toBeGreaterThan(Date.parse(paused.deadlineAt ?? '') - 60_000);
    one.changeJob(jobId, { status: 'SUCCESS' });
    await resumePolling(rig.client, one.handle.workflowId);
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', polls: paused.polls + 1 });
  });

  it('still polls on pollNow', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await one.asleep();
    await one.handle.signal('pausePolling');
    await one.until(({ phase }) => phase === 'paused');
    const { phase, polls } = await one.poll();
    expect({ phase, polls }).toEqual({ phase: 'paused', polls: 2 });
    await one.handle.cancel();
  });

  it('does not start polling when it was paused before the submit', async () => {
    const one = new OneExport(rig, { options: LONG_AGO });
    one.postsFail({ status: 400, body: { error: { code: 'IMG.0060', message: 'too many tasks' } } });
    await one.start();
    await one.until(({ phase }) => phase === 'waitingToSubmit');
    await one.handle.signal('pausePolling');
    await one.handle.signal('pollNow'); // tries the submit again
    const status = await one.until(({ phase }) => phase === 'paused');
    expect(status).toMatchObject({ polls: 0, jobId: expect.any(String), pollingPaused: true });
    await one.handle.signal('resumePolling');
    expect(await one.until(({ polls }) => polls > 0)).toMatchObject({ pollingPaused: false });
    await one.handle.cancel();
  });

  it('does not use up pollErrorBudget while it is paused', async () => {
    const one = new OneExport(rig, { options: { ...ON_REQUEST, pollErrorBudget: 300 } });
    const jobId = await one.asleep();
    one.pollsFail(jobId, { status: 503 }, { times: 8 });
    await one.poll();
    await one.handle.signal('pausePolling');
    const beganMs = Date.now();
    await one.until(({ phase }) => phase === 'paused' && Date.now() - beganMs > 400);
    expect(await one.poll()).toMatchObject({ outcome: null, phase: 'paused' });
    await one.handle.cancel();
  });
});

describe.concurrent('retune', () => {
  it('changes the current sleep without a poll', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await one.asleep();
    const { options } = await retuneExport(rig.client, one.handle.workflowId, {
      minInterval: '20m',
      maxInterval: '40m',
    });
    expect(options).toMatchObject({ minIntervalMs: 20 * 60_000, maxIntervalMs: 40 * 60_000 });
    const status = await one.until(({ nextPollAt }) => Date.parse(nextPollAt ?? '') > Date.now() + 15 * 60_000);
    expect(status).toMatchObject({ polls: 1, options: { maxIntervalMs: 40 * 60_000 } });
    await one.handle.cancel();
  });

  it('polls sooner with a shorter interval', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await one.asleep();
    await retuneExport(rig.client, one.handle.workflowId, { minInterval: 50, maxInterval: 100 });
    await one.until(({ polls }) => polls > 3);
    await one.handle.cancel();
  });

  it('moves the deadline, counted from the start or with a plus from the current one', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    await one.asleep();
    const { startedAt } = await one.until(() => true);
    const { deadlineAt } = await retuneExport(rig.client, one.handle.workflowId, { deadline: '30h' });
    expect(Date.parse(deadlineAt) - Date.parse(startedAt)).toBe(30 * HOUR_MS);
    await retuneExport(rig.client, one.handle.workflowId, { deadline: '+6h' });
    const status = await one.until(() => true);
    expect(Date.parse(status.deadlineAt ?? '') - Date.parse(startedAt)).toBe(36 * HOUR_MS);
    expect(status.options).toMatchObject({ deadlineMs: 36 * HOUR_MS });
    await one.handle.cancel();
  });

  it('to a deadline within a moment ends the export with a last poll', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    const { startedAt } = await one.until(() => true);
    await retuneExport(rig.client, one.handle.workflowId, { deadline: Date.now() - Date.parse(startedAt) + 1_500 });
    expect(await one.failure()).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [expect.objectContaining({ reason: 'deadline', jobId, remoteJob: 'running' })],
    });
    expect((await one.remains()).status.polls).toBe(2);
  });

  it('changes the remaining time of a submit that waits', async () => {
    const one = new OneExport(rig, { options: { ...ON_REQUEST, submitBudget: '2h' } });
    one.postsFail({ status: 400, body: { error: { code: 'IMG.0060', message: 'too many tasks' } } }, ALWAYS);
    await one.start();
    await one.until(({ phase }) => phase === 'waitingToSubmit');
    const posts = one.posts().length;
    await one.handle.executeUpdate('retune', { args: [{ submitBudget: '1s' } satisfies RetuneInput] });
    expect(await one.failure()).toMatchObject({
      type: 'SubmitRejected',
      message: expect.stringContaining('submitBudget 1 s'),
    });
    expect(one.posts()).toHaveLength(posts);
  });

  describe('with invalid changes', () => {
    let one: OneExport;
    beforeAll(async () => {
      one = new OneExport(rig, { options: ON_REQUEST });
      await one.asleep();
    });

    it.each<[string, unknown, string]>([
      ['nothing to change', {}, 'retune'],
      ['an option that cannot be changed', { maxProbes: 3 }, 'retune'],
      ['a string', 'faster', 'retune'],
      ['a string that is no duration', { deadline: 'soon' }, 'deadline'],
      ['a deadline that has passed', { deadline: 1 }, 'deadline'],
      ['a deadline beyond a year', { deadline: '+400d' }, 'deadline'],
      ['an interval of 0', { minInterval: 0 }, 'minInterval'],
      ['intervals that contradict each other', { minInterval: '10m', maxInterval: '5m' }, 'maxInterval'],
      ['a maximum below the minimum in force', { maxInterval: '1m' }, 'maxInterval'],
      ['nested objects', { deadline: { hours: 3 } }, 'deadline'],
    ])('%s is rejected and changes nothing', async (_what, changes, field) => {
      const before = await one.until(() => true);
      const refused = await one.handle
        .executeUpdate('retune', { args: [changes] })
        .catch((error: { cause?: unknown }) => error.cause);
      expect(refused).toMatchObject({ type: 'InvalidExportRequest', details: [expect.objectContaining({ field })] });
      const { options, deadlineAt } = await one.until(() => true);
      expect({ options, deadlineAt }).toEqual({ options: before.options, deadlineAt: before.deadlineAt });
    });
  });

  it('during the validation is rejected as NotValidatedYet', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    one.headsFail({ delayMs: 2_000 });
    await one.start();
    await one.until(({ phase }) => phase === 'validating');
    expect(await errorCodeOf(retuneExport(rig.client, one.handle.workflowId, { deadline: '30h' }))).toBe(
      'NotValidatedYet',
    );
    await one.handle.cancel();
  });

  it('of an export that has ended is rejected as ExportEnded, and so is a pause', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.poll();
    await one.result();
    const { workflowId } = one.handle;
    expect(await errorCodeOf(retuneExport(rig.client, workflowId, { deadline: '30h' }))).toBe('ExportEnded');
    expect(await errorCodeOf(pausePolling(rig.client, workflowId))).toBe('ExportEnded');
    expect(await errorCodeOf(resumePolling(rig.client, workflowId))).toBe('ExportEnded');
  });
});

it('several messages in one workflow task all take effect', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.asleep();
  const updates: Array<Promise<unknown>> = [];
  await rig.withoutWorker(async () => {
    await one.handle.signal('pausePolling');
    await one.handle.signal('pollNow');
    updates.push(one.handle.executeUpdate('retune', { args: [{ deadline: '+1h' }] }));
    updates.push(one.handle.executeUpdate('retune', { args: [{ deadline: '+1h', stallAfter: '7m' }] }));
    await one.handle.signal('resumePolling');
    await one.handle.signal('pausePolling');
  });
  await Promise.all(updates);
  const status = await one.until(({ phase, polls }) => phase === 'paused' && polls === 2);
  expect(status.options).toMatchObject({ deadlineMs: 26 * HOUR_MS, stallAfterMs: 7 * 60_000 });
  await one.handle.cancel();
});
