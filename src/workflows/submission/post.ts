/**
 * One POST: the activity, and what became of it when the activity itself was lost.
 *
 * @module
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  TimeoutFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { CloudErrorInfo, SubmitOutcome } from '../../contract';
import { submitSummary } from '../../export/summaries';
import { wasNeverTaken, whenTaken } from '../absent-workers';
import { activityError, imsSubmitExport } from '../activity-stubs';
import { cancelRequested } from '../cancellation';
import { followsAnEarlierAttempt } from '../continuation';
import { answerDeferred } from '../deferred';
import { is03 } from '../patches';
import { publish } from '../publishing';
import { surelyNotSubmitted, type Validated, warn } from '../state';
import { SUBMIT_LIMITS } from '../submit-limits';
import { submitTaskQueue } from '../task-queues';
import { accept } from './accept';

/**
 * Asks for one POST and waits until it has settled. A cancel that comes meanwhile goes on only after the answer was kept.
 *
 * @param giveUpAtMs in the future: until then a worker must have taken it
 */
export async function post(tracking: Validated, mayPost: boolean, giveUpAtMs: number): Promise<SubmitOutcome> {
  const request = tracking.carried.request;
  // From here until the answer, the status says the truth: it is unknown.
  tracking.run.remoteJob = 'unknown';
  tracking.run.nextPollAtMs = null;
  publish(tracking);
  const { runId, firstExecutionRunId } = workflowInfo();
  const submitOnce = () =>
    imsSubmitExport.executeWithOptions(
      {
        summary: submitSummary(request),
        // A limited queue may hold it up for hours: it keeps its place.
        scheduleToStartTimeout: giveUpAtMs - Date.now(),
        taskQueue: submitTaskQueue(request),
      },
      [
        {
          request,
          mayPost,
          runId,
          firstRunId: firstExecutionRunId,
          offerForMs: SUBMIT_LIMITS.settleMs,
          isProbe: tracking.carried.lostSubmit !== null,
        },
      ],
    );
  const outcome = await whenTaken(tracking, submitOnce, () => false, wasNeverTaken).catch(lostActivity);
  if (outcome.kind === 'accepted') {
    tracking.carried.submissions += 1;
    accept(tracking, outcome.jobId);
  }
  if (outcome.kind === 'ambiguous') recordAmbiguous(tracking, outcome);
  if (surelyNotSubmitted(tracking)) tracking.run.remoteJob = 'none';
  if (cancelRequested()) throw new CancelledFailure('Canceled while the export was being submitted');
  return outcome;
}

/** The submit is ambiguous: from now on the rule is to find out, not to submit. */
export function recordAmbiguous(
  tracking: Validated,
  { sent, runId, error }: Extract<SubmitOutcome, { kind: 'ambiguous' }>,
): void {
  const { lostSubmit } = tracking.carried;
  // The answers that follow, those which a reset has kept back included, are taken as this run takes them.
  const counts = !is03(tracking) || sent;
  if (!counts && lostSubmit !== null && lostSubmit.granted > 0) warn(tracking, GRANTED_TOO_EARLY);
  tracking.carried.lastError = error;
  tracking.run.remoteJob = 'unknown';
  tracking.carried.submissions = sent ? tracking.carried.submissions + 1 : Math.max(tracking.carried.submissions, 1);
  tracking.carried.lostSubmit = {
    probes: lostSubmit === null ? 0 : lostSubmit.probes + (sent ? 1 : 0),
    granted: counts ? (lostSubmit?.granted ?? 0) : 0,
    timesBusy: lostSubmit?.timesBusy ?? 0,
    busyUntilMs: null,
    probeUntilMs: lostSubmit?.probeUntilMs ?? null,
    refusals: 0,
    candidate: null,
    settledAtMs: Date.now() + SUBMIT_LIMITS.settleMs,
    // A reset does not change the commands of what it replays, but an answer names the run in which it was given: one that
    // was given before the reset says nothing of a POST that the reset cut off.
    seenByThisRun: !followsAnEarlierAttempt() || runId === workflowInfo().runId,
    runIds: [...new Set([...(lostSubmit?.runIds ?? []), workflowInfo().runId])],
  };
  answerDeferred(tracking);
}

const GRANTED_TOO_EARLY =
  'This run follows a reset or retry, and {"notSubmitted": true} may answer a submit of the run before. Nothing was submitted. Answer again.';

/** The activity ended without an outcome: its worker may have been lost at any moment of the POST. */
function lostActivity(error: unknown): SubmitOutcome {
  const lost = activityError(error, 'ExportImage');
  const neverBegan = (known: Partial<CloudErrorInfo> = {}): SubmitOutcome => ({
    kind: 'notExecuted',
    reason: 'staleAttempt',
    error: { ...lost, ...known },
    retryAfterMs: null,
  });
  // Waiting for the completion of a cancel, only an activity that never began ends as canceled.
  if (isCancellation(error)) return neverBegan();
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  // Temporal's word for an activity that the worker does not have.
  if (cause instanceof ApplicationFailure && cause.type === 'NotFoundError') {
    return neverBegan({ code: 'NO_SUCH_ACTIVITY' });
  }
  if (cause instanceof TimeoutFailure) {
    const jobId = heartbeatJobId(cause.lastHeartbeatDetails);
    if (jobId !== undefined) return { kind: 'accepted', jobId };
    if (cause.timeoutType === 'SCHEDULE_TO_START') {
      return neverBegan({ message: 'no worker took the submit from the task queue' });
    }
  }
  return { kind: 'ambiguous', sent: true, runId: null, error: lost };
}

/** The activity heartbeats the job id before it returns, so that a lost completion does not lose the job. */
function heartbeatJobId(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('jobId' in details)) return undefined;
  return typeof details.jobId === 'string' ? details.jobId : undefined;
}
