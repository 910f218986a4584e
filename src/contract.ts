/**
 * The wire contract of temporal-ims-export: workflow input, result, status, failure types and the names of messages.
 *
 * Everything here is JSON-plain, so that a workflow in any language can start an export and read its outcome.
 * Names never change once released. This file holds types and constants and imports nothing: it is part of the
 * workflow bundle.
 *
 * @module
 */

/** The workflow type of one export. */
export const EXPORT_IMAGE_WORKFLOW = 'exportImageWorkflow';

/** The task queue that worker, client and CLI use unless told otherwise. */
export const DEFAULT_TASK_QUEUE = 'ims-export';

/** The account used when an input names none. */
export const DEFAULT_ACCOUNT = 'default';

/** Milliseconds, or a number with a unit: `'90s'`, `'15m'`, `'24h'`, `'2d'`. Read by {@link durationMs}. */
export type Duration = number | string;

/** What a duration must look like, for messages. */
export const DURATION_SHAPE = "milliseconds, or a number with a unit such as '90s', '15m' or '24h'";

const DURATION_TEXT = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a {@link Duration}; undefined when it is none.
 *
 * @example durationMs('1.5h') // 5_400_000
 */
export function durationMs(duration: unknown): number | undefined {
  if (typeof duration === 'number')
    return duration >= 0 && duration <= Number.MAX_SAFE_INTEGER ? Math.round(duration) : undefined;
  if (typeof duration !== 'string') return undefined;
  const [, number, unit] = DURATION_TEXT.exec(duration.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  return durationMs(Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}

/**
 * Milliseconds as a person writes them, in the largest unit that says them exactly. The inverse of {@link durationMs}.
 *
 * @example durationText(600_000) // '10m'
 */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse();
  // Up to two days, hours say more: '24h' is what a person means by a day.
  const [unit, unitMs] = units.find(([name, size]) => ms % size === 0 && (name !== 'd' || ms > 2 * size)) ?? ['ms', 1];
  return ms === 0 ? '0s' : `${ms / unitMs}${unit}`;
}

/** Formats that a caller can ask for (IMS API, parameter `file_format`). */
export const FILE_FORMATS = ['qcow2', 'vhd', 'zvhd', 'vmdk'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

/** The format of an exported object. Quick export always writes `zvhd2`; `null` is an attached job of unknown format. */
export type ObjectFormat = FileFormat | 'zvhd2';

// ---------------------------------------------------------------------------------------------------------------------
// Input

/** What every export names, in the API's own terms. */
export interface ExportTarget {
  /** ID of the private image, a UUID. */
  imageId: string;
  /** Destination, `<bucket>:<object key>`. The object must not exist yet; the service adds no file extension. */
  bucketUrl: string;
  /** Name of one of the worker's configured accounts. Region, project and credentials come from there. @default 'default' */
  account?: string;
  /** How the export behaves: limits, what a cancel does, severities of the preflight rules. */
  options?: ExportOptions;
  /** A workflow of this namespace that is told when the export has ended, by the signal `exportEnded` ({@link ExportEnded}). */
  notify?: { workflowId: string };
}

/** A conversion to `fileFormat`. For images up to 128 GiB. */
export interface ConversionExportInput extends ExportTarget {
  /** What the object is to be. Not with `isQuickExport`. */
  fileFormat: FileFormat;
  isQuickExport?: false;
  attach?: undefined;
}

/** A quick export: the stored image as it is, always zvhd2, so no format can be chosen. The only way above 128 GiB. */
export interface QuickExportInput extends ExportTarget {
  /** True for a quick export: the stored image as it is, always zvhd2; the only way above 128 GiB. */
  isQuickExport: true;
  fileFormat?: undefined;
  attach?: undefined;
}

/** What the id of an image looks like: a UUID. */
export const IMAGE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** What the id of a job looks like: 32 hexadecimal digits today; anything that is safe in a path will do. */
export const JOB_ID = /^[\w.-]{1,128}$/;

/**
 * Tracks a job that was begun elsewhere instead of submitting one. The job must be an export of this image; where it can be
 * seen that it writes to another destination, it is refused.
 */
export interface AttachExportInput extends ExportTarget {
  /** The job that was begun elsewhere, to be tracked in place of a submit. */
  attach: { jobId: string };
  fileFormat?: FileFormat;
  isQuickExport?: boolean;
}

/** What the name of a task queue must look like: visible ASCII, and none of Temporal's own. */
export const TASK_QUEUE_NAME = /^(?!\/_sys\/)[!-~]{1,200}$/;

export type ExportImageInput = ConversionExportInput | QuickExportInput | AttachExportInput;

/** How an export behaves. Every option has a default that suits a 1 TB image. */
export interface ExportOptions {
  /** How long after the start the export is given up as *unknown*. Kept absolute across continue-as-new. @default '24h' */
  deadline?: Duration;
  /** Never poll more often than this. @default '10s' */
  minInterval?: Duration;
  /** Never wait longer than this between polls. @default '10m' */
  maxInterval?: Duration;
  /** Warn when the progress has not moved for this long. @default '1h' */
  stallAfter?: Duration;
  /** Longest unbroken stretch of failing polls before the outcome is *unknown*. @default '2h' */
  pollErrorBudget?: Duration;
  /** Longest unbroken stretch of job statuses outside INIT, RUNNING, SUCCESS, FAIL. @default '30m' */
  unknownStatusBudget?: Duration;
  /** How long the cloud may answer that there is no such job, before the outcome is *unknown*. @default '15m' */
  jobNotFoundGrace?: Duration;
  /** How long a throttled or busy submit may wait before it is given up; nothing was submitted then. @default '2h' */
  submitBudget?: Duration;
  /**
   * What a cancel does: stop tracking at once, or track to the end and delete the object where it is proven ours.
   *
   * @default 'detach'
   */
  onCancel?: 'detach' | 'drain';
  /** What to do when the answer to the submit was lost: probe the cloud, or ask a person. @default 'probe' */
  onAmbiguousSubmit?: 'probe' | 'ask';
  /** How many further submits may probe for a lost one; with 0 none is sent. @default 1 */
  maxProbes?: number;
  /** Take an object that is surely new, well-formed and at rest as success although its job was never seen. @default false */
  acceptUnconfirmed?: boolean;
  /** What to do when the image is being exported by somebody else (IMG.0148): wait within `submitBudget`, or fail. @default 'wait' */
  whenImageBusy?: 'wait' | 'fail';
  /** Severity per preflight rule. Rules drift by region, so each can be turned down to `warn` or `off`. */
  rules?: { [rule: string]: RuleSeverity };
  /**
   * Reserved: this version refuses `true`.
   *
   * @internal
   * @default false
   */
  expectNotification?: boolean;
  /** Upsert the {@link SEARCH_ATTRIBUTES}; they must be registered in the namespace first. @default false */
  searchAttributes?: boolean;
  /**
   * Task queue of all activities, the validation included, so that the calls of all exports can be limited in one place
   * (`maxTaskQueueActivitiesPerSecond`). Null is the workflow's own. @default null
   */
  activityTaskQueue?: string | null;
  /** Task queue of the submits alone, whose quota is the smallest. Null is that of the other activities. @default null */
  submitTaskQueue?: string | null;
}

export type RuleSeverity = 'error' | 'warn' | 'off';

/** A validated input with every default filled in: the only form that the workflow uses and carries on. */
export interface ExportRequest {
  imageId: string;
  bucketUrl: string;
  bucket: string;
  objectKey: string;
  account: string;
  /** What the object will be: the chosen format, `zvhd2` for a quick export, null for an attached job of unknown format. */
  fileFormat: ObjectFormat | null;
  isQuickExport: boolean;
  attach: { jobId: string } | null;
  options: ExportSettings;
}

/** {@link ExportOptions} with defaults filled in and durations in milliseconds. */
export interface ExportSettings {
  deadlineMs: number;
  minIntervalMs: number;
  maxIntervalMs: number;
  stallAfterMs: number;
  pollErrorBudgetMs: number;
  unknownStatusBudgetMs: number;
  jobNotFoundGraceMs: number;
  submitBudgetMs: number;
  onCancel: 'detach' | 'drain';
  onAmbiguousSubmit: 'probe' | 'ask';
  maxProbes: number;
  acceptUnconfirmed: boolean;
  whenImageBusy: 'wait' | 'fail';
  rules: { [rule: string]: RuleSeverity };
  /**
   * Reserved: always false.
   *
   * @internal
   */
  expectNotification: boolean;
  searchAttributes: boolean;
  activityTaskQueue: string | null;
  submitTaskQueue: string | null;
}

/** The longest deadline, from the start of the export, and the longest of any limit. */
const MAX_DURATION_MS = 365 * UNIT_MS.d;

/** A setting that cannot be, in the words of {@link InvalidExportRequestDetails}; `field` is the name of the option. */
export interface SettingProblem {
  field: (typeof TUNABLE_OPTIONS)[number];
  /** As a person writes it. */
  value: string;
  expected: string;
}

/** What is wrong with durations that can each be read. Asked at the start of an export, and again by `retune`. */
export function settingProblems(settings: ExportSettings): SettingProblem[] {
  const { deadlineMs, minIntervalMs, maxIntervalMs } = settings;
  const problems: SettingProblem[] = [];
  const refuse = (field: SettingProblem['field'], expected: string): void => {
    problems.push({ field, value: durationText(settings[`${field}Ms`]), expected });
  };
  if (!(deadlineMs > 0 && deadlineMs <= MAX_DURATION_MS)) refuse('deadline', 'more than 0 and at most 365 days');
  for (const field of TUNABLE_OPTIONS) {
    if (field !== 'deadline' && settings[`${field}Ms`] > MAX_DURATION_MS) refuse(field, 'at most 365 days');
  }
  if (!(minIntervalMs > 0)) refuse('minInterval', 'more than 0');
  if (!(maxIntervalMs >= minIntervalMs))
    refuse('maxInterval', `at least minInterval, which is ${durationText(minIntervalMs)}`);
  return problems;
}

// ---------------------------------------------------------------------------------------------------------------------
// Result

/** What a workflow returns. There is no result without success: failed and unknown are thrown. */
export interface ExportImageResult {
  imageId: string;
  /** Null when the success is not `confirmed`: the answer to the submit was lost, and its job id with it. */
  jobId: string | null;
  bucketUrl: string;
  fileFormat: ObjectFormat | null;
  verdict: 'succeeded';
  /** False when the job's own SUCCESS was never read and `acceptUnconfirmed` allowed to go by the object alone. */
  confirmed: boolean;
  /** The exported object as verified; null when verification was skipped. */
  object: ExportedObject | null;
  verification: { state: 'verified' } | { state: 'skipped'; reason: string };
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  finishedAt: string;
  /** Polls of the job, failed ones included. */
  polls: number;
  /** POSTs that were, or may have been, executed. */
  submissions: number;
  /** How often each job status was seen. */
  observations: { [status: string]: number };
  warnings: string[];
}

export interface ExportedObject {
  /** Bytes. Not the image's size: conversion and compression change it. */
  size: number;
  etag: string;
  /** ISO 8601, whole seconds, by the clock of OBS. */
  lastModified: string;
  format: ObjectFormat | null;
}

// ---------------------------------------------------------------------------------------------------------------------
// Status

export const EXPORT_PHASES = [
  'validating',
  'waitingToSubmit',
  'submitting',
  'reconciling',
  'needsAnswer',
  'exporting',
  'parked',
  'paused',
  'draining',
  'verifying',
  'ended',
] as const;
export type ExportPhase = (typeof EXPORT_PHASES)[number];

export const EXPORT_OUTCOMES = ['succeeded', 'failed', 'unknown', 'canceled'] as const;
export type ExportOutcome = (typeof EXPORT_OUTCOMES)[number];

/**
 * What is known of the job in the cloud: `none` was ever begun, it was accepted and no end was seen (`running`), its end
 * was seen (`ended`), or nobody knows (`unknown`): the answer to the submit is outstanding or lost, or the polls can no
 * longer tell.
 */
export type RemoteJob = 'none' | 'running' | 'ended' | 'unknown';

/** Why a person should look: an answer or mended credentials are waited for, nothing moves, or nobody knows the outcome. */
export type ExportAttention = 'needsAnswer' | 'parked' | 'stalled' | 'outcomeUnknown';

/** The answer to the query `exportStatus`. Also answered after the end. Times are ISO 8601. */
export interface ExportStatus {
  phase: ExportPhase;
  /** Null while the export goes on. */
  outcome: ExportOutcome | null;
  remoteJob: RemoteJob;
  /** Null until the input was validated. */
  imageId: string | null;
  bucketUrl: string | null;
  fileFormat: ObjectFormat | null;
  isQuickExport: boolean | null;
  jobId: string | null;
  /** The last job status that the cloud told: INIT, RUNNING, SUCCESS, FAIL. */
  jobStatus: string | null;
  /** Fraction 0..1, never falling; null when the cloud told none. */
  progress: number | null;
  /** Milliseconds left by the recent rate; null when there is no credible progress. */
  remainingMs: number | null;
  /** True when the progress has not moved for `stallAfter`. */
  stalled: boolean;
  /** True between `pausePolling` and `resumePolling`, in every phase. */
  pollingPaused: boolean;
  /** Null while nothing calls for a person. */
  attention: ExportAttention | null;
  polls: number;
  submissions: number;
  observations: { [status: string]: number };
  /** What the export ended with, when it did not succeed. */
  failure: { type: string; message: string } | null;
  /** The last thing that went wrong, in a sentence; null after a good poll. */
  lastError: string | null;
  startedAt: string;
  submittedAt: string | null;
  /** Absolute; null until the input was validated. */
  deadlineAt: string | null;
  /** When the next poll is due, or the next try of a submit that waits; null while one is under way. */
  nextPollAt: string | null;
  endedAt: string | null;
  /** What became of the object after a cancel with `onCancel: 'drain'`; null without one, and until it is known. */
  discard: DiscardOutcome | null;
  /** The settings in force, defaults included; null until the input was validated. */
  options: ExportSettings | null;
  warnings: string[];
}

/**
 * Search attributes of an export with `options.searchAttributes`, by the types that they are registered with. None has a
 * value before it is known; `ImsExportPercent` moves in steps of ten, `ImsExportAttention` is an {@link ExportAttention}.
 */
export const SEARCH_ATTRIBUTES = {
  ImsExportPhase: 'KEYWORD',
  ImsExportImageId: 'KEYWORD',
  ImsExportBucket: 'KEYWORD',
  ImsExportPercent: 'INT',
  ImsExportAttention: 'KEYWORD',
} as const;

/** Memo of the workflow, readable from describe and list when no worker answers, and when there is no result. */
export interface ExportMemo {
  /** Set right after the job was accepted. */
  jobId?: string;
  imageId?: string;
  bucketUrl?: string;
  /** Set with the job where the export attached to it: that it writes to `bucketUrl` was taken from the input. */
  attached?: true;
  /** Set at the end. */
  outcome?: ExportOutcome;
  remoteJob?: RemoteJob;
  /** Set at the end of a cancel with `onCancel: 'drain'`: whether the object was deleted, or left where it is. */
  object?: DiscardOutcome['kind'];
}

// ---------------------------------------------------------------------------------------------------------------------
// Failures

/** `type` of every ApplicationFailure that leaves the workflow. All are non-retryable. */
export const FAILURE_TYPES = [
  /** The input is wrong; `details[0].field` says where. Nothing was submitted. */
  'InvalidExportRequest',
  /** A preflight rule refuses the image, the bucket or the destination. Nothing was submitted. */
  'ExportNotAllowed',
  /** The destination object exists and is not ours. Nothing was submitted. */
  'DestinationExists',
  /** Another image or format is being exported to the same destination. */
  'DestinationBusy',
  /** Nothing was submitted: the cloud refused the export, or could not be asked in time. */
  'SubmitRejected',
  /** The cloud's job ended with FAIL. */
  'ExportFailed',
  /** Tracking ended without a verdict of the cloud; a job may still run. */
  'ExportOutcomeUnknown',
  /** The job succeeded, but the object is missing, empty, too old or of another format. */
  'ExportedObjectInvalid',
  /** The credentials or their permissions were refused before anything was submitted. */
  'AccessDenied',
  /** Only of a batch: no image matches its query, and its input does not say `allowEmpty`. Nothing was submitted. */
  'NothingToExport',
] as const;
export type FailureType = (typeof FAILURE_TYPES)[number];

/** What a batch as a whole fails with. Nothing was submitted. */
export const BATCH_FAILURE_TYPES = [
  'InvalidExportRequest',
  'SubmitRejected',
  'AccessDenied',
  'NothingToExport',
] as const satisfies readonly FailureType[];
export type BatchFailureType = (typeof BATCH_FAILURE_TYPES)[number];

/** What is common to `details[0]` of every failure but InvalidExportRequest and NothingToExport. */
export interface FailureContext {
  imageId: string;
  bucketUrl: string;
}

/** `details[0]` of InvalidExportRequest. */
export interface InvalidExportRequestDetails {
  /** Path of the wrong field, such as `options.deadline`; empty for the input as a whole. */
  field: string;
  /** The value found, as JSON text, cut at 200 characters. */
  value: string;
  /** What would be right. */
  expected: string;
  /** Every problem found; the first is repeated above. */
  problems: Array<{ field: string; value: string; expected: string }>;
}

/** `details[0]` of ExportNotAllowed. */
export interface ExportNotAllowedDetails extends FailureContext {
  /** Id of the first rule that refused. */
  rule: string;
  /** What the image, bucket or destination showed. */
  found: string;
  refusals: Array<{ rule: string; found: string; message: string }>;
  /** Rules to set to `warn` in `options.rules` where the region allows it; none where nothing would be won. */
  overridable: string[];
}

/** `details[0]` of DestinationExists. */
export interface DestinationExistsDetails extends FailureContext {
  object: { size: number; etag: string; lastModified: string } | null;
}

/** `details[0]` of DestinationBusy. */
export interface DestinationBusyDetails extends FailureContext {
  /** What runs there, and since when (ISO 8601); null where only Temporal was asked, as for a child, and did not tell. */
  running: { imageId: string; fileFormat: ObjectFormat | null; isQuickExport: boolean; startedAt: string } | null;
  /** The workflow that has the id of the export, where `running` is null. */
  workflowId?: string;
}

/** `details[0]` of SubmitRejected and AccessDenied. Image and destination as the input has them. */
export interface SubmitRejectedDetails extends FailureContext {
  error: CloudErrorInfo;
}

/** `details[0]` of ExportFailed. */
export interface ExportFailedDetails extends FailureContext {
  jobId: string;
  /** The cloud's code, such as IMG.0061; null when it gave none. */
  code: string | null;
  reason: string | null;
  requestId: string | null;
  subJobs: SubJob[];
  status: ExportStatus;
}

/** `details[0]` of ExportOutcomeUnknown. */
export interface ExportOutcomeUnknownDetails extends FailureContext {
  /** Null when the answer to the submit was lost. */
  jobId: string | null;
  remoteJob: RemoteJob;
  /** `trackingEnded` is told to the parent of a child: the export's workflow was terminated from outside. */
  reason: 'deadline' | 'pollErrors' | 'unknownStatus' | 'jobNotFound' | 'submitAmbiguous' | 'trackingEnded';
  /** The last error of the cloud, if one led here. */
  error: CloudErrorInfo | null;
  /** With `submitAmbiguous`: what was found at the destination, which may be ours or somebody else's. */
  object: ExportedObject | null;
  /** Last known facts; null with `trackingEnded`, whose memo tells what is left to know. */
  status: ExportStatus | null;
}

/** `details[0]` of ExportedObjectInvalid. */
export interface ExportedObjectInvalidDetails extends FailureContext {
  jobId: string;
  problem: ObjectProblem;
  object: ExportedObject | null;
}

/** `details[0]` of NothingToExport. */
export interface NothingToExportDetails {
  /** The query that no private image of the account matches. */
  query: ImageQuery;
  /** Always empty: no field of the input is wrong. */
  problems: [];
}

/** `details[0]` by failure type. */
export interface FailureDetails {
  InvalidExportRequest: InvalidExportRequestDetails;
  ExportNotAllowed: ExportNotAllowedDetails;
  DestinationExists: DestinationExistsDetails;
  DestinationBusy: DestinationBusyDetails;
  SubmitRejected: SubmitRejectedDetails;
  ExportFailed: ExportFailedDetails;
  ExportOutcomeUnknown: ExportOutcomeUnknownDetails;
  ExportedObjectInvalid: ExportedObjectInvalidDetails;
  AccessDenied: SubmitRejectedDetails;
  NothingToExport: NothingToExportDetails;
}

/** What an export or a batch ended with when it did not succeed: `type` says what `details` are. */
export type ExportFailure = {
  [type in FailureType]: { type: type; message: string; details: FailureDetails[type] };
}[FailureType];

export type ObjectProblem = 'missing' | 'empty' | 'olderThanJob' | 'wrongFormat' | 'wrongStorageClass';

/** A cloud error as it travels between activities and workflow. Never holds headers. */
export interface CloudErrorInfo {
  /** The service's code (`IMG.0148`, `APIGW.0308`, `NoSuchBucket`), or a transport code (`ECONNREFUSED`). */
  code: string;
  message: string;
  /** Null when there was no HTTP answer. */
  httpStatus: number | null;
  requestId: string | null;
  /** Such as `ExportImage` or `HeadObject`. */
  operation: string;
}

export interface SubJob {
  jobId: string | null;
  jobType: string | null;
  status: string | null;
  errorCode: string | null;
  failReason: string | null;
}

// ---------------------------------------------------------------------------------------------------------------------
// Messages

export const MESSAGES = {
  signals: {
    pollNow: 'pollNow',
    pausePolling: 'pausePolling',
    resumePolling: 'resumePolling',
    /**
     * Reserved: this version does nothing with it.
     *
     * @internal
     */
    objectArrived: 'objectArrived',
  },
  updates: {
    awaitSubmitted: 'awaitSubmitted',
    retune: 'retune',
    resolveSubmission: 'resolveSubmission',
  },
  queries: { exportStatus: 'exportStatus' },
} as const;

/** What a caller of `awaitSubmitted` means to export; it joins a running export only when that means the same. */
export interface ExportIntent {
  imageId: string;
  fileFormat?: FileFormat;
  isQuickExport?: boolean;
  /** The job that the caller means to track; an export that tracks another one is not joined. */
  jobId?: string;
}

/** Type of the failure that `awaitSubmitted` ends with when the run continues as new; ask again. */
export const CONTINUED_AS_NEW = 'ContinuedAsNew';

/** Type of the failure that `awaitSubmitted` ends with when the export is canceled before a job id is known. */
export const EXPORT_CANCELED = 'ExportCanceled';

/** Type of the failure that `awaitSubmitted` ends with when the export succeeded without its job ever being seen. */
export const EXPORT_UNCONFIRMED = 'ExportUnconfirmed';

/** Type of the failure of `resolveSubmission` when there is nothing to resolve. */
export const NOTHING_TO_RESOLVE = 'NothingToResolve';

/** Type of the failure of `retune` while the input is being validated: its options are not known yet; ask again. */
export const NOT_VALIDATED_YET = 'NotValidatedYet';

/** Type of the failure of an update that came while the export was ending. */
export const EXPORT_ENDED = 'ExportEnded';

/** The options that `retune` changes while an export runs, by their start names. */
export const TUNABLE_OPTIONS = [
  'deadline',
  'minInterval',
  'maxInterval',
  'stallAfter',
  'pollErrorBudget',
  'unknownStatusBudget',
  'jobNotFoundGrace',
  'submitBudget',
] as const;

/**
 * Argument of the update `retune`. A deadline counts from the start of the export, as in its input; with a plus, such as
 * `'+6h'`, it moves the one in force.
 */
export type RetuneInput = { [option in (typeof TUNABLE_OPTIONS)[number]]?: Duration };

/** What `retune` answers: what is in force from now on. */
export interface RetuneOutcome {
  /** ISO 8601. */
  deadlineAt: string;
  options: ExportSettings;
}

/** Argument of the update `resolveSubmission`. */
export type SubmissionResolution = { jobId: string } | { notSubmitted: true };

// ---------------------------------------------------------------------------------------------------------------------
// Identity

/**
 * The workflow id of an export: one destination, one tracker.
 *
 * @example exportWorkflowId('ims-image:exports/centos7_5.qcow2') // 'ims-export:ims-image:exports/centos7_5.qcow2'
 */
export function exportWorkflowId(bucketUrl: string): string {
  return `ims-export:${bucketUrl}`;
}

// ---------------------------------------------------------------------------------------------------------------------
// Activities

/** The activities by name. Names share one flat namespace on a task queue, hence the prefix. */
export interface ExportActivities {
  imsValidateExport(input: unknown): Promise<ValidatedExport>;
  imsSubmitExport(input: SubmitInput): Promise<SubmitOutcome>;
  imsReconcileSubmit(input: ReconcileInput): Promise<ReconcileOutcome>;
  imsPollJob(input: PollInput): Promise<PollOutcome>;
  imsVerifyObject(input: VerifyInput): Promise<VerifyOutcome>;
  imsDiscardObject(input: DiscardInput): Promise<DiscardOutcome>;
}

/** What `imsValidateExport` returns. Refusals are thrown as ApplicationFailures of the types above. */
export interface ValidatedExport {
  request: ExportRequest;
  /** Rules that only warn, and rules that could not be checked, with the reason. */
  warnings: string[];
  /** The clock of OBS (ISO 8601) when the destination was seen to be free; null when that was not checked. */
  destinationFreeAt: string | null;
}

export interface SubmitInput {
  request: ExportRequest;
  /** False while an earlier POST of this intent may still be under way, as in a run that was reset: then none is sent. */
  mayPost: boolean;
  /** The run that asked for this submit. A reset hands it to another run, in which it must not be sent any more. */
  runId: string;
}

export type SubmitOutcome =
  | { kind: 'accepted'; jobId: string }
  /** Permanently refused; nothing runs. `denied` when it is the credentials or their permissions that were refused. */
  | { kind: 'rejected'; denied: boolean; error: CloudErrorInfo }
  /** Surely not executed for now: throttled, busy, refused before execution. A new activity may try again. */
  | { kind: 'notExecuted'; reason: NotExecutedReason; error: CloudErrorInfo; retryAfterMs: number | null }
  /**
   * Sent, or possibly sent, without a clear answer. `sent` is false when this activity sent nothing and an earlier one may
   * have. `runId` is the run in which it was answered; null when the activity was lost.
   */
  | { kind: 'ambiguous'; sent: boolean; runId: string | null; error: CloudErrorInfo };

export type NotExecutedReason = 'throttled' | 'imageBusy' | 'unauthorized' | 'unreachable' | 'staleAttempt';

export interface ReconcileInput {
  request: ExportRequest;
  /** When OBS said that the destination was free (ISO 8601, clock of OBS); null when that was not checked. */
  destinationFreeAt: string | null;
}

/** What stands at the destination of a submit whose answer was lost. */
export type ReconcileOutcome =
  /** `date` is the clock of OBS at that moment (ISO 8601), where it told one. */
  | { kind: 'free'; date?: string | null }
  /**
   * An object that may be ours. `doubt` says why it cannot be taken for ours by its looks; null when it can. `passing` is
   * true of a doubt that a later look may dispel, since OBS did not answer all that it was asked.
   */
  | { kind: 'candidate'; object: ExportedObject; doubt: string | null; passing?: boolean }
  /** OBS refuses to tell. */
  | { kind: 'denied'; error: CloudErrorInfo };

export interface PollInput {
  request: ExportRequest;
  jobId: string;
  /** A person asked for this poll, perhaps after mending the credentials: refused ones are tried once more. */
  askedFor: boolean;
}

export type PollOutcome =
  | { kind: 'observed'; job: ObservedJob }
  /** 401 or 403: the credentials need mending; the job itself is not in doubt. */
  | { kind: 'denied'; error: CloudErrorInfo }
  /** The cloud does not know the job (yet). */
  | { kind: 'notFound'; error: CloudErrorInfo }
  | { kind: 'error'; error: CloudErrorInfo; retryAfterMs: number | null };

/** The job type of an export (IMS API, asynchronous job query). */
export const EXPORT_JOB_TYPE = 'imsNativeExportImageJob';

/** One reading of the job. */
export interface ObservedJob {
  /** The image that the job is of; null when the cloud told none. */
  imageId: string | null;
  /** {@link EXPORT_JOB_TYPE} for an export; null when the cloud told none. */
  jobType: string | null;
  /** As the cloud spelled it, upper-cased; FAILED is read as FAIL. */
  status: string;
  /** Fraction 0..1; null when the cloud told none. */
  progress: number | null;
  currentTask: string | null;
  /** As the cloud spelled it; its format varies. */
  beginTime: string | null;
  endTime: string | null;
  errorCode: string | null;
  failReason: string | null;
  subJobs: SubJob[];
  requestId: string | null;
}

export interface VerifyInput {
  request: ExportRequest;
  jobId: string;
  /** The object must not be older than this (ISO 8601, clock of OBS, 1 s tolerance); null skips that check. */
  notOlderThan: string | null;
}

export type VerifyOutcome =
  | { kind: 'verified'; object: ExportedObject }
  | { kind: 'skipped'; reason: string }
  | { kind: 'invalid'; problem: ObjectProblem; found: string; object: ExportedObject | null };

export interface DiscardInput {
  request: ExportRequest;
  /** The object as it was verified: only this very object is deleted. */
  object: ExportedObject;
  /** The object must not be older than this (ISO 8601, clock of OBS, 1 s tolerance): the begin of our job. */
  notOlderThan: string;
}

export type DiscardOutcome =
  | { kind: 'discarded' }
  | { kind: 'alreadyGone' }
  /** Left where it is: it is not, or not surely, the object of our job, or OBS refused. */
  | { kind: 'kept'; reason: string };

// ---------------------------------------------------------------------------------------------------------------------
// Batches

/** The workflow type of a batch of exports. */
export const EXPORT_IMAGES_WORKFLOW = 'exportImagesWorkflow';

/** Most images of one batch: its result, with a verdict for each, has to stay well below the 2 MB of a payload. */
export const MAX_BATCH_IMAGES = 5_000;

/** Exports of a batch at the same time. */
export const BATCH_CONCURRENCY = {
  /** The quota of ExportImage is 20 requests in 5 s: so many may be begun in one moment. */
  default: 20,
  /** A workflow of Temporal may have 2,000 children and 2,000 requests to cancel pending; this stays far below. */
  most: 500,
} as const;

/** `quick` is a quick export; `auto` is one where the image is too large for a conversion, and qcow2 elsewhere. */
export const BATCH_FORMATS = [...FILE_FORMATS, 'quick', 'auto'] as const;
export type BatchFormat = FileFormat | 'quick' | 'auto';

/** What may stand in braces in the object keys of a batch. */
export const KEY_PLACEHOLDERS = ['name', 'imageId', 'format', 'date', 'time'] as const;

/** The input of `exportImagesWorkflow`: either `images` or `query`. */
export interface ExportImagesInput {
  /** The images by their ids, 1 to 5,000. */
  images?: BatchImage[];
  /** The private images that match all that is given; `{}` is every private image. */
  query?: ImageQuery;
  /**
   * `<bucket>:<object key>` with placeholders: `{name}` of the image, `{imageId}`, `{format}` of the object, `{date}` and
   * `{time}` of the start of the batch (UTC, `2026-11-27` and `023000`). Every object needs a key of its own.
   *
   * @example 'ims-image:nightly/{date}/{name}.{format}'
   */
  to?: string;
  /** Of images that name none themselves. @default 'auto' */
  format?: BatchFormat;
  /** Name of one of the worker's configured accounts. @default 'default' */
  account?: string;
  /** For each export. */
  options?: ExportOptions;
  /** Exports at the same time, 1 to 500. @default 20 */
  maxConcurrent?: number;
  /** Only validate every export: nothing is submitted. @default false */
  dryRun?: boolean;
  /** A query that no image matches is a success with no items. Otherwise the batch fails as NothingToExport. @default false */
  allowEmpty?: boolean;
}

/** One image of a batch. */
export interface BatchImage {
  /** ID of the private image, a UUID. */
  imageId: string;
  /** A destination of its own, in the place of `to`. May have placeholders. */
  bucketUrl?: string;
  /** An object key of its own in the bucket of `to`. May have placeholders. */
  objectKey?: string;
  /** In the place of `format`. Not with `isQuickExport`. */
  fileFormat?: FileFormat;
  /** True for a quick export, in the place of `format`. */
  isQuickExport?: boolean;
}

/** Which private images (IMS API, "Querying Images"). */
export interface ImageQuery {
  /** The whole name: the cloud compares it exactly and knows no pattern (`name`). */
  name?: string;
  /** `key` or `key=value` (`tag`). */
  tag?: string;
  /** `__os_type`. */
  os?: 'Linux' | 'Windows' | 'Other';
  /** The id of an enterprise project, `0` for the default one, or `all_granted_eps` (`enterprise_project_id`). */
  enterpriseProjectId?: string;
}

/**
 * What became of one image of a batch.
 *
 * - `succeeded`; `alreadyExported`: an earlier export had put this image there in this format
 * - `failed`: the cloud's job failed, or its object is not right
 * - `unknown`: nobody knows what became of a job that may still run; also when the export was terminated from outside
 * - `refused`: nothing was submitted, by a rule or by the cloud
 * - `alreadyExporting`: an export that this batch did not start runs to this destination
 * - `canceled`: the export was canceled; `notStarted`: the batch was, before its turn came
 * - `valid`: a dry run found nothing against it
 */
export const BATCH_VERDICTS = [
  'succeeded',
  'alreadyExported',
  'failed',
  'unknown',
  'refused',
  'alreadyExporting',
  'canceled',
  'notStarted',
  'valid',
] as const;
export type BatchVerdict = (typeof BATCH_VERDICTS)[number];

/** The verdict on one image. What is not known is left out, so that thousands fit into a result. */
export interface BatchItemResult {
  imageId: string;
  /** Null where the key could not be made, since the image was not found. */
  bucketUrl: string | null;
  verdict: BatchVerdict;
  jobId?: string;
  /** Bytes of the object, where it was verified. */
  size?: number;
  etag?: string;
  /** Only where a job may go on in the cloud that nothing tracks any more. */
  remoteJob?: 'running' | 'unknown';
  /** The reason in short, cut in large batches; the export's own history has all of it. */
  failure?: { type: string; message: string };
}

export type BatchCounts = { [verdict in BatchVerdict]: number };

/** What `exportImagesWorkflow` returns, also when every image failed. */
export interface ExportImagesResult {
  dryRun: boolean;
  total: number;
  counts: BatchCounts;
  /** In the order of the input, or of the cloud's answer to the query. */
  items: BatchItemResult[];
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  finishedAt: string;
  warnings: string[];
}

export const BATCH_PHASES = ['planning', 'validating', 'exporting', 'paused', 'canceling', 'ended'] as const;
export type BatchPhase = (typeof BATCH_PHASES)[number];

export const BATCH_OUTCOMES = ['completed', 'failed', 'canceled'] as const;
export type BatchOutcome = (typeof BATCH_OUTCOMES)[number];

/** The answer to the query `batchStatus`. Also answered after the end. */
export interface BatchStatus {
  phase: BatchPhase;
  /** Null while the batch goes on. */
  outcome: BatchOutcome | null;
  /** Null until it was planned. */
  dryRun: boolean | null;
  total: number;
  /** Images that await their turn. */
  pending: number;
  running: number;
  counts: BatchCounts;
  maxConcurrent: number;
  /** True between `pauseStarting` and `resumeStarting`: what runs goes on, and nothing new is started. */
  startingPaused: boolean;
  /** At most 50 of those that run. */
  exports: Array<{ imageId: string; bucketUrl: string | null }>;
  /** At most the last 20 that did not end well. */
  troubles: BatchItemResult[];
  failure: { type: string; message: string } | null;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string | null;
  warnings: string[];
}

/** Memo of a batch: the total once it is planned, the rest at the end. */
export interface BatchMemo {
  /** Of the input, set by the client of this package. */
  digest?: string;
  total?: number;
  outcome?: BatchOutcome;
  /** Verdicts that were given at least once. */
  counts?: { [verdict in BatchVerdict]?: number };
}

export const BATCH_MESSAGES = {
  signals: {
    /** Sent by the exports themselves. */
    exportEnded: 'exportEnded',
    pauseStarting: 'pauseStarting',
    resumeStarting: 'resumeStarting',
  },
  updates: { retuneBatch: 'retuneBatch' },
  queries: { batchStatus: 'batchStatus' },
} as const;

/** Argument of the update `retuneBatch`. */
export interface RetuneBatchInput {
  maxConcurrent: number;
}

/** Argument of the signal `exportEnded`, which an export with `notify` sends before it ends, however it ends. */
export interface ExportEnded {
  workflowId: string;
  /** The first run of the export; it stays the same when the export continues as new or is reset. */
  firstRunId: string;
  outcome: ExportOutcome;
  /** Null where the input named none. */
  imageId: string | null;
  fileFormat: ObjectFormat | null;
  jobId: string | null;
  remoteJob: RemoteJob;
  object: { size: number; etag: string } | null;
  /** `message` is the reason in short, without image and destination. */
  failure: { type: string; message: string } | null;
}

/**
 * The workflow id of a batch.
 *
 * @example exportBatchWorkflowId('nightly') // 'ims-export-batch:nightly'
 */
export function exportBatchWorkflowId(name: string): string {
  return `ims-export-batch:${name}`;
}

/** Temporal's limit on the length of an id, in bytes. */
const MAX_WORKFLOW_ID_BYTES = 1_000;

/** What the id of a workflow must look like, for messages. */
export const WORKFLOW_ID_SHAPE = `well-formed text of 1 to ${MAX_WORKFLOW_ID_BYTES} bytes`;

/**
 * True for what can be the id of a workflow. With anything else in a command, the server refuses the workflow task for ever;
 * with half a character, which is no UTF-8, the worker itself ends.
 */
export function isWorkflowId(value: unknown): value is string {
  if (typeof value !== 'string' || value === '' || /\p{Surrogate}/u.test(value)) return false;
  return new TextEncoder().encode(value).length <= MAX_WORKFLOW_ID_BYTES;
}

/** What is wrong with a destination whose {@link exportWorkflowId} cannot be one, as what would be right; null when it can. */
export function workflowIdProblem(bucketUrl: string): string | null {
  if (isWorkflowId(exportWorkflowId(bucketUrl))) return null;
  return `another object key: ${exportWorkflowId('<bucket>:<object key>')}, the id of the export, must be ${WORKFLOW_ID_SHAPE}`;
}

/** The activities of a batch, by name; on the same task queue as {@link ExportActivities}. */
export interface BatchActivities {
  imsPlanBatch(input: PlanBatchInput): Promise<BatchPlan>;
  imsListImages(input: ListImagesInput): Promise<ListedImage[]>;
  imsLookAtExports(input: LookAtExportsInput): Promise<ExportLook[]>;
}

export interface PlanBatchInput {
  /** The input of the workflow, which can be anything. */
  input: unknown;
  /** ISO 8601: what `{date}` and `{time}` are made of. */
  startedAt: string;
}

/** What a batch does, with every default filled in. */
export interface BatchPlan {
  dryRun: boolean;
  maxConcurrent: number;
  account: string;
  options: ExportOptions;
  items: PlannedExport[];
  warnings: string[];
}

export interface PlannedExport {
  imageId: string;
  bucketUrl: string | null;
  /** Null where it cannot be exported at all. */
  format: FileFormat | 'quick' | null;
  /** Why it is not even tried. */
  refusal?: { type: FailureType; message: string };
}

/** Argument of `imsListImages`, which is there for workflows of your own too. */
export interface ListImagesInput {
  account?: string;
  query: ImageQuery;
}

/** A private image, as far as choosing images and naming objects needs it. */
export interface ListedImage {
  imageId: string;
  name: string | null;
  status: string | null;
  /** Linux, Windows, Other. */
  osType: string | null;
  /** Bytes; null where the cloud does not tell. */
  sizeBytes: number | null;
  encrypted: boolean;
}

export interface LookAtExportsInput {
  exports: Array<{
    workflowId: string;
    /** The export that is meant, by its first run; null is the latest of that id. */
    firstRunId: string | null;
  }>;
}

/** What Temporal tells of an export that was not heard of. */
export type ExportLook =
  /** `parentId` is the workflow that has started it as a child. */
  | { kind: 'running'; firstRunId: string; parentId: string | null; imageId: string | null }
  | { kind: 'ended'; report: ExportEnded }
  /** A workflow that is no export has completed under the id of this one, so that Temporal starts none by that id. */
  | { kind: 'idTaken'; workflowType: string }
  /** Temporal knows it no more. */
  | { kind: 'gone' }
  | { kind: 'notRead'; reason: string };
