import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { pollOutcomesIn, pollsIn, stateCarriedBy, timeOf } from '../rigs/history';
import { exportForHours, getStuck, HOUR_MS } from '../rigs/long-export';
import { itInLongForm } from '../rigs/long-form';
import { bundleOnce } from '../rigs/temporal';

let bundle: WorkflowBundle;
beforeAll(async () => {
  bundle = await bundleOnce({ replace: { './history-budget': join(__dirname, '../rigs/fixtures/short-history.ts') } });
});

describe('an export that continues as new', { timeout: 120_000 }, () => {
  it('keeps its job, counters, progress, warnings and deadline for 40 hours', async () => {
    const { result, runs, posts, jobIds, jobEndsMs } = await exportForHours({
      bundle,
      jobHours: 40,
      options: { deadline: '48h' },
      workflowId: 'an-id-of-my-own',
    });
    expect(result).toMatchObject({ verdict: 'succeeded', confirmed: true, submissions: 1 });
    expect(jobIds).toEqual([result?.jobId]);
    expect(posts).toBe(1);

    expect(runs.length).toBeGreaterThan(5);
    const statuses = runs.map(({ status }) => status);
    const startedAtMs = timeOf(runs[0]?.events[0]);
    const deadlineAt = new Date(startedAtMs + 48 * HOUR_MS).toISOString();
    const warnings = [expect.stringContaining('This export runs as an-id-of-my-own')];
    for (const status of statuses) expect(status).toMatchObject({ jobId: result?.jobId, deadlineAt, warnings });
    expect(result?.warnings).toEqual(warnings);
    expect(result?.startedAt).toBe(statuses[0]?.startedAt);

    let polls = 0;
    let progress = 0;
    for (const { events, status } of runs) {
      polls += pollsIn(events);
      expect(status.polls).toBe(polls);
      expect(Object.values(status.observations).reduce((sum, count) => sum + count, 0)).toBe(polls);
      expect(status.progress).toBeGreaterThanOrEqual(progress);
      progress = status.progress ?? progress;
    }
    expect(result).toMatchObject({ polls, observations: { SUCCESS: 1 } });
    // So many levels of progress are not seen in one of these runs: the estimate rests on the runs before.
    expect(stateCarriedBy(runs.at(-2)?.events ?? [])?.progress).toHaveLength(6);

    const events = runs.reduce((sum, run) => sum + run.events.length, 0);
    // Of each run two events are the patch by which it tells that it may do what 0.3 does.
    expect(events).toBeLessThanOrEqual(11 * polls + 24 + 6 * (runs.length - 1) + 2 * runs.length);

    const delayMs =
      (pollOutcomesIn(runs.at(-1)?.events ?? []).at(-1)?.atMs ?? Number.NaN) - (jobEndsMs[0] ?? Number.NaN);
    console.info(
      `40 h: ${polls} polls, ${events} events in ${runs.length} runs, end seen after ${Math.round(delayMs / 1000)} s`,
    );
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(HOUR_MS / 6);
  });

  itInLongForm('ends at the deadline of its first run', async () => {
    const { failure, runs, posts, jobIds } = await exportForHours({
      bundle,
      jobHours: 9,
      options: { deadline: '12h', minInterval: '4m' },
      happenings: [{ afterHours: 3, change: getStuck }],
    });
    expect(failure).toMatchObject({ type: 'ExportOutcomeUnknown', nonRetryable: true });
    const [details] = failure?.details ?? [];
    const status = { jobStatus: 'RUNNING', stalled: true };
    expect(details).toMatchObject({ reason: 'deadline', jobId: jobIds[0], remoteJob: 'running', status });
    expect(posts).toBe(1);

    expect(runs.length).toBeGreaterThan(5);
    const tookMs = timeOf(runs.at(-1)?.events.at(-1)) - timeOf(runs[0]?.events[0]);
    console.info(`stuck: given up after ${(tookMs / HOUR_MS).toFixed(3)} h, in run ${runs.length}`);
    expect(tookMs).toBeLessThanOrEqual(12 * HOUR_MS);
    expect(tookMs).toBeGreaterThan(11.9 * HOUR_MS);
  });

  itInLongForm('while a throttled submit waits for a day then submits once', async () => {
    const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
    const { result, runs, posts } = await exportForHours({
      bundle,
      jobHours: 1,
      options: { deadline: '48h', submitBudget: '36h' },
      happenings: [
        {
          afterHours: 0,
          change: ({ faults }) =>
            faults.add({ method: 'POST', path: '*/file', times: 200, action: { status: 400, body: throttled } }),
        },
      ],
    });
    expect(result).toMatchObject({ verdict: 'succeeded', submissions: 1 });
    expect(posts).toBe(201);
    expect(runs.length).toBeGreaterThan(5);
    const waiting = runs.filter(({ events }) => stateCarriedBy(events)?.jobId === null);
    expect(waiting.length).toBeGreaterThan(5);
    for (const { status } of waiting) expect(status).toMatchObject({ jobId: null, remoteJob: 'none' });
  });
});
