import { describe, expect, it } from 'vitest';
import { nextDelayMs } from '../../../src/workflows/poll-schedule';
import { dispersions, judge } from './judgement';
import { dispersion, mostWithin, quantile } from './measures';
import { activitiesPerSecond, type FleetPlan, mostOfRate, pollIntervals, rateForQuota } from './plan';
import type { ExportRecord, FleetRecord } from './record';
import { reportOf } from './report';

const plan: FleetPlan = { seed: 1, exports: 60, seconds: 60, requestsPerSecond: 150, submitsPerSecond: 30 };
const { minInterval } = pollIntervals(plan);
const START_MS = Date.parse('2026-01-05T08:00:00Z');
const LAST_MS = START_MS + 40_000;

describe('the judge of `npm run fleet`', () => {
  it('finds nothing wrong when the polls are evenly spread', () => {
    expect(judge(fleet())).toEqual([]);
    expect(reportOf(fleet())).toContain('60, 60 succeeded, 0 lost');
  });

  it('finds bunched polls when all exports poll at the same moment', () => {
    const record = fleet({ pollsOf: () => times(minInterval) });
    expect(judge(record)).toEqual([expect.stringContaining('the polls are bunched')]);
    expect(dispersions(record)?.planned).toBeGreaterThan(30);
  });

  it('finds bunched polls when the exports poll in three groups', () => {
    const record = fleet({ pollsOf: (index) => times(minInterval, (index % 3) * 2_000) });
    expect(judge(record)).toEqual([expect.stringContaining('the polls are bunched')]);
  });

  it('fails when the exports never ran at the same time', () => {
    const record = fleet();
    for (const job of record.jobs) job.endTime = iso(START_MS + 1_000);
    expect(judge(record)).toEqual(['the exports never all ran at once']);
  });

  it('finds too many requests in a second', () => {
    const record = fleet();
    record.requests.push(...Array.from({ length: 151 }, (_, index) => heads(LAST_MS + 6 * index)));
    expect(judge(record)).toEqual([expect.stringMatching(/^requests in 1 s: 15\d, allowed are 150$/)]);
  });

  it('finds a call that exceeds the limit of its queue in five seconds', () => {
    const record = fleet();
    const allowed = mostOfRate(activitiesPerSecond(plan), 5);
    const spacingMs = 5_000 / (allowed + 10);
    record.requests.push(...Array.from({ length: allowed + 5 }, (_, index) => shows(LAST_MS + spacingMs * index)));
    expect(judge(record)).toEqual([expect.stringMatching(`^ShowJob in 5 s: \\d+, allowed are ${allowed}$`)]);
  });

  it('finds more submits than the quota when they are not gated', () => {
    const gated = fleet();
    gated.plan = { ...plan, submitsPerSecond: rateForQuota(20, 5) };
    expect(judge(gated)).toEqual(['ExportImage in 5 s: 60, allowed are 20']);
  });

  it.each<[string, (record: FleetRecord) => void, string]>([
    ['failed', ({ exports: [one] }) => one && Object.assign(one, { end: 'failed: no' }), 'failed: no; 1 POSTs, 1 jobs'],
    ['was posted twice', (record) => record.requests.push(posts('image-0', START_MS)), 'succeeded; 2 POSTs, 1 jobs'],
    ['has no job', (record) => record.jobs.shift(), 'succeeded; 1 POSTs, 0 jobs'],
    [
      'has a job that failed',
      ({ jobs: [job] }) => job && Object.assign(job, { status: 'FAIL' }),
      '0 of them succeeded',
    ],
    ['is not known', (record) => record.exports.shift(), '59 of 60 exports are known'],
  ])('finds an export that %s', (_what, spoil, problem) => {
    const record = fleet();
    spoil(record);
    expect(judge(record)).toEqual([expect.stringContaining(problem)]);
  });

  it('finds a failed workflow task', () => {
    const record = fleet();
    Object.assign(record.exports[0] ?? {}, { failedWorkflowTasks: 2 });
    expect(judge(record)).toEqual(['2 workflow tasks failed']);
  });
});

