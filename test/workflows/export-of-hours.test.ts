import type { WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { pollOutcomesIn, pollsIn, timeOf } from '../rigs/history';
import { exportForHours, HOUR_MS } from '../rigs/long-export';
import { itInLongForm } from '../rigs/long-form';
import { bundleOnce } from '../rigs/temporal';

let bundle: WorkflowBundle;
beforeAll(async () => {
  bundle = await bundleOnce();
});

const MINUTE_MS = 60_000;

describe('an export of hours', { timeout: 120_000 }, () => {
  it('of 0.95 TiB in 9 h 20 min costs at most 135 polls and 1,520 events', async () => {
    const { result, runs, posts, jobIds, jobEndsMs } = await exportForHours({ bundle, jobHours: 9 + 1 / 3 });
    expect(result).toMatchObject({ verdict: 'succeeded', confirmed: true, fileFormat: 'zvhd2', submissions: 1 });
    expect(result).toMatchObject({ verification: { state: 'verified' }, warnings: [] });
    expect(jobIds).toEqual([result?.jobId]);
    expect(posts).toBe(1);
    expect(runs).toHaveLength(1);

    const events = runs[0]?.events ?? [];
    const polls = pollsIn(events);
    expect(polls).toBeLessThanOrEqual(135);
    expect(events.length).toBeLessThanOrEqual(1_520);
    expect(events.length).toBeLessThanOrEqual(11 * polls + 24);

    expect(result?.polls).toBe(polls);
    const { INIT = 0, RUNNING = 0, SUCCESS = 0, ...others } = result?.observations ?? {};
    expect({ sum: INIT + RUNNING + SUCCESS, SUCCESS, others }).toEqual({ sum: polls, SUCCESS: 1, others: {} });

    const jobEndMs = jobEndsMs[0] ?? Number.NaN;
    expect((jobEndMs - timeOf(events[0])) / HOUR_MS).toBeCloseTo(9 + 1 / 3, 1);
    const delayMs = (pollOutcomesIn(events).at(-1)?.atMs ?? Number.NaN) - jobEndMs;
    console.info(`9 h 20 min: ${polls} polls, ${events.length} events, end seen after ${Math.round(delayMs / 1000)} s`);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(10 * MINUTE_MS);
  });

  itInLongForm('whose polls fail for longer than pollErrorBudget ends as unknown', async () => {
    const { failure, runs, posts, jobIds } = await exportForHours({
      bundle,
      jobHours: 9,
      options: { pollErrorBudget: '2h' },
      happenings: [
        {
          afterHours: 3,
          change: ({ faults }) =>
            faults.add({ service: 'ims', method: 'GET', path: '*/jobs/*', times: 1e6, action: { status: 503 } }),
        },
      ],
    });
    expect(failure).toMatchObject({ type: 'ExportOutcomeUnknown', nonRetryable: true });
    expect(failure?.details).toEqual([
      expect.objectContaining({ reason: 'pollErrors', jobId: jobIds[0], remoteJob: 'unknown' }),
    ]);
    expect(posts).toBe(1);

    const failed = pollOutcomesIn(runs[0]?.events ?? []).filter(({ outcome }) => outcome.kind === 'error');
    const failingMs = timeOf(runs[0]?.events.at(-1)) - (failed[0]?.atMs ?? Number.NaN);
    expect(failingMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
    expect(failingMs).toBeLessThanOrEqual(2 * HOUR_MS + 10 * MINUTE_MS);
  });

  itInLongForm('whose polls fail several times for less than pollErrorBudget continues', async () => {
    const failing = (times: number) => ({ service: 'ims', path: '*/jobs/*', times, action: { status: 503 } }) as const;
    const { result, posts } = await exportForHours({
      bundle,
      jobHours: 9,
      options: { pollErrorBudget: '1h' },
      happenings: [2, 4, 6].map((afterHours) => ({ afterHours, change: ({ faults }) => faults.add(failing(5)) })),
    });
    expect(result).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    const seen = Object.values(result?.observations ?? {}).reduce((sum, count) => sum + count, 0);
    expect(result?.polls).toBe(seen + 15);
    expect(posts).toBe(1);
  });

  itInLongForm(
    'is parked, not failed, while the cloud rejects the credentials, and succeeds after they are fixed',
    async () => {
      const { result, runs, posts } = await exportForHours({
        bundle,
        jobHours: 9,
        options: { pollErrorBudget: '1h' },
        happenings: [
          { afterHours: 2, change: ({ credentials }) => credentials.revoke() },
          { afterHours: 7, change: ({ credentials }) => credentials.restore() },
        ],
      });
      expect(result).toMatchObject({ verdict: 'succeeded', submissions: 1, verification: { state: 'verified' } });
      expect(posts).toBe(1);

      const denied = pollOutcomesIn(runs[0]?.events ?? []).filter(({ outcome }) => outcome.kind === 'denied');
      expect(((denied.at(-1)?.atMs ?? 0) - (denied[0]?.atMs ?? 0)) / HOUR_MS).toBeGreaterThan(4.5);
      // About every ten minutes, the longest interval: a refused key is not hammered at.
      const gapsMs = denied.slice(1).map(({ atMs }, poll) => atMs - (denied[poll]?.atMs ?? 0));
      expect(Math.min(...gapsMs)).toBeGreaterThanOrEqual(0.97 * (HOUR_MS / 6));
      expect(denied.length).toBeLessThanOrEqual(5 * 6 + 1);
    },
  );

  itInLongForm('waits as long as the cloud asks for when it throttles the polls', async () => {
    const { result, runs } = await exportForHours({
      bundle,
      jobHours: 9,
      happenings: [
        {
          afterHours: 2,
          change: ({ faults }) =>
            faults.add({
              method: 'GET',
              path: '*/jobs/*',
              times: 2,
              action: {
                status: 429,
                headers: { 'Retry-After': '3600' },
                body: { error_code: 'APIGW.0308', error_msg: 'slow' },
              },
            }),
        },
      ],
    });
    expect(result?.verdict).toBe('succeeded');
    const times = pollOutcomesIn(runs[0]?.events ?? []).map(({ atMs }) => atMs);
    const hourLong = times.filter((atMs, poll) => atMs - (times[poll - 1] ?? atMs) >= HOUR_MS);
    expect(hourLong).toHaveLength(2);
  });

  it('polls again when the last poll before the deadline fails', async () => {
    const { result } = await exportForHours({
      bundle,
      jobHours: 11.99,
      options: { deadline: '12h', minInterval: '4s', maxInterval: '10m' },
      happenings: [
        {
          // The last look comes 20 s before the deadline.
          afterHours: 12 - 21 / 3_600,
          change: ({ faults }) =>
            faults.add({ service: 'ims', method: 'GET', path: '*/jobs/*', action: { status: 503 } }),
        },
      ],
    });
    expect(result).toMatchObject({ verdict: 'succeeded' });
  });
});
