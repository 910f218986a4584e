import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FaultAction } from '../../src/testing';
import { nextDelayMs } from '../../src/workflows/poll-schedule';
import { attemptsOf, eventsOf } from '../rigs/history';
import { casesOf } from '../rigs/long-form';
import { ALWAYS, eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { unsealed } from '../rigs/strict-codec';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    simulator: { jobSeconds: 3600 },
    // One request a poll, so that each fault below is one failed poll.
    cloud: { retry: { maxTries: 1 } },
    server: {
      searchAttributes: {
        ImsExportPhase: 'Keyword',
        ImsExportImageId: 'Keyword',
        ImsExportBucket: 'Keyword',
        ImsExportPercent: 'Int',
        ImsExportAttention: 'Keyword',
      },
    },
  });
});
afterAll(() => rig.close());

const MINUTE_MS = 60_000;
const THROTTLED: FaultAction = {
  status: 429,
  headers: { 'Retry-After': '3600' },
  body: { error_code: 'APIGW.0308', error_msg: 'The throttling threshold has been reached.', request_id: 'r' },
};
const DENIED: FaultAction = { status: 403, body: { error: { code: 'IMG.0026', message: 'no permission' } } };
const UNAVAILABLE: FaultAction = { status: 503, body: 'Service Unavailable' };

it.concurrent('F3 polls that fail in every way neither end a healthy job nor export again, and its object stays', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const blips: FaultAction[] = [
    UNAVAILABLE,
    { status: 500, body: { error: { code: 'IMG.0023', message: 'An exception occurred.' } } },
    { status: 502, body: '<html>Bad Gateway</html>' },
    { dropBefore: true },
    { dropAfter: true },
    { status: 404 },
    { ...THROTTLED, headers: {} },
  ];
  for (const blip of blips) {
    one.pollsFail(jobId, blip);
    const { outcome, remoteJob, lastError } = await one.poll();
    expect({ outcome, remoteJob }).toEqual({ outcome: null, remoteJob: 'running' });
    expect(lastError).not.toBeNull();
  }
  one.changeJob(jobId, { status: 'SUCCESS' });
  // The object is there, and the poll that would say so fails.
  one.pollsFail(jobId, UNAVAILABLE);
  expect(await one.poll()).toMatchObject({ outcome: null });
  expect(one.object()).toBeDefined();
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
  expect(one.posts()).toHaveLength(1);
  expect(one.jobs()).toHaveLength(1);
});

it.concurrent('F4 polls that fail without end make the export end as unknown after pollErrorBudget', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.pollsFail(jobId, UNAVAILABLE, ALWAYS);
  // However many polls fail, only time cancels it.
  for (let failed = 0; failed < 4; failed += 1) expect(await one.poll()).toMatchObject({ outcome: null });
  await one.handle.executeUpdate('retune', { args: [{ pollErrorBudget: 1 }] });
  expect(await one.poll()).toMatchObject({ outcome: 'unknown', remoteJob: 'unknown', jobId });
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining('pollErrorBudget'),
    details: [expect.objectContaining({ reason: 'pollErrors', jobId })],
  });
});

it.concurrent('F4 one good poll resets pollErrorBudget', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, pollErrorBudget: '1s' } });
  const jobId = await one.asleep();
  const fails = async () => {
    one.pollsFail(jobId, UNAVAILABLE);
    return one.poll();
  };
  await fails();
  const firstFailedAtMs = Date.now();
  expect(await one.poll()).toMatchObject({ lastError: null });
  await until('the budget is spent since then', () => Date.now() - firstFailedAtMs > 1_000);
  expect(await fails()).toMatchObject({ outcome: null, lastError: expect.stringContaining('503') });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId });
});

it.concurrent('F15 a job without progress is shown as stalled, also in the list, and ends as unknown, never as failed', async () => {
  const one = new OneExport(rig, { options: { stallAfter: 500, searchAttributes: true } });
  const jobId = await one.accepted();
  one.changeJob(jobId, { stuck: true, status: 'RUNNING', percent: 0.4 });
  const stalled = await one.until(({ attention, warnings }) => attention === 'stalled' && warnings.length > 0);
  expect(stalled).toMatchObject({ stalled: true, outcome: null, remoteJob: 'running', jobStatus: 'RUNNING' });
  expect(stalled.warnings).toContainEqual(expect.stringContaining('The progress stood still'));
  const listed = (attention: string) =>
    eventually(`the list shows ${attention}`, async () => {
      const query = `ImsExportAttention = '${attention}' AND ImsExportImageId = '${one.imageId}'`;
      const { count } = await rig.client.workflow.count(query);
      return count === 1 ? true : undefined;
    });
  await listed('stalled');

  await one.handle.executeUpdate('retune', {
    args: [{ deadline: Date.now() - Date.parse(stalled.startedAt) + 2_000 }],
  });
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    details: [expect.objectContaining({ reason: 'deadline', remoteJob: 'running', jobId })],
  });
  expect((await one.remains()).status).toMatchObject({ outcome: 'unknown', attention: 'outcomeUnknown' });
  await listed('outcomeUnknown');
});

