/**
 * How an export ends: every end of one goes through here. A failure that says that nothing was submitted leaves only after it
 * was asked whether this run, or one before it, may have submitted.
 *
 * @module
 */
import {
  type ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  upsertMemo,
} from '@temporalio/workflow';
import type {
  CloudErrorInfo,
  ExportImageResult,
  ExportOutcome,
  NotExecutedReason,
  ObservedJob,
  VerifyOutcome,
} from '../contract';
import * as failures from '../export/failures';
import { describeProgress } from '../export/summaries';
import { answerDeferred } from './deferred';
import { notifiedWorkflow, notify } from './notification';
import { publish } from './publishing';
import {
  askedFor,
  attachedJobId,
  namedMemo,
  type Submitted,
  submitEndsAtMs,
  surelyNotSubmitted,
  type Tracking,
  type Validated,
} from './state';
import { jobSeen, statusOf } from './status';
import { recordEnd } from './telemetry';

// ---------------------------------------------------------------------------------------------------------------------
// Failures, from what is known of the export

/** @param error what kept the request from being validated */
export function notValidated(tracking: Tracking, error: CloudErrorInfo): ApplicationFailure {
  const { request } = tracking.carried;
  return failures.notValidated(failures.contextOf(request, tracking.run.input), error);
}

/** @param denied whether it is the credentials or their permissions that were refused */
export function submitRejected(tracking: Validated, error: CloudErrorInfo, denied: boolean): ApplicationFailure {
  return failures.submitRejected(tracking.carried.request, error, denied);
}

/** The time to submit is over. @param last what the last try was answered */
export function submitGivenUp(
  tracking: Validated,
  last?: { reason: NotExecutedReason; error: CloudErrorInfo; retryAfterMs: number | null },
): ApplicationFailure {
  if (last === undefined) return failures.submitGivenUp(tracking.carried.request, tracking.carried.deadlineAtMs);
  const { reason, error, retryAfterMs } = last;
  const asksForMore = retryAfterMs !== null && Date.now() + retryAfterMs >= submitEndsAtMs(tracking);
  return failures.submitGivenUp(tracking.carried.request, tracking.carried.deadlineAtMs, {
    // A key that rests is held back by us: what counts is what the cloud has refused.
    denied: reason === 'unauthorized' && tracking.carried.refusedTries > 0,
    error,
    asksToWaitMs: asksForMore ? retryAfterMs : null,
  });
}

/** The submit is ambiguous. @param finding what the search for it ended with, as a clause; null when there was none */
export function submitAmbiguous(tracking: Tracking, finding: string | null): ApplicationFailure {
  return failures.submitAmbiguous(lastKnown(tracking, Date.now()), finding, tracking.carried.lostSubmit);
}

export function exportFailed(tracking: Submitted, job: ObservedJob, nowMs: number): ApplicationFailure {
  return failures.exportFailed(tracking.carried.request, tracking.carried.jobId, job, statusOf(tracking, nowMs));
}

/** Tracking of a job ends without a verdict of the cloud. @param jobId of a job that was to be tracked, where it is not yet */
export function outcomeUnknown(
  tracking: Validated,
  reason: failures.UnknownOfJob,
  nowMs: number,
  jobId = tracking.carried.jobId ?? '',
): ApplicationFailure {
  const known = { ...lastKnown(tracking, nowMs), request: tracking.carried.request, jobId };
  return failures.outcomeUnknown(known, reason, describeProgress(jobSeen(tracking, nowMs)));
}

export function objectInvalid(
  tracking: Submitted,
  outcome: Extract<VerifyOutcome, { kind: 'invalid' }>,
): ApplicationFailure {
  return failures.objectInvalid(tracking.carried.request, tracking.carried.jobId, outcome);
}

function lastKnown(tracking: Tracking, nowMs: number): failures.LastKnown {
  const { request, lastError } = tracking.carried;
  const { input, remoteJob } = tracking.run;
  return { request, input, remoteJob, lastError, status: statusOf(tracking, nowMs) };
}

// ---------------------------------------------------------------------------------------------------------------------
// The end itself

export async function endAsSucceeded(tracking: Tracking, result: ExportImageResult): Promise<void> {
  await end(tracking, 'succeeded', null, result);
}

/** Returns the failure that leaves the workflow. */
export async function endAsFailed(
  tracking: Tracking,
  thrown: failures.ExportApplicationFailure,
): Promise<ApplicationFailure> {
  const failure = failures.afresh(asFarAsKnown(tracking, thrown));
  await end(tracking, failures.outcomeOf(failure.type), failure, null);
  return failure;
}

/**
 * "Nothing was submitted" is a claim, and this is the one place that makes it. Where an earlier attempt may have submitted, the
 * refusal may even be due to it (the destination is taken by our own object), and the outcome is unknown.
 */
export function asFarAsKnown(
  tracking: Tracking,
  failure: failures.ExportApplicationFailure,
): failures.ExportApplicationFailure {
  if (!failures.saysNothingSubmitted(failure.type)) return failure;
  if (surelyNotSubmitted(tracking)) {
    tracking.run.remoteJob = 'none';
    return failures.namingEarlier(failure, tracking.carried.earlier, askedFor(tracking));
  }
  tracking.run.remoteJob = 'unknown';
  tracking.carried.lastError = failures.earlierAttempt(failure);
  return submitAmbiguous(tracking, null) as failures.ExportApplicationFailure;
}

export async function endAsCanceled(tracking: Tracking): Promise<void> {
  await end(tracking, 'canceled', null, null);
}

/** Records how it ended where it can still be read afterwards, and lets callers that wait for the submit go first. */
async function end(
  tracking: Tracking,
  outcome: ExportOutcome,
  failure: ApplicationFailure | null,
  result: ExportImageResult | null,
): Promise<void> {
  // A job that was named may run, unless it was refused.
  const isRefused = failure !== null && failures.saysNothingSubmitted(failure.type);
  if (tracking.run.remoteJob === 'none' && attachedJobId(tracking) !== undefined && !isRefused)
    tracking.run.remoteJob = 'unknown';
  const { remoteJob, discard } = tracking.run;
  tracking.run.phase = 'ended';
  tracking.run.nextPollAtMs = null;
  tracking.run.ended = { outcome, atMs: Date.now(), failure };
  answerDeferred(tracking);
  upsertMemo({
    outcome,
    remoteJob,
    ...namedMemo(tracking),
    ...failures.failureMemo(failure),
    ...(discard !== null && { object: discard.kind }),
  });
  publish(tracking);
  recordEnd(tracking);
  const notified = notifiedWorkflow(tracking);
  if (notified !== undefined) await notify(notified, tracking, result);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
}
