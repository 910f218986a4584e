/**
 * What travels between the workflows and their activities. Not public wire: both are of one version.
 *
 * @module
 */
import type { ExportEnded, FailWhen, ImageQuery } from './batch';
import type { CloudErrorInfo, FailureType, ObjectProblem, SubJob } from './failures';
import type { FileFormat, ObjectFormat } from './input';
import type { ExportOptions, ExportSettings } from './options';
import type { ExportedObject, ExportImageResult } from './result';
import type { DiscardOutcome, EarlierExport } from './status';

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

/** The activities by name. Names share one flat namespace on a task queue, hence the prefix. */
export interface ExportActivities {
  /** @param earlier the earlier run of the workflow id, as far as the starter has found one */
  imsValidateExport(input: unknown, earlier?: EarlierExport | null): Promise<ValidatedExport>;
  imsSubmitExport(input: SubmitInput): Promise<SubmitOutcome>;
  imsReconcileSubmit(input: ReconcileInput): Promise<ReconcileOutcome>;
  imsPollJob(input: PollInput): Promise<PollOutcome>;
  imsVerifyObject(input: VerifyInput): Promise<VerifyOutcome>;
  imsDiscardObject(input: DiscardInput): Promise<DiscardOutcome>;
}

/** What `imsValidateExport` returns. What is refused is thrown as an ApplicationFailure of the `FAILURE_TYPES`. */
export interface ValidatedExport {
  request: ExportRequest;
  /** Rules that only warn, and rules that could not be checked, with the reason. */
  warnings: string[];
  /** The clock of OBS (ISO 8601) when the destination was seen to be free; null when that was not checked. */
  destinationFreeAt: string | null;
  /** The answer, where nothing is to be submitted: an earlier export has succeeded, and its object is there as it was. */
  earlierResult?: ExportImageResult;
}

export interface SubmitInput {
  request: ExportRequest;
  /** False while an earlier POST of this intent may still be under way, as in a run that was reset: then none is sent. */
  mayPost: boolean;
  /** The run that asked for this submit. A reset hands it to another run, in which it must not be sent any more. */
  runId: string;
  /**
   * The first run of the workflow, before any continue-as-new, retry or reset: a job is offered to no later export of the
   * same id. A workflow of 0.2 does not say it.
   */
  firstRunId?: string;
  /** Whether an earlier submit of this intent was ambiguous, so that an export may run. Workflows before 0.3 do not say it. */
  isProbe?: boolean;
  /** How long a job whose id Temporal does not take is offered to it: as long as an ambiguous submit settles. */
  offerForMs?: number;
}

export type SubmitOutcome =
  | { kind: 'accepted'; jobId: string }
  /**
   * Permanently refused; nothing runs. `denied`, by workers before 0.3, when it is the credentials or their permissions that
   * were refused: they are `notExecuted` since, and count when they are refused again.
   */
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
  /** An object must be there, so that one reading that finds none is not enough. */
  expected?: boolean;
  /** When the job ran whose object this should be, where it was started elsewhere: that it is not is read more than once. */
  job?: Pick<ObservedJob, 'beginTime' | 'endTime'>;
}

/** What stands at the destination of an ambiguous submit. */
export type ReconcileOutcome =
  /** `date` is the clock of OBS at that moment (ISO 8601), where it said one. */
  | { kind: 'free'; date?: string | null }
  /**
   * An object that may be ours. `doubt` says why its metadata or bytes do not prove that; null when they do. `passing` is
   * true of a doubt that a later read may remove, since OBS did not answer everything.
   */
  | { kind: 'candidate'; object: ExportedObject; doubt: string | null; passing?: boolean }
  /** OBS denies the read. */
  | { kind: 'denied'; error: CloudErrorInfo };

export interface PollInput {
  request: ExportRequest;
  jobId: string;
  /** A person asked for this poll, perhaps after fixing the credentials: refused ones are tried once more. */
  askedFor: boolean;
}

export type PollOutcome =
  | { kind: 'observed'; job: ObservedJob }
  /** 401 or 403: the credentials must be fixed; the job itself is not in doubt. */
  | { kind: 'denied'; error: CloudErrorInfo }
  /** The cloud does not know the job (yet). */
  | { kind: 'notFound'; error: CloudErrorInfo }
  | { kind: 'error'; error: CloudErrorInfo; retryAfterMs: number | null };

/** One reading of the job. */
export interface ObservedJob {
  /** The image that the job exports; null when the cloud says none. */
  imageId: string | null;
  /** `EXPORT_JOB_TYPE` for an export; null when the cloud says none. */
  jobType: string | null;
  /** As the cloud spelled it, upper-cased; FAILED is read as FAIL. */
  status: string;
  /** Fraction 0..1; null when the cloud reports none. */
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

/** The activities of a batch, by name; on the same task queue as {@link ExportActivities}. */
export interface BatchActivities {
  imsPlanBatch(input: PlanBatchInput): Promise<BatchPlan>;
  imsListImages(input: ListImagesInput): Promise<ListedImage[]>;
  imsLookAtExports(input: CheckLivenessInput): Promise<ExportLiveness[]>;
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
  /** A batch that was planned before 0.3 does not say it: never. */
  failWhen?: FailWhen;
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
  /** Bytes; null where the cloud does not say. */
  sizeBytes: number | null;
  encrypted: boolean;
}

/** Argument of `imsLookAtExports`. */
export interface CheckLivenessInput {
  exports: Array<{
    workflowId: string;
    /** First run of the export; null means the latest export of that id. */
    firstRunId: string | null;
  }>;
}

/** @deprecated Use {@link CheckLivenessInput}. */
export type LookAtExportsInput = CheckLivenessInput;

/** What Temporal knows of an export that did not report. */
export type ExportLiveness =
  /** `parentId` is the workflow that has started it as a child. */
  | { kind: 'running'; firstRunId: string; parentId: string | null; imageId: string | null }
  /** `earlier` is what the next run of that id is told of. A worker of 0.2 does not say it. */
  | { kind: 'ended'; report: ExportEnded; earlier?: EarlierExport | null }
  /** A workflow that is no export has completed under the id of this one, so that Temporal starts none by that id. */
  | { kind: 'idTaken'; workflowType: string }
  /** Temporal no longer knows it. */
  | { kind: 'gone' }
  /** `closed` where it has ended, and how cannot be decoded; `refused` where Temporal has answered, and does not show it. */
  | { kind: 'notRead'; reason: string; closed?: { firstRunId: string }; refused?: boolean };

/** @deprecated Use {@link ExportLiveness}. */
export type ExportLook = ExportLiveness;
