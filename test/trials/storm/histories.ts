/**
 * What the histories of a workflow's runs tell of its submits.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils';
import { tsToMs } from '@temporalio/common/lib/time';
import type { SubmitOutcome } from '../../../src/contract';
import type { Attempt } from './record';

/** The submits of all runs. One that a reset has copied into another run is still the same one. */
export function submitsOf(histories: readonly RunHistory[]): Attempt[] {
  const submits: Attempt[] = [];
  for (const attempt of histories.flatMap(({ attempts }) => attempts)) {
    const same = submits.find(
      ({ scheduledAtMs, closedAtMs }) =>
        closedAtMs !== null && scheduledAtMs === attempt.scheduledAtMs && closedAtMs === attempt.closedAtMs,
    );
    if (same) same.runs.push(...attempt.runs);
    else submits.push(attempt);
  }
  return submits;
}

type HistoryEvent = NonNullable<NonNullable<History['events']>[number]>;

export interface RunHistory {
  attempts: Attempt[];
  cancelRequestedAtMs: number | null;
  /** Of the first event, from which the deadline counts: a run that was reset has that of the first. */
  beganAtMs: number;
  closedAtMs: number | null;
  /** The run that goes on after this one timed out, by the retry policy. */
  retriedAs: string | null;
  /** The events at which workflow tasks were completed, which a run can be reset to. */
  taskEnds: Array<{ eventId: number; atMs: number }>;
}

export async function readHistory(client: Client, workflowId: string, runId: string, run: number): Promise<RunHistory> {
  const { events } = await client.workflow.getHandle(workflowId, runId).fetchHistory();
  return tell((events ?? []) as HistoryEvent[], run);
}

function tell(events: HistoryEvent[], run: number): RunHistory {
  const eventOf = (id: unknown) => events.find(({ eventId }) => Number(eventId) === Number(id));
  const beganAtMs = tsToMs(events[0]?.eventTime);
  const nothingElse = { cancelRequestedAtMs: null, closedAtMs: null, retriedAs: null };
  const told: RunHistory = { attempts: [], beganAtMs, taskEnds: [], ...nothingElse };
  const attempts = new Map<number, Attempt>();
  for (const event of events) {
    const atMs = tsToMs(event.eventTime);
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'imsSubmitExport') {
      const task = eventOf(scheduled.workflowTaskCompletedEventId)?.workflowTaskCompletedEventAttributes;
      const decidedAtMs = tsToMs(eventOf(task?.startedEventId)?.eventTime ?? event.eventTime);
      const nothingYet = { startedAtMs: null, closedAtMs: null, end: 'open', sent: true, code: null } as const;
      const attempt: Attempt = { runs: [run], decidedAtMs, scheduledAtMs: atMs, ...nothingYet };
      attempts.set(Number(event.eventId), attempt);
      told.attempts.push(attempt);
    }
    const started = event.activityTaskStartedEventAttributes;
    const begun = attempts.get(Number(started?.scheduledEventId));
    if (begun) begun.startedAtMs = atMs;
    const attempt = attempts.get(Number(scheduledEventOf(event)));
    if (attempt) Object.assign(attempt, { closedAtMs: atMs, ...endOf(event, attempt) });
    if (event.workflowExecutionCancelRequestedEventAttributes) told.cancelRequestedAtMs ??= atMs;
    if (event.workflowTaskCompletedEventAttributes) told.taskEnds.push({ eventId: Number(event.eventId), atMs });
    told.retriedAs ||= event.workflowExecutionTimedOutEventAttributes?.newExecutionRunId || null;
    if (CLOSING.some((attributes) => event[attributes])) told.closedAtMs = atMs;
  }
  return told;
}

const CLOSING = [
  'workflowExecutionCompletedEventAttributes',
  'workflowExecutionFailedEventAttributes',
  'workflowExecutionCanceledEventAttributes',
  'workflowExecutionTerminatedEventAttributes',
  'workflowExecutionTimedOutEventAttributes',
] as const;

function scheduledEventOf(event: HistoryEvent) {
  return (
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes
  )?.scheduledEventId;
}

function endOf(event: HistoryEvent, { startedAtMs }: Attempt): Pick<Attempt, 'end' | 'sent' | 'code'> {
  const payload = event.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  if (payload) {
    const outcome = defaultPayloadConverter.fromPayload<SubmitOutcome>(payload);
    const code = outcome.kind === 'accepted' ? null : outcome.error.code;
    return { end: outcome.kind, sent: outcome.kind !== 'ambiguous' || outcome.sent, code };
  }
  // A canceled one, or one that timed out in the queue, was never taken by a worker.
  const begun = startedAtMs !== null;
  return { end: begun ? 'lost' : 'neverBegan', sent: begun, code: null };
}
