/**
 * How an export fails: the types of its failures, and what `details[0]` of each is.
 *
 * @module
 */
import type { BatchCounts, BatchItemResult, ImageQuery } from './batch';
import type { ObjectFormat } from './input';
import type { ExportedObject } from './result';
import type { ExportStatus, RemoteJob } from './status';

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
  /** Only of a batch: its images did not get the verdicts that `failWhen` demands. Each of them has its verdict. */
  'BatchFailed',
] as const;

export type FailureType = (typeof FAILURE_TYPES)[number];

/**
 * What a batch as a whole fails with. Nothing was submitted, but with `ExportOutcomeUnknown`: of a batch that was reset or retried,
 * an earlier attempt may have started exports; and with `BatchFailed`, after which each image has its verdict.
 */
export const BATCH_FAILURE_TYPES = [
  'InvalidExportRequest',
  'SubmitRejected',
  'AccessDenied',
  'NothingToExport',
  'ExportOutcomeUnknown',
  'BatchFailed',
] as const satisfies readonly FailureType[];
export type BatchFailureType = (typeof BATCH_FAILURE_TYPES)[number];

/** The failures of one export: the others are of batches alone. */
export type ExportFailureType = Exclude<FailureType, 'NothingToExport' | 'BatchFailed'>;

/** What is common to `details[0]` of every failure but InvalidExportRequest, NothingToExport and BatchFailed. */
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
  /** The job that an earlier run has left, with the command that tracks it; absent where none is known. */
  left?: string;
}

/** `details[0]` of DestinationBusy. */
export interface DestinationBusyDetails extends FailureContext {
  /** What runs there, and since when (ISO 8601); null where only Temporal was asked, as for a child, and did not know. */
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
  /** `trackingEnded` is reported to the parent of a child: the export's workflow was terminated from outside. */
  reason: 'deadline' | 'pollErrors' | 'unknownStatus' | 'jobNotFound' | 'submitAmbiguous' | 'trackingEnded';
  /** The last error of the cloud, if one led here. */
  error: CloudErrorInfo | null;
  /** With `submitAmbiguous`: what was found at the destination, which may be of this export or of another one. */
  object: ExportedObject | null;
  /** Last known facts; null with `trackingEnded`, whose memo has what is left to know. */
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

/** `details[0]` of BatchFailed. */
export interface BatchFailedDetails {
  failWhen: 'any' | 'all';
  /** Images of the batch. */
  total: number;
  counts: BatchCounts;
  /** At most the last 20 that did not end well; the query `batchStatus` has them too. */
  troubles: BatchItemResult[];
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
  BatchFailed: BatchFailedDetails;
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

/** In the heartbeat details of an activity: what its last attempt failed with. */
export interface FailedAttempt {
  failed?: CloudErrorInfo;
}

export interface SubJob {
  jobId: string | null;
  jobType: string | null;
  status: string | null;
  errorCode: string | null;
  failReason: string | null;
}
