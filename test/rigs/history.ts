/**
 * What the tests read from a history.
 *
 * @module
 */
import type { WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time';
import type { PollOutcome } from '../../src/contract';
import type { ExportState } from '../../src/workflows';
import { unsealed } from './strict-codec';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

export function eventsOf({ events }: History): HistoryEvent[] {
  return events ?? [];
}

/** The server's clock at an event. */
export function timeOf(event: HistoryEvent | undefined): number {
  if (event === undefined) throw new Error('the history has no such event');
  return tsToMs(event.eventTime);
}

/** How a run closed: the type of the failure where there is one; undefined while it goes on. */
export function closeOf(events: readonly HistoryEvent[]): string | undefined {
  const last = events.at(-1);
  if (last?.workflowExecutionCompletedEventAttributes) return 'completed';
  if (last?.workflowExecutionCanceledEventAttributes) return 'canceled';
  if (last?.workflowExecutionContinuedAsNewEventAttributes) return 'continued as new';
  return last?.workflowExecutionFailedEventAttributes?.failure?.applicationFailureInfo?.type ?? undefined;
}

/** The run that took over from this one, by continue-as-new or as a retry after a timeout; null when there is none. */
export function newRunAfter(events: readonly HistoryEvent[]): string | null {
  const last = events.at(-1);
  const closing =
    last?.workflowExecutionContinuedAsNewEventAttributes ?? last?.workflowExecutionTimedOutEventAttributes;
  return closing?.newExecutionRunId || null;
}

/** What this run handed to the next; null when it did not continue as new. */
export function stateCarriedBy<State = ExportState>(events: readonly HistoryEvent[]): State | null {
  const continued = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
  return continued ? decode<State>(continued.input?.payloads?.[1]) : null;
}

/** Polls that were scheduled, whatever became of them. */
export function pollsIn(events: readonly HistoryEvent[]): number {
  return events.filter(isPoll).length;
}

/** What the polls answered, and when. */
export function pollOutcomesIn(events: readonly HistoryEvent[]): Array<{ atMs: number; outcome: PollOutcome }> {
  const polls = new Set(events.filter(isPoll).map(({ eventId }) => String(eventId)));
  return events.flatMap((event) => {
    const completed = event.activityTaskCompletedEventAttributes;
    if (!completed || !polls.has(String(completed.scheduledEventId))) return [];
    return [{ atMs: timeOf(event), outcome: decode<PollOutcome>(completed.result?.payloads?.[0]) }];
  });
}

/** Which attempt each activity of that type ended with, or is at. */
export function attemptsOf(activityType: string, events: readonly HistoryEvent[]): number[] {
  const scheduled = new Set(
    events.flatMap(({ eventId, activityTaskScheduledEventAttributes: activity }) =>
      activity?.activityType?.name === activityType ? [String(eventId)] : [],
    ),
  );
  return events.flatMap(({ activityTaskStartedEventAttributes: started }) =>
    started && scheduled.has(String(started.scheduledEventId)) ? [started.attempt ?? 1] : [],
  );
}

function isPoll(event: HistoryEvent): boolean {
  return event.activityTaskScheduledEventAttributes?.activityType?.name === 'imsPollJob';
}

/** The `kind` of what an activity answered; null where its answer has none. */
export function kindAnswered(event: HistoryEvent): string | null {
  const payload = event.activityTaskCompletedEventAttributes?.result?.payloads?.[0];
  return payload ? (decode<{ kind?: string } | null>(payload)?.kind ?? null) : null;
}

function decode<T>(payload: Payload | null | undefined): T {
  if (!payload) throw new Error('the event carries no such payload');
  return defaultPayloadConverter.fromPayload<T>(unsealed(payload));
}