describe('exports that poll in the same moment, as after an outage', () => {
  const HOUR_MS = 3_600_000;
  const looksOf = (jitter: () => number) => {
    const looks: number[] = [];
    for (let one = 0; one < 300; one += 1) {
      for (let elapsedMs = HOUR_MS; elapsedMs < 8 * HOUR_MS; ) {
        looks.push(elapsedMs);
        const moment = {
          elapsedMs,
          remainingMs: 12 * HOUR_MS - elapsedMs,
          minIntervalMs: 10_000,
          maxIntervalMs: 600_000,
        };
        elapsedMs += nextDelayMs({ ...moment, untilFinalPollMs: 20 * HOUR_MS, random: jitter() });
      }
    }
    return looks;
  };
  const hoursLater = { fromMs: 5 * HOUR_MS, toMs: 8 * HOUR_MS, windowMs: 30_000 };

  it('have drifted apart four hours and about 24 polls later', () => {
    expect(dispersion(looksOf(Math.random), hoursLater)).toBeLessThan(5);
  });

  it('would still poll together without jitter', () => {
    expect(
      dispersion(
        looksOf(() => 0.5),
        hoursLater,
      ),
    ).toBeGreaterThan(100);
  });
});

describe('the fleet measure', () => {
  it('mostWithin finds the fullest window wherever it starts, without its end', () => {
    expect(mostWithin(1_000, [900, 100, 1_899, 1_900, 5_000])).toBe(2);
    expect(mostWithin(1_000, [])).toBe(0);
  });

  it('dispersion distinguishes regular, random and bunched polls', () => {
    const window = { fromMs: 0, toMs: 100_000, windowMs: 500 };
    const clockwork = Array.from({ length: 1_000 }, (_, index) => index * 100);
    const chance = Array.from({ length: 1_000 }, () => 100_000 * Math.random());
    expect(dispersion(clockwork, window)).toBe(0);
    expect(dispersion(chance, window)).toBeGreaterThan(0.6);
    expect(dispersion(chance, window)).toBeLessThan(1.5);
    expect(
      dispersion(
        [...chance.slice(0, 100)].flatMap((timeMs) => Array(10).fill(timeMs)),
        window,
      ),
    ).toBeGreaterThan(5);
  });

  it('dispersion throws with fewer than two windows, and quantile of nothing is 0', () => {
    expect(() => dispersion([], { fromMs: 0, toMs: 900, windowMs: 500 })).toThrow('no two windows');
    expect(dispersion([], { fromMs: 0, toMs: 1_000, windowMs: 500 })).toBe(0);
    expect([quantile(0.5, [3, 1, 2]), quantile(1, [3, 1, 2]), quantile(0.5, [])]).toEqual([2, 3, 0]);
  });
});

/** A fleet that is as it should be: begun within two seconds, its polls by chance. */
function fleet({ pollsOf = anyTime }: { pollsOf?: (index: number) => number[] } = {}): FleetRecord {
  const exports = Array.from({ length: plan.exports }, (_, index) => exportOf(index, pollsOf(index)));
  const begin = (index: number) => START_MS + (2_000 * index) / plan.exports;
  const jobs = exports.map(({ imageId }, index) => ({
    jobId: `job-${index}`,
    imageId,
    bucketUrl: `bucket:${imageId}`,
    status: 'SUCCESS',
    percent: 1,
    beginTime: iso(begin(index)),
    endTime: iso(LAST_MS),
  }));
  const requests = exports.map(({ imageId }, index) => posts(imageId, begin(index)));
  requests.push(...exports.map((_, index) => shows(START_MS + 500 * index)));
  return { plan, exports, jobs, requests, peakRssBytes: 300 * 2 ** 20, tookMs: 60_000 };
}

function exportOf(index: number, pollsPlannedMs: number[]): ExportRecord {
  const nothingSpecial = { activityWaitsMs: [5], submitWaitsMs: [5], failedWorkflowTasks: 0, timedOutWorkflowTasks: 0 };
  return { imageId: `image-${index}`, end: 'succeeded', pollsPlannedMs, pollsDueMs: pollsPlannedMs, ...nothingSpecial };
}

/** Every interval, from an offset of its own on. */
function anyTime(index: number): number[] {
  return times(minInterval, (minInterval * ((index * 37) % 60)) / 60);
}

function times(everyMs: number, offsetMs = 0): number[] {
  return Array.from({ length: 40_000 / everyMs }, (_, nth) => START_MS + offsetMs + nth * everyMs);
}

function posts(imageId: string, atMs: number) {
  return request(atMs, 'ims', 'POST', `/v1/cloudimages/${imageId}/file`);
}

function shows(atMs: number) {
  return request(atMs, 'ims', 'GET', '/v1/project/jobs/job');
}

function heads(atMs: number) {
  return request(atMs, 'obs', 'HEAD', '/bucket/');
}

function request(atMs: number, service: 'ims' | 'obs', method: string, path: string) {
  return { at: iso(atMs), service, method, path, status: 200, note: '' };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