describe('exports that start together do not poll in lockstep', () => {
  it.concurrent('F20 every delay of the poll schedule is random, also at both bounds', () => {
    for (const elapsedMs of [0, MINUTE_MS, 60 * MINUTE_MS, 540 * MINUTE_MS]) {
      for (const remainingMs of [null, 1_000, 10 * MINUTE_MS, 540 * MINUTE_MS]) {
        const delay = (random: number) =>
          nextDelayMs({
            elapsedMs,
            remainingMs,
            minIntervalMs: 10_000,
            maxIntervalMs: 10 * MINUTE_MS,
            untilFinalPollMs: 24 * 60 * MINUTE_MS,
            random,
          });
        expect(delay(0.999) / delay(0), `${elapsedMs} ms in, ${remainingMs} ms left`).toBeGreaterThan(1.1);
      }
    }
  });

  const POLLS: Array<[what: string, action: FaultAction | null, atLeastMs: number]> = [
    ['polls that are throttled with one Retry-After for all', THROTTLED, 60 * MINUTE_MS],
    ['healthy polls', null, 5 * MINUTE_MS],
    ['polls that are parked', DENIED, 8 * MINUTE_MS],
  ];

  it.concurrent.each(casesOf(POLLS, 1))(
    'F20 the next poll delays of eight exports differ for %s',
    async (_what, action, atLeastMs) => {
      const fleet = Array.from(
        { length: 8 },
        () => new OneExport(rig, { options: { minInterval: '5m', maxInterval: '10m' } }),
      );
      const delays = await Promise.all(
        fleet.map(async (one) => {
          const jobId = await one.asleep();
          if (action !== null) one.pollsFail(jobId, action, ALWAYS);
          await one.poll();
          const { events } = await one.handle.fetchHistory();
          await one.handle.cancel();
          const timer = eventsOf({ events } as never).findLast((event) => event.timerStartedEventAttributes);
          const { seconds, nanos } = timer?.timerStartedEventAttributes?.startToFireTimeout ?? {};
          return Number(seconds ?? 0) * 1_000 + Number(nanos ?? 0) / 1e6;
        }),
      );
      // Of so many milliseconds, two may be drawn alike once in a blue moon; never more.
      expect(new Set(delays).size, delays.join(', ')).toBeGreaterThanOrEqual(7);
      for (const delayMs of delays) expect(delayMs).toBeGreaterThanOrEqual(atLeastMs);
    },
  );
});

it.concurrent('F27 every poll, also a failed one, is a completed activity with a summary and appears in the details', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const details = [await one.details()];
  one.pollsFail(jobId, UNAVAILABLE);
  await one.poll();
  details.push(await one.details());
  one.changeJob(jobId, { percent: 0.5 });
  await one.poll();
  details.push(await one.details());
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  const { polls } = await one.result();
  details.push(await one.details());
  expect(details).toEqual([
    expect.stringMatching(/### Exporting - 0 % done.*(INIT|RUNNING) at check #1.*Next check\*\* #2/s),
    expect.stringMatching(/### Exporting - the last check failed.*Next check\*\* #3.*Last error\*\* `.*503/s),
    expect.stringMatching(/### Exporting - 50 % done.*RUNNING at check #3.*Next check\*\* #4/s),
    expect.stringMatching(/### Ended: succeeded/),
  ]);

  const events = eventsOf(await one.handle.fetchHistory());
  const scheduled = events.filter(
    ({ activityTaskScheduledEventAttributes: poll }) => poll?.activityType?.name === 'imsPollJob',
  );
  const ids = scheduled.map(({ eventId }) => String(eventId));
  const completed = events.filter(({ activityTaskCompletedEventAttributes: poll }) =>
    ids.includes(String(poll?.scheduledEventId)),
  );
  expect({ scheduled: scheduled.length, completed: completed.length }).toEqual({ scheduled: polls, completed: polls });
  // Never an activity that is tried again for hours behind one line.
  expect(attemptsOf('imsPollJob', events)).toEqual(Array.from({ length: polls }, () => 1));
  const summaries = scheduled.map(({ userMetadata }) => String(unsealed(userMetadata?.summary ?? {}).data ?? ''));
  expect(summaries).toEqual(ids.map((_, poll) => `"check #${poll + 1} of job ${jobId}"`));
});
