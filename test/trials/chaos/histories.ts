/**
 * What the histories of a run tell, and where they are kept.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { eventsOf, type History, type HistoryEvent, kindAnswered, timeOf } from '../../rigs/history';
import { textsOf } from '../../rigs/recorded-histories';
import type { ActivitySeen, RunRecord } from './record';

/** `WorkflowTaskFailedCause` of the Temporal API. */
const RESET_WORKFLOW = 20;
/** No fault of the workflow or its worker: the server has the task done again, as when a signal came while it was completed. */
const CAUSES_OF_THE_SERVER: ReadonlyMap<number, string> = new Map([
  [1, 'UNHANDLED_COMMAND'],
  [13, 'RESET_STICKY_TASK_QUEUE'],
  [17, 'FORCE_CLOSE_COMMAND'],
  [18, 'FAILOVER_CLOSE_COMMAND'],
  [RESET_WORKFLOW, 'RESET_WORKFLOW'],
  [31, 'UNHANDLED_UPDATE'],
]);

export interface TakenHistory {
  run: RunRecord;
  json: string;
  /** Every text in it, payloads in the clear. */
  texts: string[];
}

/** The histories of all runs of all workflows. */
export async function takeHistories(client: Client): Promise<TakenHistory[]> {
  const taken: TakenHistory[] = [];
  for await (const { workflowId, runId, memo } of client.workflow.list()) {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    const json = historyToJSON(history);
    const texts = [...textsOf(JSON.parse(json)), JSON.stringify(memo ?? {})];
    taken.push({ run: runOf(workflowId, runId, history), json, texts });
  }
  return taken;
}

export function runOf(workflowId: string, runId: string, history: History): RunRecord {
  const events = eventsOf(history);
  const run: RunRecord = {
    workflowId,
    runId,
    firstRunId: events[0]?.workflowExecutionStartedEventAttributes?.firstExecutionRunId ?? runId,
    startedAtMs: timeOf(events[0]),
    cancelRequested: false,
    resetAtMs: [],
    failedTasks: [],
    timedOutTasks: 0,
    ...endOf(events.at(-1)),
    activities: activitiesIn(events),
  };
  for (const event of events) {
    if (event.workflowExecutionCancelRequestedEventAttributes) run.cancelRequested = true;
    if (event.workflowTaskTimedOutEventAttributes) run.timedOutTasks += 1;
    const failed = event.workflowTaskFailedEventAttributes;
    if (!failed) continue;
    const cause = Number(failed.cause);
    if (cause === RESET_WORKFLOW) run.resetAtMs.push(timeOf(event));
    if (CAUSES_OF_THE_SERVER.has(cause)) continue;
    const message = failed.failure?.message ?? '';
    run.failedTasks.push({ eventId: Number(event.eventId), cause: String(cause), message });
  }
  return run;
}

function endOf(last: HistoryEvent | undefined): Pick<RunRecord, 'closedAs' | 'closedAtMs'> {
  const closedAs = last?.workflowExecutionCompletedEventAttributes
    ? 'completed'
    : last?.workflowExecutionFailedEventAttributes
      ? 'failed'
      : last?.workflowExecutionCanceledEventAttributes
        ? 'canceled'
        : last?.workflowExecutionContinuedAsNewEventAttributes
          ? 'continuedAsNew'
          : last?.workflowExecutionTerminatedEventAttributes
            ? 'terminated'
            : null;
  return { closedAs, closedAtMs: closedAs === null ? null : timeOf(last) };
}

function activitiesIn(events: readonly HistoryEvent[]): ActivitySeen[] {
  const activities = new Map<string, ActivitySeen>();
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const type = scheduled.activityType?.name ?? '';
      activities.set(String(event.eventId), { type, scheduledAtMs: timeOf(event), endedAtMs: null, outcome: null });
      continue;
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes;
    const timedOut = event.activityTaskTimedOutEventAttributes;
    const canceled = event.activityTaskCanceledEventAttributes;
    const ended = completed ?? failed ?? timedOut ?? canceled;
    const activity = activities.get(String(ended?.scheduledEventId));
    if (!activity) continue;
    activity.endedAtMs = timeOf(event);
    activity.outcome = completed ? kindAnswered(event) : failed ? 'failed' : timedOut ? 'timedOut' : 'canceled';
  }
  return [...activities.values()];
}

export async function keepHistories(folder: string, histories: readonly TakenHistory[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { run, json } of histories) await writeFile(join(folder, historyFileOf(run)), json);
}

/** The name of the file of a run. */
export function historyFileOf({ workflowId, runId }: Pick<RunRecord, 'workflowId' | 'runId'>): string {
  return `${workflowId.replace(/[^\w.-]+/g, '_')}-${runId.slice(0, 8)}.json`;
}
