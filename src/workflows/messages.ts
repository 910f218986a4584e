/**
 * What a running export answers: signals, updates and queries, with the words that the Web UI shows for them.
 *
 * @module
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import {
  CONTINUED_AS_NEW,
  EXPORT_CANCELED,
  EXPORT_UNCONFIRMED,
  type ExportIntent,
  type ExportPhase,
  type ExportStatus,
  MESSAGES,
  type RetuneInput,
  type RetuneOutcome,
  type SubmissionResolution,
  TUNABLE_OPTIONS,
} from '../contract';
import { answerTooEarly, answerUnderWay } from '../export/failures';
import { followsAnEarlierAttempt, newRunIsDue } from './continuation';
import { defer } from './deferred';
import { asSaidBy, refuseOtherIntent, refuseResolution } from './intent';
import { refuseRetune, retuneExport } from './retuning';
import { forgetStreaks, pollingPhase, type Tracking } from './state';
import { statusOf } from './status';
import { isOfWorker } from './submission/next-step';

export const pollNow = defineSignal(MESSAGES.signals.pollNow);
export const pausePolling = defineSignal(MESSAGES.signals.pausePolling);
export const resumePolling = defineSignal(MESSAGES.signals.resumePolling);
export const retune = defineUpdate<RetuneOutcome, [RetuneInput]>(MESSAGES.updates.retune);
export const awaitSubmitted = defineUpdate<string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted);
export const resolveSubmission = defineUpdate<void, [SubmissionResolution]>(MESSAGES.updates.resolveSubmission);
export const exportStatus = defineQuery<ExportStatus>(MESSAGES.queries.exportStatus);

/** Called before anything is awaited, so that no message of the first workflow task is lost. */
export function listen(tracking: Tracking): void {
  setHandler(pollNow, () => wakeUp(tracking), {
    description: 'Check the job now.',
  });
  setHandler(pausePolling, () => answered(tracking, pause(tracking)), {
    description: 'Stop polling the job. The job and the deadline continue, and pollNow still polls once.',
  });
  setHandler(resumePolling, () => answered(tracking, resume(tracking)), {
    description: 'Poll again, starting now.',
  });
  setHandler(exportStatus, () => statusOf(tracking, Date.now()), {
    description:
      'State of the export: phase, progress, job id, deadline, and what remains in the cloud. Also answers after the end.',
  });
  // A known job is answered at once: beside a message that wakes the workflow, a handler that awaits completes before or
  // after the timer that follows, by the order in which a server hands out the messages of one task, and that of a replay
  // can be another one.
  setHandler(awaitSubmitted, () => answered(tracking, tracking.carried.jobId ?? untilSubmitted(tracking)), {
    description:
      'Wait until the cloud has accepted the export and return the job id. Argument: {imageId, fileFormat or isQuickExport}; refused when this export is of another image or format.',
    validator: (intent) => refuseOtherIntent(tracking, intent),
  });
  setHandler(resolveSubmission, (resolution) => takeAnswerWhenDue(tracking, resolution), {
    description:
      'Report the outcome of a submit whose answer was lost. Argument: {"jobId": "…"} to track that job, which is checked first, or {"notSubmitted": true} to submit again.',
    validator: (resolution) => refuseResolution(tracking, resolution, waitsForSubmit(tracking)),
  });
  setHandler(retune, (changes) => answered(tracking, retuneExport(tracking, changes)), {
    description: `Change options of the running export. Argument: one or more of ${TUNABLE_OPTIONS.join(', ')}, such as {"maxInterval": "5m"}; a deadline is "30h" from the start, or "+6h" on top.`,
    validator: (changes) => refuseRetune(tracking, changes, Date.now()),
  });
}

/**
 * A message that changes nothing makes the history longer, too: when it is long, the sleep is to end. Not a condition sees that,
 * because those are checked for updates, too, that are rejected and that no history has.
 */
function answered<T>(tracking: Tracking, answer: T): T {
  if (tracking.run.is03 && newRunIsDue(tracking)) tracking.run.replan = true;
  return answer;
}

