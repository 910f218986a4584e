import { afterAll, beforeAll, expect, it } from 'vitest';
import { retuneExport } from '../../src/client';
import { type ExportStatus, exportWorkflowId } from '../../src/contract';
import { eventsOf, type HistoryEvent, newRunAfter } from '../rigs/history';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until, untilStatus } from '../rigs/rig';

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

/** The first run of an export that is there. */
async function firstRunOf(workflowId: string) {
  const { raw } = await rig.client.workflow.getHandle(workflowId).describe();
  return { workflowId, firstExecutionRunId: raw.workflowExecutionInfo?.firstRunId ?? '' };
}

/** Events of each run so far, from the first one on. */
async function runsOf({ workflowId, firstExecutionRunId: first }: { workflowId: string; firstExecutionRunId: string }) {
  const runs = [];
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
  const runs = await runsOf(await firstRunOf(one.handle.workflowId));
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

it.concurrent('F46 messages alone do not make a history grow without end, and those that change nothing start nothing', async () => {
  const earlier = { runId: 'before', outcome: 'canceled', remoteJob: 'running', jobId: 'f'.repeat(32) };
  const one = new OneExport(rig, { options: ON_REQUEST });
  await rig.client.workflow.start('exportImageWorkflow', {
    workflowId: exportWorkflowId(one.bucketUrl),
    taskQueue: rig.taskQueue,
    args: [one.input],
    memo: { earlier },
  });
  const handle = rig.client.workflow.getHandle(exportWorkflowId(one.bucketUrl));
  const read = (shows: (status: ExportStatus) => boolean) => untilStatus(rig.client, handle.workflowId, shows);
  const { jobId } = await read(({ nextPollAt, jobId }) => nextPollAt !== null && jobId !== null);
  await handle.signal('pausePolling');
  const paused = await read(({ phase }) => phase === 'paused');

  // Each in a workflow task of its own, as they come from a person or a script.
  for (let sent = 0; sent < 60; sent += 1) {
    await handle.signal('pausePolling');
    await handle.query('exportStatus');
  }
  const { deadlineAt } = await retuneExport(rig.client, handle.workflowId, { deadline: '24h', stallAfter: '1h' });
  expect(deadlineAt).toBe(paused.deadlineAt);
  expect(await read(() => true)).toMatchObject({
    phase: 'paused',
    polls: paused.polls,
    jobId,
    earlier,
    submissions: 1,
  });

  const runs = await runsOf(await firstRunOf(handle.workflowId));
  expect(runs.length).toBeGreaterThan(2);
  for (const events of runs) expect(events.length).toBeLessThan(SUGGESTED_AT + 30);
  const all = runs.flat();
  const started = (of: (event: HistoryEvent) => unknown) => all.filter(of).length;
  expect(started((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'imsPollJob')).toBe(1);
  // One before the pause, and one in each run.
  expect(started((event) => event.timerStartedEventAttributes)).toBeLessThanOrEqual(runs.length + 1);

  one.changeJob(String(jobId), { status: 'SUCCESS' });
  await handle.signal('resumePolling');
  expect(await handle.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
});

it.concurrent('F46 a wait before the submit goes on in a new run as it was, however many messages come', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  one.postsFail(
    { status: 429, headers: { 'Retry-After': '600' }, body: { error_code: 'APIGW.0308', error_msg: 'throttled' } },
    { times: 1 },
  );
  await one.start();
  const { nextPollAt } = await one.until(({ phase }) => phase === 'waitingToSubmit');
  const firstRun = await runOf(one);
  for (let sent = 0; (await runOf(one)) === firstRun; sent += 1) {
    if (sent > 60) throw new Error('no new run');
    await one.handle.signal('pausePolling');
    await one.handle.signal('resumePolling');
    await one.until(() => true);
  }
  const later = await one.until(({ phase }) => phase === 'waitingToSubmit');
  expect(later.nextPollAt).toBe(nextPollAt);
  expect(one.posts()).toHaveLength(1);
  await rig.client.workflow.getHandle(one.handle.workflowId).signal('pollNow');
  await one.until(({ jobId }) => jobId !== null);
  await rig.client.workflow.getHandle(one.handle.workflowId).cancel();
});
