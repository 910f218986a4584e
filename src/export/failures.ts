/**
 * The failures of exports: what each means for the outcome, and the one place where each is built.
 *
 * All are ApplicationFailures, non-retryable: a retry would export again. `details[0]` is as the contract has it.
 *
 * @module
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import {
  type CloudErrorInfo,
  type DestinationBusyDetails,
  EXPORT_ENDED,
  type ExportFailure,
  type ExportOutcome,
  type ExportOutcomeUnknownDetails,
  type ExportPhase,
  type ExportRequest,
  type ExportStatus,
  FAILURE_TYPES,
  type FailureContext,
  type FailureDetails,
  type FailureType,
  type InvalidExportRequestDetails,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
  type ObservedJob,
  type RemoteJob,
  type SubmissionResolution,
  type VerifyOutcome,
} from '../contract';
import { attachCommand } from './guidance';
import { cut } from './quoting';
import type { RunningExport, Wanted } from './same-export';
import { describeExport } from './summaries';
import { formatDuration, iso } from './time';

// ---- What a failure means

/**
 * - `refused`: an answer to the caller, nothing was submitted
 * - `rejected`: nothing was submitted, though the request was right: the cloud or the credentials did not let it be, or there was
 *   nothing to submit
 * - `failed`: it was submitted, and the job or its object is not right
 * - `unknown`: a job may still run
 */
export type FailureKind = 'refused' | 'rejected' | 'failed' | 'unknown';

export const FAILURE_KINDS: { readonly [type in FailureType]: FailureKind } = {
  InvalidExportRequest: 'refused',
  ExportNotAllowed: 'refused',
  DestinationExists: 'refused',
  DestinationBusy: 'refused',
  SubmitRejected: 'rejected',
  AccessDenied: 'rejected',
  NothingToExport: 'rejected',
  ExportFailed: 'failed',
  ExportedObjectInvalid: 'failed',
  ExportOutcomeUnknown: 'unknown',
};

/** What an export has ended as that ended with such a failure. */
export function outcomeOf(type: FailureType): Extract<ExportOutcome, 'failed' | 'unknown'> {
  return FAILURE_KINDS[type] === 'unknown' ? 'unknown' : 'failed';
}

/** True for an answer to the caller: neither worker nor cloud is at fault. */
export function isRefusal(type: unknown): boolean {
  return isFailureType(type) && FAILURE_KINDS[type] === 'refused';
}

/** True for the failures that say that nothing was submitted. */
export function saysNothingSubmitted(type: unknown): boolean {
  return isFailureType(type) && ['refused', 'rejected'].includes(FAILURE_KINDS[type]);
}

export function isFailureType(type: unknown): type is FailureType {
  return (FAILURE_TYPES as readonly unknown[]).includes(type);
}

/** A failure that may leave the workflow as it is. */
export type ExportApplicationFailure = ApplicationFailure & { readonly type: FailureType };

export function isExportFailure(error: unknown): error is ExportApplicationFailure {
  return error instanceof ApplicationFailure && isFailureType(error.type);
}

/**
 * What an export ended with, found in whatever a workflow or a client caught: the failure of a child, of a Nexus operation or
 * of a workflow, by itself or as the cause of others. `type` says what `details` are.
 *
 * @returns undefined of anything else, of a cancel among others (`isCancellation` tells that)
 * @example
 * ```ts
 * try {
 *   await executeExportChild(input);
 * } catch (error) {
 *   const failure = exportFailureOf(error);
 *   if (failure?.type === 'ExportOutcomeUnknown') await tellOnCall(failure.message, failure.details.jobId);
 *   throw error;
 * }
 * ```
 */
export function exportFailureOf(error: unknown): ExportFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (isExportFailure(at) && isOfAnExport(at.details?.[0])) {
      return { type: at.type, message: at.message, details: at.details?.[0] } as ExportFailure;
    }
  }
  return undefined;
}

/** Others may call their failures `AccessDenied`, too. */
function isOfAnExport(details: unknown): boolean {
  return typeof details === 'object' && details !== null && ('bucketUrl' in details || 'problems' in details);
}

/**
 * Why an export has failed, without its image and destination: whoever reads of thousands has those beside it, and little
 * room for words.
 */
export function shortReason({ type, message, details }: ApplicationFailure): string {
  const { refusals, code, reason, error, problem, object } = (details?.[0] ?? {}) as {
    [field in DetailField]?: FieldOf<field>;
  };
  const told = error ? `${error.code}: ${error.message}` : null;
  switch (type) {
    case 'ExportNotAllowed':
      return refusals?.map((refusal) => refusal.message).join(' ') ?? message;
    case 'DestinationExists':
      return object ? `An object is there, last modified ${object.lastModified}.` : 'An object is there.';
    case 'ExportFailed':
      return [code, reason].filter(Boolean).join(': ') || 'The cloud gave no reason.';
    case 'ExportOutcomeUnknown':
      return told === null ? `${reason}` : `${reason} (${told})`;
    case 'ExportedObjectInvalid':
      return `The object is not right: ${problem}.`;
    case 'SubmitRejected':
    case 'AccessDenied':
      return told ?? message;
    default:
      return message;
  }
}