/** Only the sleep between two polls depends on it, and not on the second pause of two. */
function pause(tracking: Tracking): void {
  const changesNothing = tracking.carried.paused || tracking.carried.jobId === null;
  tracking.carried.paused = true;
  if (!changesNothing || !tracking.run.is03) tracking.run.replan = true;
  showPausing(tracking);
}

/** Does nothing to an export that is not paused; before there is a job, there is none to poll at once. */
function resume(tracking: Tracking): void {
  if (!tracking.carried.paused) return;
  tracking.carried.paused = false;
  forgetStreaks(tracking);
  showPausing(tracking);
  if (tracking.carried.jobId !== null) wakeUp(tracking);
}

/** At once, also while a poll is under way, so that the status never contradicts what was sent. */
function showPausing(tracking: Tracking): void {
  const { jobId } = tracking.carried;
  const { phase } = tracking.run;
  if (jobId !== null && POLLED_PHASES.has(phase))
    tracking.run.phase = pollingPhase(tracking.carried, tracking.run.draining);
}

/** Where the job is polled; the other phases stay what they are when polling is paused. */
const POLLED_PHASES: ReadonlySet<ExportPhase> = new Set(['exporting', 'parked', 'paused']);

/** What a reset hands to a run that has yet to find out that a submit is ambiguous waits for that. */
function takeAnswerWhenDue(tracking: Tracking, resolution: SubmissionResolution): void | Promise<void> {
  if (!waitsForSubmit(tracking)) return takeAnswer(tracking, resolution);
  return defer(
    tracking,
    () => !waitsForSubmit(tracking),
    () => {
      // Said of a submit of the run before, it says nothing of those that followed.
      if ('notSubmitted' in resolution) throw answerTooEarly();
      takeAnswer(tracking, resolution);
    },
  );
}

function waitsForSubmit({ carried, run }: Tracking): boolean {
  return carried.lostSubmit === null && carried.jobId === null && run.ended === null && followsAnEarlierAttempt();
}

/** The answer is followed by the workflow itself; what came of it is in the status. A newer one replaces an older one. */
function takeAnswer(tracking: Tracking, given: SubmissionResolution): void {
  // The validators of several in one workflow task may all have run before.
  refuseResolution(tracking, given);
  const answer = asSaidBy(tracking, given);
  const { carried } = tracking;
  // Until 0.3 the first one counted.
  const older = carried.resolution;
  if (older !== null && !isOfWorker(answer) && !tracking.run.is03) throw answerUnderWay(older);
  carried.wake = true;
  const resolution = 'jobId' in answer ? { ...answer, jobId: answer.jobId.trim() } : answer;
  // The same once more asks for a read now.
  if (older !== null && JSON.stringify(older) === JSON.stringify(resolution)) return;
  carried.resolution = resolution;
  carried.resolutionCheck = null;
  if (isOfWorker(resolution)) return;
  if ('jobId' in resolution) {
    carried.resolutionStatus = { jobId: resolution.jobId, taken: null, objection: null };
  } else if (carried.resolutionStatus?.taken === null) {
    carried.resolutionStatus = { ...carried.resolutionStatus, taken: false, objection: 'a newer answer replaced it' };
  }
}

function wakeUp(tracking: Tracking): void {
  tracking.carried.wake = true;
}

/**
 * The job id, or the export's own failure. Runs outside the workflow's cancellation: a cancel in the middle of the submit
 * lets the POST settle first, and then there is a job id to return.
 */
async function untilSubmitted(tracking: Tracking): Promise<string> {
  await CancellationScope.nonCancellable(() =>
    condition(() => tracking.carried.jobId !== null || tracking.run.ended !== null || tracking.run.continuing),
  );
  if (tracking.carried.jobId !== null) return tracking.carried.jobId;
  if (tracking.run.ended === null) {
    throw ApplicationFailure.nonRetryable('The export continues in a new run; ask again.', CONTINUED_AS_NEW);
  }
  if (tracking.run.ended.failure !== null) throw tracking.run.ended.failure;
  if (tracking.run.ended.outcome === 'succeeded') {
    throw ApplicationFailure.nonRetryable('The export has succeeded without a job of its own.', EXPORT_UNCONFIRMED);
  }
  throw ApplicationFailure.nonRetryable('The export was canceled before a job id was known.', EXPORT_CANCELED);
}
