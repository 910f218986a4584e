/**
 * How an export ends: every end of one goes through here. A refused validation asks first whether an earlier attempt of this
 * run may have submitted.
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
import { notifiedWorkflow, notify } from './notification';
import { publish } from './publishing';
import { attachedJobId, type Submitted, submitEndsAtMs, type Tracking, type Validated } from './state';
import { jobSeen, statusOf } from './status';
import { recordEnd } from './telemetry';

// ---------------------------------------------------------------------------------------------------------------------
// Failures, from what is known of the export

/** The request was refused, or could not be validated. */
export function refused(tracking: Tracking, refusal: ApplicationFailure): ApplicationFailure {
  if (!tracking.carried.mayHaveSubmitted || refusal.type === 'InvalidExportRequest') return refusal;
  // The destination may be taken by our own object.
  tracking.carried.lastError = {
    code: 'EARLIER_ATTEMPT',
    message: `this run was reset or retried, and an earlier attempt may have exported; now: ${refusal.message}`,
    httpStatus: null,
    requestId: null,
    operation: 'ValidateExport',
  };
  return submitAmbiguous(tracking, null);
}

/** @param error what kept the request from being validated */
export function notValidated(tracking: Tracking, error: CloudErrorInfo): ApplicationFailure {
  const { request } = tracking.carried;
  const { input } = tracking.run;
  return refused(tracking, failures.notValidated(failures.contextOf(request, input), error));
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
    denied: reason === 'unauthorized',
    error,
    asksToWaitMs: asksForMore ? retryAfterMs : null,
  });
}

/** The submit is ambiguous. @param finding what the search for it ended with, as a clause; null when there was none */
export function submitAmbiguous(tracking: Tracking, finding: string | null): ApplicationFailure {
  return failures.submitAmbiguous(
    lastKnown(tracking, Date.now()),
    finding,
    tracking.carried.lostSubmit?.candidate ?? null,
  );
}

/** A job to be tracked cannot be read. */
export function jobNotRead(
  tracking: Validated,
  jobId: string,
  error: CloudErrorInfo,
  denied: boolean,
): ApplicationFailure {
  return failures.jobNotRead(tracking.carried.request, jobId, error, denied);
}

export function exportFailed(tracking: Submitted, job: ObservedJob, nowMs: number): ApplicationFailure {
  return failures.exportFailed(tracking.carried.request, tracking.carried.jobId, job, statusOf(tracking, nowMs));
}

/** Tracking of a job ends without a verdict of the cloud. */
export function outcomeUnknown(tracking: Submitted, reason: failures.UnknownOfJob, nowMs: number): ApplicationFailure {
  const known = { ...lastKnown(tracking, nowMs), request: tracking.carried.request, jobId: tracking.carried.jobId };
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

export async function endAsFailed(tracking: Tracking, failure: failures.ExportApplicationFailure): Promise<void> {
  await end(tracking, failures.outcomeOf(failure.type), failure, null);
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
  // A job that was started elsewhere goes on, whatever became of its tracking.
  if (tracking.run.remoteJob === 'none' && attachedJobId(tracking) !== undefined) tracking.run.remoteJob = 'unknown';
  const { remoteJob, discard } = tracking.run;
  tracking.run.phase = 'ended';
  tracking.run.nextPollAtMs = null;
  tracking.run.ended = { outcome, atMs: Date.now(), failure };
  upsertMemo(discard === null ? { outcome, remoteJob } : { outcome, remoteJob, object: discard.kind });
  publish(tracking);
  recordEnd(tracking);
  const notified = notifiedWorkflow(tracking);
  if (notified !== undefined) await notify(notified, tracking, result);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
}