type DetailField = 'refusals' | 'code' | 'reason' | 'error' | 'problem' | 'object';
type FieldOf<field extends DetailField> = Extract<FailureDetails[FailureType], { [name in field]: unknown }>[field];

// ---- Requests that cannot be

export type Problem = InvalidExportRequestDetails['problems'][number];

/** A failure that holds more of them would be too large for Temporal, and for a reader. */
const MAX_PROBLEMS = 20;

/** @param found at least one problem */
export function invalidRequest(found: readonly Problem[]): ApplicationFailure {
  const problems = found.slice(0, MAX_PROBLEMS);
  const first = problems[0] ?? { field: '', value: '', expected: '' };
  const sentences = problems.map(
    ({ field, value, expected }) => `${field || 'input'} is ${value}; expected ${expected.replace(/\.$/, '')}`,
  );
  return failure('InvalidExportRequest', `${sentences.join('. ')}.`, { ...first, problems });
}

/** A field of the input that only a look at the cloud, or at Temporal, shows to be wrong. */
export function invalidField(field: string, value: unknown, expected: string): ApplicationFailure {
  return invalidArgument({ field, value, expected });
}

/** Fields of the argument of an update. */
export function invalidArgument(...found: ReadonlyArray<{ field: string; value: unknown; expected: string }>) {
  return invalidRequest(found.map((problem) => ({ ...problem, value: asText(problem.value) })));
}

const MAX_VALUE = 200;

/** A value for a message. */
export function asText(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return cut(text, MAX_VALUE);
}

/** A state came from elsewhere than a run before. */
export function stateFromOutside(): ApplicationFailure {
  const expected = 'only the export input; the second argument belongs to continue-as-new';
  return invalidRequest([{ field: 'arguments[1]', value: '"a second argument"', expected }]);
}

/** Image and destination, from the validated request, or as far as an input that can be anything tells them. */
export function contextOf(request: ExportRequest | null, input: unknown): FailureContext {
  const { imageId, bucketUrl } = request ?? ((input ?? {}) as { [field: string]: unknown });
  return { imageId: String(imageId ?? ''), bucketUrl: String(bucketUrl ?? '') };
}

// ---- Before the submit

/** The request could not be validated in time. */
export function notValidated(context: FailureContext, error: CloudErrorInfo): ApplicationFailure {
  const message = `Nothing was submitted: the request could not be validated: ${error.message}`;
  return failure('SubmitRejected', message, { ...context, error });
}

/** A batch could not be planned in time. */
export function notPlanned(error: CloudErrorInfo): ApplicationFailure {
  const message = `Nothing was submitted: the batch could not be planned: ${error.message}`;
  return failure('SubmitRejected', message, { ...NO_EXPORT, error });
}

/** Where the failure is of a batch, and of none of its images. */
export const NO_EXPORT: FailureContext = { imageId: '', bucketUrl: '' };

// ---- The submit

/** @param denied whether it is the credentials or their permissions that were refused */
export function submitRejected(request: ExportRequest, error: CloudErrorInfo, denied: boolean): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  if (error.code === 'IMG.0070') {
    return failure(
      'DestinationExists',
      `The cloud refused the export: the destination ${bucketUrl} exists already (${error.code}). Choose another object key, or delete the object.`,
      { imageId, bucketUrl, object: null },
    );
  }
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `The cloud refused to export ${describeExport(request)}: ${error.code}: ${error.message}`,
    { imageId, bucketUrl, error },
  );
}

/**
 * The time to submit is over. Every refusal so far was one before execution, so surely nothing was submitted.
 *
 * @param last what the last try was answered; `asksToWaitMs` where that is longer than is left
 */
export function submitGivenUp(
  request: ExportRequest,
  deadlineAtMs: number,
  last?: { denied: boolean; error: CloudErrorInfo; asksToWaitMs: number | null },
): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  const error = last?.error ?? NOT_BEGUN_IN_TIME;
  const limits = `submitBudget ${formatDuration(request.options.submitBudgetMs)}, deadline ${iso(deadlineAtMs)}`;
  const why =
    last?.asksToWaitMs == null
      ? `the time to submit ${describeExport(request)} is over`
      : `the cloud asks to wait ${formatDuration(last.asksToWaitMs)} before ${describeExport(request)} is submitted, longer than is left`;
  return failure(
    last?.denied ? 'AccessDenied' : 'SubmitRejected',
    `Nothing was submitted: ${why} (${limits}). Last: ${error.code}: ${error.message}`,
    { imageId, bucketUrl, error },
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
  { imageId, bucketUrl }: ExportRequest,
  jobId: string,
  error: CloudErrorInfo,
  denied: boolean,
): ApplicationFailure {
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `Nothing is tracked: job ${jobId} could not be read (${error.code}: ${error.message}). The job goes on without it; attach to it again.`,
    { imageId, bucketUrl, error },
  );
}

