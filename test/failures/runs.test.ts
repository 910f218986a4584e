import { afterAll, beforeAll, expect, it } from 'vitest';
import { retuneExport } from '../../src/client';
import type { ExportStatus } from '../../src/contract';
import { eventsOf, newRunAfter } from '../rigs/history';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';

/** The server suggests a new run after some four polls, where it would after some 370. */
const SUGGESTED_AT = 50;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    simulator: { jobSeconds: 3600 },
    server: { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': SUGGESTED_AT } },
  });
});
afterAll(() => rig.close());

const runOf = async ({ handle }: OneExport) =>
  (await rig.client.workflow.getHandle(handle.workflowId).describe()).runId;

/** Events of each run so far, from the first one on. */
async function runsOf({ handle }: OneExport) {
  const { workflowId } = handle;
  const runs = [];
  const first = (handle as typeof handle & { firstExecutionRunId: string }).firstExecutionRunId;
  for (let runId: string | null = first; runId !== null; runId = newRunAfter(runs.at(-1) ?? [])) {
    runs.push(eventsOf(await rig.client.workflow.getHandle(workflowId, runId).fetchHistory()));
  }
  return runs;
}

it.concurrent('F25 a long export continues in new runs with its job, deadline, counters and pause, and no run grows', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const firstRun = await runOf(one);
  const { deadlineAt, startedAt, submittedAt } = await one.until(() => true);
  await one.handle.signal('pausePolling');
  await one.until(({ phase }) => phase === 'paused');

  let polled: ExportStatus;
  do polled = await one.poll();
  while ((await runOf(one)) === firstRun);
  const carried = { jobId, deadlineAt, startedAt, submittedAt, submissions: 1, pollingPaused: true, phase: 'paused' };
  expect(await one.poll()).toMatchObject({ ...carried, polls: polled.polls + 1 });

  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.handle.signal('resumePolling');
  const { polls, observations, submissions } = await one.until(({ outcome }) => outcome === 'succeeded');
  expect(polls).toBe(polled.polls + 2);
  expect(Object.values(observations).reduce((sum, times) => sum + times, 0)).toBe(polls);
  expect(submissions).toBe(1);
  expect(one.posts()).toHaveLength(1);
  const runs = await runsOf(one);
  expect(runs.length).toBeGreaterThan(1);
  for (const events of runs) expect(events.length).toBeLessThan(SUGGESTED_AT + 30);
});

/** Moves the deadline to a few seconds from now, and returns it. */
async function endsSoon({ handle }: OneExport, startedAt: string): Promise<string> {
  const deadline = Date.now() - Date.parse(startedAt) + 5_000;
  return (await retuneExport(rig.client, handle.workflowId, { deadline })).deadlineAt;
}

it('F26 neither new runs nor a worker restart move the deadline', async () => {
  const one = new OneExport(rig, { options: { minInterval: 100, maxInterval: 200 } });
  const jobId = await one.accepted();
  one.changeJob(jobId, { stuck: true });
  const { deadlineAt: first, startedAt } = await one.until(() => true);
  const firstRun = await runOf(one);
  await eventually('a new run goes on', async () => ((await runOf(one)) === firstRun ? undefined : true));
  expect((await one.until(() => true)).deadlineAt).toBe(first);

  const deadlineAt = await endsSoon(one, startedAt);
  await rig.withoutWorker(async () => {});
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    details: [expect.objectContaining({ reason: 'deadline', jobId, status: expect.objectContaining({ deadlineAt }) })],
  });
});

it('F26 a worker that returns after the deadline polls once more before it gives up', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const deadlineAt = await endsSoon(one, (await one.until(() => true)).startedAt);
  await rig.withoutWorker(async () => {
    one.changeJob(jobId, { status: 'SUCCESS' });
    await until('the deadline has passed', () => Date.now() > Date.parse(deadlineAt));
  });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
});
