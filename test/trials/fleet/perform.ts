/**
 * A fleet: all its exports are started at once and followed to their ends.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import type { History } from '@temporalio/common/lib/proto-utils';
import { tsToMs } from '@temporalio/common/lib/time';
import {
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageInput,
  type ExportImageResult,
  exportWorkflowId,
} from '../../../src/contract';
import { type FleetPlan, pollIntervals } from './plan';
import type { ExportRecord, FleetRecord } from './record';
import { type FleetStage, openStage, QUEUES } from './stage';

/** Calls of the client at the same time; results of hundreds awaited at once would exceed what a namespace may poll. */
const AT_ONCE = 20;
const COUNT_EVERY_MS = 1_000;
const REPORT_EVERY_MS = 60_000;

/** @param report is called once a minute with how many still run */
export async function perform(plan: FleetPlan, report: (progress: string) => void): Promise<FleetRecord> {
  const stage = await openStage(plan);
  try {
    const startedAt = performance.now();
    const handles = await inTurns(stage.imageIds, (imageId) => start(stage, plan, imageId));
    await untilNoneRuns(stage, plan, report);
    const tookMs = performance.now() - startedAt;
    const { peakRssBytes } = await stage.workerReport();
    const exports = await inTurns(handles, recordOf);
    return { plan, ...(await stage.simulatorReport()), exports, peakRssBytes, tookMs };
  } finally {
    await stage.close();
  }
}

async function start({ client, info }: FleetStage, plan: FleetPlan, imageId: string) {
  const { activityTaskQueue, submitTaskQueue, taskQueue } = QUEUES;
  const bucketUrl = `${info.bucket}:fleet/${imageId}.qcow2`;
  const options = { ...pollIntervals(plan), activityTaskQueue, submitTaskQueue };
  const input: ExportImageInput = { imageId, bucketUrl, fileFormat: 'qcow2', options };
  const workflowId = exportWorkflowId(bucketUrl);
  const handle = await client.workflow.start(EXPORT_IMAGE_WORKFLOW, { workflowId, taskQueue, args: [input] });
  return { imageId, handle };
}

/** An export that is late by half of the whole is not waited for: it counts as lost. */
async function untilNoneRuns(
  { client }: FleetStage,
  plan: FleetPlan,
  report: (progress: string) => void,
): Promise<void> {
  const giveUpAt = performance.now() + 1_500 * plan.seconds;
  let reportedAt = performance.now();
  for (let running = plan.exports; running > 0 && performance.now() < giveUpAt; ) {
    await sleep(COUNT_EVERY_MS);
    const ended = await client.workflow.count(`TaskQueue = '${QUEUES.taskQueue}' AND ExecutionStatus != 'Running'`);
    running = plan.exports - ended.count;
    if (performance.now() - reportedAt < REPORT_EVERY_MS) continue;
    reportedAt += REPORT_EVERY_MS;
    report(`${running} exports are running`);
  }
}

async function recordOf({ imageId, handle }: { imageId: string; handle: WorkflowHandle }): Promise<ExportRecord> {
  const history = await handle.fetchHistory();
  return { imageId, end: await endOf(handle), ...measuresOf(history) };
}

async function endOf(handle: WorkflowHandle): Promise<string> {
  const { status } = await handle.describe();
  if (status.name === 'RUNNING') return 'still runs';
  try {
    return ((await handle.result()) as ExportImageResult).verdict;
  } catch (error) {
    return error instanceof WorkflowFailedError ? `failed: ${error.cause?.message}` : String(error);
  }
}

type HistoryEvent = NonNullable<NonNullable<History['events']>[number]>;

function measuresOf({ events }: History): Omit<ExportRecord, 'imageId' | 'end'> {
  const scheduled = new Map<number, { type: string; atMs: number }>();
  const pollsPlannedMs: number[] = [];
  const pollsDueMs: number[] = [];
  const activityWaitsMs: number[] = [];
  const submitWaitsMs: number[] = [];
  let failedWorkflowTasks = 0;
  let timedOutWorkflowTasks = 0;
  for (const event of (events ?? []) as HistoryEvent[]) {
    const atMs = tsToMs(event.eventTime);
    const type = event.activityTaskScheduledEventAttributes?.activityType?.name;
    if (type) scheduled.set(Number(event.eventId), { type, atMs });
    if (type === 'imsPollJob') pollsDueMs.push(atMs);
    const timer = event.timerStartedEventAttributes;
    if (timer) pollsPlannedMs.push(atMs + tsToMs(timer.startToFireTimeout));
    const begun = scheduled.get(Number(event.activityTaskStartedEventAttributes?.scheduledEventId));
    if (begun) (begun.type === 'imsSubmitExport' ? submitWaitsMs : activityWaitsMs).push(atMs - begun.atMs);
    if (event.workflowTaskFailedEventAttributes) failedWorkflowTasks += 1;
    if (event.workflowTaskTimedOutEventAttributes) timedOutWorkflowTasks += 1;
  }
  return { pollsPlannedMs, pollsDueMs, activityWaitsMs, submitWaitsMs, failedWorkflowTasks, timedOutWorkflowTasks };
}

/** Does something with each of them, a few at a time. */
async function inTurns<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) results[index] = await action(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
