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
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { CloudErrorInfo, SubmitOutcome } from '../../contract';
import { submitSummary } from '../../export/summaries';
import { activityError, imsSubmitExport } from '../activity-stubs';
import { cancelRequested } from '../cancellation';
import { followsAnEarlierAttempt } from '../continuation';
import { publish } from '../publishing';
import { SUBMIT_LIMITS } from '../submit-limits';
import { submitTaskQueue } from '../task-queues';
import { tellSubmitted } from '../telemetry';
import { jobMemo, pollingPhase, requestOf, type Tracking } from '../tracking';

/**
 * Asks for one POST and waits until it has settled. A cancel that comes meanwhile goes on only after the answer was kept.
 *
 * @param giveUpAtMs in the future: until then a worker must have taken it
 */
export async function post(tracking: Tracking, mayPost: boolean, giveUpAtMs: number): Promise<SubmitOutcome> {
  const request = requestOf(tracking);
  // From here until the answer, whoever asks is told the truth: nobody knows.
  tracking.remoteJob = 'unknown';
  tracking.nextPollAtMs = null;
  publish(tracking);
  const scheduleToStartTimeout = giveUpAtMs - Date.now();
  const outcome = await imsSubmitExport
    .executeWithOptions(
      { summary: submitSummary(request), scheduleToStartTimeout, taskQueue: submitTaskQueue(tracking) },
      [{ request, mayPost, runId: workflowInfo().runId }],
    )
    .catch(lostActivity);
  if (outcome.kind === 'accepted') {
    tracking.submissions += 1;
    accept(tracking, outcome.jobId);
  }
  if (outcome.kind === 'ambiguous') loseAnswer(tracking, outcome);
  const surelyNone = !tracking.mayHaveSubmitted && tracking.lostSubmit === null && tracking.jobId === null;
  if (surelyNone) tracking.remoteJob = 'none';
  if (cancelRequested()) throw new CancelledFailure('Canceled while the export was being submitted');
  return outcome;
}

/**
 * Takes a job as that of this export.
 *
 * @param named whether a person named it, and not the answer to our own submit
 */
export function accept(tracking: Tracking, jobId: string, named = false): void {
  tracking.jobId = jobId;
  tracking.jobNamed = named;
  tracking.submittedAtMs = Date.now();
  tracking.remoteJob = 'running';
  tracking.lastError = null;
  tracking.lostSubmit = null;
  tracking.phase = pollingPhase(tracking);
  // Before anything else can happen: a canceled, terminated or reset run has no result to keep the id in.
  upsertMemo(jobMemo(tracking));
  tellSubmitted(tracking);
}

/** The answer to a POST was lost: from now on the rule is to find out, not to submit. */
function loseAnswer(tracking: Tracking, { sent, runId, error }: Extract<SubmitOutcome, { kind: 'ambiguous' }>): void {
  const { lostSubmit } = tracking;
  tracking.lastError = error;
  tracking.remoteJob = 'unknown';
  tracking.submissions = sent ? tracking.submissions + 1 : Math.max(tracking.submissions, 1);
  tracking.lostSubmit = {
    probes: lostSubmit === null ? 0 : lostSubmit.probes + (sent ? 1 : 0),
    granted: lostSubmit?.granted ?? 0,
    timesBusy: lostSubmit?.timesBusy ?? 0,
    busyUntilMs: null,
    probeUntilMs: lostSubmit?.probeUntilMs ?? null,
    refusals: 0,
    candidate: null,
    settledAtMs: Date.now() + SUBMIT_LIMITS.settleMs,
    // A reset does not change the commands of what it replays, but an answer tells in which run it was given: one that
    // was given before the reset says nothing of a POST that the reset cut off.
    seenByThisRun: !followsAnEarlierAttempt() || runId === workflowInfo().runId,
  };
}

/** The activity ended without an outcome: its worker may have been lost at any moment of the POST. */
function lostActivity(error: unknown): SubmitOutcome {
  const lost = activityError(error, 'ExportImage');
  const neverBegan = (told: Partial<CloudErrorInfo> = {}): SubmitOutcome => ({
    kind: 'notExecuted',
    reason: 'staleAttempt',
    error: { ...lost, ...told },
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