// ---- The job and its object

export function exportFailed(request: ExportRequest, jobId: string, job: ObservedJob, status: ExportStatus) {
  const { imageId, bucketUrl } = request;
  const why = [job.errorCode, job.failReason].filter((part) => part !== null).join(': ') || 'the cloud gave no reason';
  return failure('ExportFailed', `Job ${jobId} failed to export ${describeExport(request)}: ${why}`, {
    imageId,
    bucketUrl,
    jobId,
    code: job.errorCode,
    reason: job.failReason,
    requestId: job.requestId,
    subJobs: job.subJobs,
    status,
  });
}

export function objectInvalid(
  request: ExportRequest,
  jobId: string,
  { problem, found, object }: Extract<VerifyOutcome, { kind: 'invalid' }>,
): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  return failure(
    'ExportedObjectInvalid',
    `Job ${jobId} says that it exported ${describeExport(request)}, but the object is not right: ${found}. Do not use it; export again to another key.`,
    { imageId, bucketUrl, jobId, problem, object },
  );
}

// ---- Nobody knows

type UnknownReason = ExportOutcomeUnknownDetails['reason'];

/** Why nobody knows what became of a job whose id is known. */
export type UnknownOfJob = Exclude<UnknownReason, 'submitAmbiguous' | 'trackingEnded'>;

/** What is known of an export whose outcome is not. */
export interface LastKnown {
  request: ExportRequest | null;
  input: unknown;
  remoteJob: RemoteJob;
  lastError: CloudErrorInfo | null;
  status: ExportStatus;
}

/**
 * Tracking of a job ends without a verdict of the cloud.
 *
 * @param lastSeen where the job stood, such as `RUNNING 37 %`
 */
export function outcomeUnknown(
  known: LastKnown & { request: ExportRequest; jobId: string },
  reason: UnknownOfJob,
  lastSeen: string,
): ApplicationFailure {
  return unknown(known, known.jobId, reason, whyUnknown(known, reason, lastSeen));
}

function whyUnknown(
  { request, jobId, lastError, status }: LastKnown & { request: ExportRequest; jobId: string },
  reason: UnknownOfJob,
  lastSeen: string,
): string {
  const job = `job ${jobId} may still run (last seen: ${lastSeen}). \`${attachCommand(jobId, request, request)}\` tracks it on`;
  const error = lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`;
  switch (reason) {
    case 'deadline':
      return `no end was seen by the deadline, ${status.deadlineAt}; ${job}.`;
    case 'pollErrors':
      return `every poll failed for longer than pollErrorBudget${error}; ${job}.`;
    case 'unknownStatus':
      return `the cloud told a status that the API does not name (${status.jobStatus}) for longer than unknownStatusBudget; ${job}.`;
    case 'jobNotFound':
      return `the cloud no longer knows job ${jobId}${error}, for longer than jobNotFoundGrace. Look for the object; when the job is known again, attach to it.`;
  }
}

/**
 * The answer to the submit was lost, and what became of it cannot be told.
 *
 * @param finding what the search for it ended with, as a clause; null when there was none
 * @param candidate what was found at the destination; its object is null where only the cloud's refusal says that there is one
 */
export function submitLost(
  known: LastKnown,
  finding: string | null,
  candidate: { object: ExportOutcomeUnknownDetails['object'] } | null,
): ApplicationFailure {
  const { lastError } = known;
  const object = candidate?.object ?? null;
  const sentences = [
    `the answer to the submit was lost${lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`}.`,
    finding === null ? '' : `It was looked into: ${finding}.`,
    object ? `An object of ${object.size} bytes, last modified ${object.lastModified}, is at the destination.` : '',
    candidate
      ? 'It may be of this export or of somebody else: compare before you use it, and delete it before you export again.'
      : 'A job may run, and its id is not known: look for the object before you export again.',
  ];
  const why = sentences.filter((sentence) => sentence !== '').join(' ');
  return unknown(known, known.status.jobId, 'submitAmbiguous', why, object);
}

