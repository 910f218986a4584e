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
  EXPORT_ENDED,
  type ExportedObjectInvalidDetails,
  type ExportFailedDetails,
  type ExportOutcomeUnknownDetails,
  FAILURE_TYPES,
  type FailureContext,
  type FailureType,
  type InvalidExportRequestDetails,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
  type NotExecutedReason,
  type ObservedJob,
  type SubmissionResolution,
  type SubmitRejectedDetails,
  type VerifyOutcome,
} from '../contract';
import { formatDuration } from './format-duration';
import { iso, statusOf } from './status';
import { deadlineOf, jobIdOf, requestOf, submitEndsAtMs, type Tracking } from './tracking';
import { attachCommand, describeExport, describeProgress } from './wording';

function failure(type: FailureType, message: string, details: object, cause?: Error): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details], cause });
}

/** True for a failure that may leave the workflow as it is. */
export function isExportFailure(error: unknown): error is ApplicationFailure {
  return error instanceof ApplicationFailure && (FAILURE_TYPES as readonly string[]).includes(error.type ?? '');
}

export function stateFromOutside(): ApplicationFailure {
  const expected = 'only the export input; the second argument belongs to continue-as-new';
  return invalidRequest('arguments[1]', 'a second argument', expected);
}

/** Nothing was submitted because the request could not be validated in time. */
export function notValidated(tracking: Tracking, error: CloudErrorInfo): ApplicationFailure {
  const details: SubmitRejectedDetails = { ...contextOf(tracking), error };
  return failure(
    'SubmitRejected',
    `Nothing was submitted: the request could not be validated: ${error.message}`,
    details,
  );
}

/** @param denied whether it is the credentials or their permissions that were refused */
export function submitRejected(tracking: Tracking, error: CloudErrorInfo, denied: boolean): ApplicationFailure {
  const request = requestOf(tracking);
  if (error.code === 'IMG.0070') {
    const details: DestinationExistsDetails = { ...contextOf(tracking), object: null };
    return failure(
      'DestinationExists',
      `The cloud refused the export: the destination ${request.bucketUrl} exists already (${error.code}). Choose another object key, or delete the object.`,
      details,
    );
  }
  const details: SubmitRejectedDetails = { ...contextOf(tracking), error };
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `The cloud refused to export ${describeExport(request)}: ${error.code}: ${error.message}`,
    details,
  );
}

/** The time to submit is over. Every refusal so far was one before execution, so surely nothing was submitted. */
export function submitGivenUp(
  tracking: Tracking,
  last?: { reason: NotExecutedReason; error: CloudErrorInfo; retryAfterMs: number | null },
): ApplicationFailure {
  const request = requestOf(tracking);
  const error = last?.error ?? NOT_BEGUN_IN_TIME;
  const details: SubmitRejectedDetails = { ...contextOf(tracking), error };
  const limits = `submitBudget ${formatDuration(request.options.submitBudgetMs)}, deadline ${iso(deadlineOf(tracking))}`;
  const asksForMore = last?.retryAfterMs != null && Date.now() + last.retryAfterMs >= submitEndsAtMs(tracking);
  const why = asksForMore
    ? `the cloud asks to wait ${formatDuration(last?.retryAfterMs ?? 0)} before ${describeExport(request)} is submitted, longer than is left`
    : `the time to submit ${describeExport(request)} is over`;
  return failure(
    last?.reason === 'unauthorized' ? 'AccessDenied' : 'SubmitRejected',
    `Nothing was submitted: ${why} (${limits}). Last: ${error.code}: ${error.message}`,
    details,
  );
}

const NOT_BEGUN_IN_TIME: CloudErrorInfo = {
  code: 'NOT_BEGUN_IN_TIME',
  message: 'the submit did not begin in time; was there a worker?',
  httpStatus: null,
  requestId: null,
  operation: 'ExportImage',
};

/** A job to be tracked cannot be looked at. */
export function jobNotRead(
  tracking: Tracking,
  jobId: string,
  error: CloudErrorInfo,
  denied: boolean,
): ApplicationFailure {
  const details: SubmitRejectedDetails = { ...contextOf(tracking), error };
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `Nothing is tracked: job ${jobId} could not be read (${error.code}: ${error.message}). The job goes on without it; attach to it again.`,
    details,
  );
}

export function exportFailed(tracking: Tracking, job: ObservedJob, nowMs: number): ApplicationFailure {
  const request = requestOf(tracking);
  const details: ExportFailedDetails = {
    ...contextOf(tracking),
    jobId: jobIdOf(tracking),
    code: job.errorCode,
    reason: job.failReason,
    requestId: job.requestId,
    subJobs: job.subJobs,
    status: statusOf(tracking, nowMs),
  };
  const why = [job.errorCode, job.failReason].filter((part) => part !== null).join(': ') || 'the cloud gave no reason';
  return failure('ExportFailed', `Job ${tracking.jobId} failed to export ${describeExport(request)}: ${why}`, details);
}

