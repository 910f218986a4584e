/**
 * The failures that leave the workflow: ApplicationFailures, non-retryable, since a retry would export again.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/workflow';
import {
  type CloudErrorInfo,
  type DestinationBusyDetails,
  type DestinationExistsDetails,
  type ExportedObjectInvalidDetails,
  type ExportFailedDetails,
  type ExportOutcomeUnknownDetails,
  type ExportRequest,
  FAILURE_TYPES,
  type FailureContext,
  type FailureType,
  type InvalidExportRequestDetails,
  type ObservedJob,
  type SubmitRejectedDetails,
  type VerifyOutcome,
} from '../contract';
import { formatDuration } from './format-duration';
import { iso, statusOf } from './status';
import { requestOf, type Tracking } from './tracking';
import { describeExport, describeProgress } from './wording';

function failure(type: FailureType, message: string, details: object): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details] });
}

/** True for a failure that may leave the workflow as it is. */
export function isExportFailure(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && (FAILURE_TYPES as readonly string[]).includes(error.type ?? '');
}

export function stateFromOutside(): ApplicationFailure {
  const problem = {
    field: 'arguments[1]',
    value: 'a second argument',
    expected: 'only the export input; the second argument belongs to continue-as-new',
  };
  const details: InvalidExportRequestDetails = { ...problem, problems: [problem] };
  return failure(
    'InvalidExportRequest',
    `Invalid export request: arguments[1] must be absent: ${problem.expected}.`,
    details,
  );
}

/** Nothing was submitted because the request could not be validated in time. */
export function notValidated(error: CloudErrorInfo): ApplicationFailure {
  return failure('SubmitRejected', `Nothing was submitted: the request could not be validated: ${error.message}`, {
    error,
  });
}

export function submitRejected(tracking: Tracking, error: CloudErrorInfo): ApplicationFailure {
  const request = requestOf(tracking);
  const context = contextOf(request);
  if (error.code === 'IMG.0070') {
    const details: DestinationExistsDetails = { ...context, object: null };
    return failure(
      'DestinationExists',
      `Nothing was submitted: the destination ${request.bucketUrl} exists already (${error.code}). Choose another object key, or delete the object.`,
      details,
    );
  }
  const details: SubmitRejectedDetails = { ...context, error };
  return failure(
    isDenied(error) ? 'AccessDenied' : 'SubmitRejected',
    `The cloud refused to export ${describeExport(request)}: ${error.code}: ${error.message}`,
    details,
  );
}

/** The wait for a throttled or busy cloud has used up its budget; surely nothing was submitted. */
export function submitBudgetSpent(tracking: Tracking, error: CloudErrorInfo): ApplicationFailure {
  const request = requestOf(tracking);
  const details: SubmitRejectedDetails = { ...contextOf(request), error };
  const type = isDenied(error) ? 'AccessDenied' : 'SubmitRejected';
  const waited = formatDuration(request.options.submitBudgetMs);
  return failure(
    type,
    `Nothing was submitted: ${describeExport(request)} was refused for now until submitBudget (${waited}) was spent, last with ${error.code}: ${error.message}`,
    details,
  );
}

export function exportFailed(tracking: Tracking, job: ObservedJob, nowMs: number): ApplicationFailure {
  const request = requestOf(tracking);
  const details: ExportFailedDetails = {
    ...contextOf(request),
    jobId: tracking.jobId ?? '',
    code: job.errorCode,
    reason: job.failReason,
    requestId: job.requestId,
    subJobs: job.subJobs,
    status: statusOf(tracking, nowMs),
  };
  const why = [job.errorCode, job.failReason].filter((part) => part !== null).join(': ') || 'the cloud gave no reason';
  return failure('ExportFailed', `Job ${tracking.jobId} failed to export ${describeExport(request)}: ${why}`, details);
}

/** Tracking ends without a verdict of the cloud. */
export function outcomeUnknown(
  tracking: Tracking,
  reason: ExportOutcomeUnknownDetails['reason'],
  nowMs: number,
): ApplicationFailure {
  const request = requestOf(tracking);
  const details: ExportOutcomeUnknownDetails = {
    ...contextOf(request),
    jobId: tracking.jobId,
    remoteJob: tracking.remoteJob,
    reason,
    error: tracking.lastError,
    status: statusOf(tracking, nowMs),
  };
  const message = `The outcome of exporting ${describeExport(request)} is not known: ${whyUnknown(tracking, reason, nowMs)}`;
  return failure('ExportOutcomeUnknown', message, details);
}

function whyUnknown(tracking: Tracking, reason: ExportOutcomeUnknownDetails['reason'], nowMs: number): string {
  const job = `job ${tracking.jobId} may still run (last seen: ${describeProgress(tracking, nowMs)})`;
  const error = tracking.lastError === null ? '' : ` (${tracking.lastError.code}: ${tracking.lastError.message})`;
  switch (reason) {
    case 'deadline':
      return `the deadline ${iso(tracking.deadlineAtMs ?? nowMs)} has passed; ${job}.`;
    case 'pollErrors':
      return `every poll failed for longer than pollErrorBudget${error}; ${job}.`;
    case 'unknownStatus':
      return `the cloud told a status that the API does not name for longer than unknownStatusBudget; ${job}.`;
    case 'jobNotFound':
      return `the cloud no longer knows job ${tracking.jobId}${error}.`;
    case 'submitAmbiguous':
      return `the answer to the submit was lost${error}. A job may run, and its id is not known: look for the object before you export again.`;
  }
}

export function objectInvalid(
  tracking: Tracking,
  outcome: Extract<VerifyOutcome, { kind: 'invalid' }>,
): ApplicationFailure {
  const request = requestOf(tracking);
  const details: ExportedObjectInvalidDetails = {
    ...contextOf(request),
    jobId: tracking.jobId ?? '',
    problem: outcome.problem,
    object: outcome.object,
  };
  return failure(
    'ExportedObjectInvalid',
    `Job ${tracking.jobId} says that it exported ${describeExport(request)}, but the object is not right: ${outcome.found}. Do not use it; export again to another key.`,
    details,
  );
}

export function destinationBusy(
  details: DestinationBusyDetails,
  wanted: { imageId: string; format: string },
): ApplicationFailure {
  const { running } = details;
  const format = running.fileFormat ?? 'unknown format';
  return failure(
    'DestinationBusy',
    `${details.bucketUrl} is already the destination of image ${running.imageId} (${format}, since ${running.startedAt}), not of image ${wanted.imageId} (${wanted.format}). Choose another object key, or wait for that export.`,
    details,
  );
}

function contextOf({ imageId, bucketUrl }: ExportRequest): FailureContext {
  return { imageId, bucketUrl };
}

function isDenied(error: CloudErrorInfo): boolean {
  return error.httpStatus === 401 || error.httpStatus === 403;
}
