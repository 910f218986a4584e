/**
 * Whether the polls are those that were asked for: told by the histories alone, workflow task by workflow task.
 *
 * @module
 */
import type { Payload } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { type HistoryEvent, timeOf } from '../../rigs/history';
import { after, lastLookAtMs, type Model } from './model';
import type { Record } from './record';

/** A poll that is under way when another is asked for may take so long. */
const ANSWERED_WITHIN_MS = 150_000;

/** Clocks and rounding. */
const SLACK_MS = 1_500;

/** While polls are paused there is none but one that was asked for, or the last look; and every one asked for is made. */
export function judgePolls({ runs, startedAtMs, settings }: Record): string[] {
  const problems: string[] = [];
  let model: Model = { startedAtMs, paused: false, settings };
  const { onCancel } = settings;
  let hasJob = false;
  /** Since when a poll is asked for. */
  let askedAtMs: number | null = null;
  /** The same, where nobody can demand it: before there was a job, or after its end. */
  let mayPoll = false;
  let polls = 0;

  for (const [run, { events, status }] of runs.entries()) {
    const where = (event: HistoryEvent) => `run ${run + 1}, event ${event.eventId}`;
    for (const { seen, made } of tasksOf(events)) {
      for (const event of seen) {
        const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
        const isResumed = signal === 'resumePolling' && model.paused;
        if (signal === 'pollNow' || isResumed) {
          mayPoll = true;
          if (hasJob) askedAtMs ??= timeOf(event);
        }
        if (signal === 'pausePolling' || signal === 'resumePolling')
          model = after(model, { message: { send: signal }, answer: { kind: 'taken' } });
      }
      if (seen.some((event) => event.workflowExecutionCancelRequestedEventAttributes))
        model = after(model, { message: { send: 'cancel' }, answer: { kind: 'taken' }, drains: onCancel === 'drain' });
      for (const event of made) {
        const accepted = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
        if (accepted?.name === 'retune') {
          const argument = decode(accepted.args?.payloads?.[0]);
          model = after(model, { message: { send: 'retune', changes: argument }, argument, answer: { kind: 'taken' } });
        }
        if (event.workflowPropertiesModifiedEventAttributes?.upsertedMemo?.fields?.jobId) hasJob = true;
        const activity = event.activityTaskScheduledEventAttributes?.activityType?.name;
        if (activity === 'imsVerifyObject') {
          // The job has ended: nothing is left to poll.
          hasJob = false;
          askedAtMs = null;
        }
        if (activity !== 'imsPollJob') continue;
        if (!hasJob) continue;
        polls += 1;
        const atMs = timeOf(event);
        if (model.paused && !mayPoll && atMs < lastLookAtMs(model) - SLACK_MS)
          problems.push(`${where(event)}: a poll while polls are paused, which nobody asked for`);
        if (askedAtMs !== null && atMs - askedAtMs > ANSWERED_WITHIN_MS)
          problems.push(`${where(event)}: a poll ${Math.round((atMs - askedAtMs) / 1_000)} s after it was asked for`);
        askedAtMs = null;
        mayPoll = false;
      }
    }
    const close = events.at(-1);
    const goesOn = close?.workflowExecutionContinuedAsNewEventAttributes != null;
    if (!goesOn && askedAtMs !== null && timeOf(close) - askedAtMs > ANSWERED_WITHIN_MS)
      problems.push(
        `a poll was asked for ${Math.round((timeOf(close) - askedAtMs) / 1_000)} s before the end, in vain`,
      );
    // The poll under way when a cancel cuts it off is not taken in.
    const unfinished = status.outcome === 'canceled' ? 1 : 0;
    if (polls - status.polls > unfinished || status.polls > polls)
      problems.push(`run ${run + 1} tells ${status.polls} polls, and ${polls} were made`);
  }
  return problems;
}

/** What each completed workflow task saw that was new, and the events that it made. */
function tasksOf(events: readonly HistoryEvent[]): Array<{ seen: HistoryEvent[]; made: HistoryEvent[] }> {
  const tasks: Array<{ seen: HistoryEvent[]; made: HistoryEvent[] }> = [];
  let seenUpTo = 0;
  for (const [index, event] of events.entries()) {
    const completed = event.workflowTaskCompletedEventAttributes;
    if (!completed) continue;
    const started = Number(completed.startedEventId);
    const seen = events.filter(({ eventId }) => Number(eventId) > seenUpTo && Number(eventId) < started);
    seenUpTo = started;
    const next = events.slice(index + 1).findIndex((later) => later.workflowTaskCompletedEventAttributes);
    tasks.push({ seen, made: events.slice(index + 1, next < 0 ? undefined : index + 1 + next) });
  }
  return tasks;
}

function decode(payload: Payload | null | undefined): unknown {
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}