type UnknownReason = ExportOutcomeUnknownDetails['reason'];

/** Why nobody knows what became of a job whose id is known. */
export type UnknownOfJob = Exclude<UnknownReason, 'submitAmbiguous' | 'trackingEnded'>;

/** Tracking of a job ends without a verdict of the cloud. */
export function outcomeUnknown(tracking: Tracking, reason: UnknownOfJob, nowMs: number): ApplicationFailure {
  return unknown(tracking, reason, whyUnknown(tracking, reason, nowMs), nowMs);
}

/**
 * The answer to the submit was lost, and what became of it cannot be told.
 *
 * @param finding what the search for it ended with, as a clause; null when there was none
 */
export function submitLost(tracking: Tracking, finding: string | null): ApplicationFailure {
  const object = tracking.lostSubmit?.candidate?.object;
  const { lastError } = tracking;
  const sentences = [
    `the answer to the submit was lost${lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`}.`,
    finding === null ? '' : `It was looked into: ${finding}.`,
    object ? `An object of ${object.size} bytes, last modified ${object.lastModified}, is at the destination.` : '',
    tracking.lostSubmit?.candidate
      ? 'It may be of this export or of somebody else: compare before you use it, and delete it before you export again.'
      : 'A job may run, and its id is not known: look for the object before you export again.',
  ];
  return unknown(tracking, 'submitAmbiguous', sentences.filter((sentence) => sentence !== '').join(' '), Date.now());
}

function unknown(tracking: Tracking, reason: UnknownReason, why: string, nowMs: number): ApplicationFailure {
  const context = contextOf(tracking);
  const details: ExportOutcomeUnknownDetails = {
    ...context,
    jobId: tracking.jobId,
    remoteJob: tracking.remoteJob,
    reason,
    error: tracking.lastError,
    object: tracking.lostSubmit?.candidate?.object ?? null,
    status: statusOf(tracking, nowMs),
  };
  const what = tracking.request ? describeExport(tracking.request) : `image ${context.imageId} → ${context.bucketUrl}`;
  return failure('ExportOutcomeUnknown', `The outcome of exporting ${what} is not known: ${why}`, details);
}

function whyUnknown(tracking: Tracking, reason: UnknownOfJob, nowMs: number): string {
  const job = `job ${tracking.jobId} may still run (last seen: ${describeProgress(tracking, nowMs)}). \`${attachCommand(jobIdOf(tracking), requestOf(tracking), requestOf(tracking))}\` tracks it on`;
  const error = tracking.lastError === null ? '' : ` (${tracking.lastError.code}: ${tracking.lastError.message})`;
  switch (reason) {
    case 'deadline':
      return `no end was seen by the deadline, ${iso(tracking.deadlineAtMs ?? nowMs)}; ${job}.`;
    case 'pollErrors':
      return `every poll failed for longer than pollErrorBudget${error}; ${job}.`;
    case 'unknownStatus':
      return `the cloud told a status that the API does not name (${tracking.lastJob?.status}) for longer than unknownStatusBudget; ${job}.`;
    case 'jobNotFound':
      return `the cloud no longer knows job ${tracking.jobId}${error}, for longer than jobNotFoundGrace. Look for the object; when the job is known again, attach to it.`;
  }
}