function unknown(
  { request, input, remoteJob, lastError, status }: LastKnown,
  jobId: string | null,
  reason: UnknownReason,
  why: string,
  object: ExportOutcomeUnknownDetails['object'] = null,
): ApplicationFailure {
  const context = contextOf(request, input);
  const what = request ? describeExport(request) : `image ${context.imageId} → ${context.bucketUrl}`;
  return failure('ExportOutcomeUnknown', `The outcome of exporting ${what} is not known: ${why}`, {
    ...context,
    jobId,
    remoteJob,
    reason,
    error: lastError,
    object,
    status,
  });
}

// ---- Other exports to the same destination

/** @param wanted what the caller means, where the message is to set it against what runs */
export function destinationBusy(
  context: FailureContext,
  running: RunningExport,
  wanted?: Pick<Wanted, 'fileFormat' | 'jobId'>,
): ApplicationFailure {
  const { imageId, bucketUrl } = context;
  const job = wanted?.jobId == null ? '' : `, job ${wanted.jobId}`;
  const not = wanted ? `, not of image ${imageId} (${wanted.fileFormat ?? 'unknown format'}${job})` : '';
  const format = running.fileFormat ?? 'unknown format';
  const message = `${bucketUrl} is already the destination of image ${running.imageId} (${format}, since ${running.startedAt})${not}. Choose another object key, or wait for that export.`;
  return failure('DestinationBusy', message, busyDetails(context, running));
}

/** @param deletes the cancel is drained: what is exported is about to be deleted */
export function beingCanceled(context: FailureContext, running: RunningExport, deletes = false): ApplicationFailure {
  const what = deletes ? 'is being canceled, and its object deleted' : 'is being canceled';
  const message = `The export of image ${running.imageId} to ${context.bucketUrl} ${what}. Start it again when that has ended.`;
  return failure('DestinationBusy', message, busyDetails(context, running));
}

function busyDetails(
  { imageId, bucketUrl }: FailureContext,
  { imageId: runningImageId, fileFormat, startedAt }: RunningExport,
): DestinationBusyDetails {
  const isQuickExport = fileFormat === 'zvhd2';
  return { imageId, bucketUrl, running: { imageId: runningImageId, fileFormat, isQuickExport, startedAt } };
}

/** What a parent is told whose child Temporal refused, since a workflow of that id runs already: of what, it does not say. */
export function childBusy(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf(null, input);
  return failure(
    'DestinationBusy',
    `${context.bucketUrl} is already the destination of an export, which runs as ${workflowId}; it may be that of an earlier run of this workflow. Nothing was submitted for image ${context.imageId}. Choose another object key, wait until that export has ended, or start it through Nexus, which lets several callers join one export.`,
    { ...context, running: null, workflowId },
    cause,
  );
}

/** What a parent is told whose child was terminated from outside: nobody saw the end of the export. */
export function childTerminated(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf(null, input);
  return failure(
    'ExportOutcomeUnknown',
    `The outcome of exporting image ${context.imageId} → ${context.bucketUrl} is not known: its workflow ${workflowId} was ended from outside, and a job in the cloud may go on. \`ims-export status ${workflowId}\` tells the id of the job, to attach to it.`,
    {
      ...context,
      jobId: null,
      remoteJob: 'unknown',
      reason: 'trackingEnded',
      error: null,
      object: null,
      status: null,
    },
    cause,
  );
}

// ---- Messages that come at the wrong time

/** An answer was given and is being followed; a second one could contradict it. */
export function answerUnderWay(resolution: SubmissionResolution): ApplicationFailure {
  return notNow(
    NOTHING_TO_RESOLVE,
    `There is nothing to resolve: the answer ${JSON.stringify(resolution)} is being followed. See in the status what comes of it.`,
  );
}

/** There is no submit whose answer was lost. */
export function nothingToResolve(jobId: string | null, phase: ExportPhase): ApplicationFailure {
  const state =
    jobId === null
      ? `the export is ${phase}, and no answer to a submit was lost`
      : `the export knows its job, ${jobId}`;
  return notNow(NOTHING_TO_RESOLVE, `There is nothing to resolve: ${state}.`);
}

/** An option cannot be tuned now. */
export function notTunable(hasEnded: boolean): ApplicationFailure {
  return hasEnded
    ? notNow(EXPORT_ENDED, 'The export is ending, so nothing is left to be tuned.')
    : notNow(
        NOT_VALIDATED_YET,
        'The input is being validated, and its options are not known yet. Send it again in a moment.',
      );
}

function notNow(type: string, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true });
}

/** For the failures that only activities throw, which `refusals.ts` builds outside of the workflow bundle. */
export function failure<Type extends FailureType>(
  type: Type,
  message: string,
  details: FailureDetails[Type],
  cause?: Error,
): ApplicationFailure {
  // An answer to the caller is no fault of the worker: Temporal logs a failure at length, and counts it, unless it is benign.
  const category = FAILURE_KINDS[type] === 'refused' ? ApplicationFailureCategory.BENIGN : undefined;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details], category, cause });
}