export function objectInvalid(
  tracking: Tracking,
  outcome: Extract<VerifyOutcome, { kind: 'invalid' }>,
): ApplicationFailure {
  const request = requestOf(tracking);
  const details: ExportedObjectInvalidDetails = {
    ...contextOf(tracking),
    jobId: jobIdOf(tracking),
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
  details: DestinationBusyDetails & { running: object },
  wanted: { imageId: string; format: string; jobId: string | null },
): ApplicationFailure {
  const { running } = details;
  const format = running.fileFormat ?? 'unknown format';
  const job = wanted.jobId === null ? '' : `, job ${wanted.jobId}`;
  return failure(
    'DestinationBusy',
    `${details.bucketUrl} is already the destination of image ${running.imageId} (${format}, since ${running.startedAt}), not of image ${wanted.imageId} (${wanted.format}${job}). Choose another object key, or wait for that export.`,
    details,
  );
}

/** What a parent is told whose child Temporal refused, since a workflow of that id runs already: of what, it does not say. */
export function childBusy(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf({ request: null, input });
  const details: DestinationBusyDetails = { ...context, running: null, workflowId };
  return failure(
    'DestinationBusy',
    `${context.bucketUrl} is already the destination of an export, which runs as ${workflowId}; it may be that of an earlier run of this workflow. Nothing was submitted for image ${context.imageId}. Choose another object key, wait until that export has ended, or start it through Nexus, which lets several callers join one export.`,
    details,
    cause,
  );
}

/** What a parent is told whose child was terminated from outside: nobody saw the end of the export. */
export function childTerminated(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf({ request: null, input });
  const details: ExportOutcomeUnknownDetails = {
    ...context,
    jobId: null,
    remoteJob: 'unknown',
    reason: 'trackingEnded',
    error: null,
    object: null,
    status: null,
  };
  return failure(
    'ExportOutcomeUnknown',
    `The outcome of exporting image ${context.imageId} → ${context.bucketUrl} is not known: its workflow ${workflowId} was ended from outside, and a job in the cloud may go on. \`ims-export status ${workflowId}\` tells the id of the job, to attach to it.`,
    details,
    cause,
  );
}

/** Image and destination, from the validated request, or as far as an input that can be anything tells them. */
function contextOf({ request, input }: Pick<Tracking, 'request' | 'input'>): FailureContext {
  const { imageId, bucketUrl } = request ?? ((input ?? {}) as { [field: string]: unknown });
  return { imageId: String(imageId ?? ''), bucketUrl: String(bucketUrl ?? '') };
}

/** A cancel is drained here: what it exports is about to be deleted. */
export function beingCanceled(tracking: Tracking): ApplicationFailure {
  const { imageId, bucketUrl, fileFormat, isQuickExport } = requestOf(tracking);
  const details: DestinationBusyDetails = {
    imageId,
    bucketUrl,
    running: { imageId, fileFormat, isQuickExport, startedAt: iso(tracking.startedAtMs) },
  };
  return failure(
    'DestinationBusy',
    `The export of image ${imageId} to ${bucketUrl} is being canceled, and its object deleted. Start it again when that has ended.`,
    details,
  );
}

/** An answer was given and is being followed; a second one could contradict it. */
export function answerUnderWay(resolution: SubmissionResolution): ApplicationFailure {
  return ApplicationFailure.create({
    type: NOTHING_TO_RESOLVE,
    message: `There is nothing to resolve: the answer ${JSON.stringify(resolution)} is being followed. See in the status what comes of it.`,
    nonRetryable: true,
  });
}

/** The argument of `awaitSubmitted` does not say what the caller means to export. */
export function unreadableIntent(intent: unknown): ApplicationFailure {
  return invalidArgument('intent', intent, '{imageId} with fileFormat or isQuickExport, as in the input of the export');
}

/** The argument of `resolveSubmission` does not say what became of the submit. */
export function unreadableResolution(resolution: unknown): ApplicationFailure {
  return invalidArgument('resolution', resolution, '{"jobId": "<id of the job>"} or {"notSubmitted": true}');
}

/** There is no submit whose answer was lost. */
export function nothingToResolve(tracking: Tracking): ApplicationFailure {
  const state =
    tracking.jobId === null
      ? `the export is ${tracking.phase}, and no answer to a submit was lost`
      : `the export knows its job, ${tracking.jobId}`;
  return ApplicationFailure.create({
    type: NOTHING_TO_RESOLVE,
    message: `There is nothing to resolve: ${state}.`,
    nonRetryable: true,
  });
}

/** An option cannot be tuned now. */
export function notTunable(tracking: Tracking): ApplicationFailure {
  const [type, message] =
    tracking.ended !== null
      ? [EXPORT_ENDED, 'The export is ending, so nothing is left to be tuned.']
      : [
          NOT_VALIDATED_YET,
          'The input is being validated, and its options are not known yet. Send it again in a moment.',
        ];
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

/** An argument of an update as a whole. */
export function invalidArgument(field: string, argument: unknown, expected: string): ApplicationFailure {
  return invalidArguments([{ field, value: argument, expected }]);
}

/** A field of the input that only a look at the cloud shows to be wrong. */
export function invalidRequest(field: string, value: unknown, expected: string): ApplicationFailure {
  return invalidArguments([{ field, value, expected }], 'Invalid export request');
}

/** Fields of the argument of an update. */
export function invalidArguments(
  found: ReadonlyArray<{ field: string; value: unknown; expected: string }>,
  what = 'Invalid argument',
): ApplicationFailure {
  const problems = found.map(({ field, value, expected }) => ({
    field,
    value: (JSON.stringify(value) ?? 'nothing').slice(0, 200),
    expected,
  }));
  const first = problems[0] ?? { field: '', value: '', expected: '' };
  const details: InvalidExportRequestDetails = { ...first, problems };
  const sentences = problems.map(
    ({ field, value, expected }) => `${field} is ${value}; expected ${expected.replace(/\.$/, '')}`,
  );
  return failure('InvalidExportRequest', `${what}: ${sentences.join('. ')}.`, details);
}
