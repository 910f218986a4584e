/**
 * Where an export stands: the answer to its query, its memo and its search attributes.
 *
 * @module
 */
import type { ObjectFormat } from './input';
import type { ExportSettings } from './options';

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

/**
 * Why the operator should check: the export waits for an answer, for working credentials or for an activity worker, its progress
 * stands still, or its outcome is unknown.
 */
export type ExportAttention = 'needsAnswer' | 'parked' | 'noWorker' | 'stalled' | 'outcomeUnknown';

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
  /** The job that `resolveSubmission` or `attach` named, and what became of it; null when none was named. */
  resolution: ResolutionStatus | null;
  /** The earlier run of this workflow id that its starter found; null when there was none, or it was not passed on. */
  earlier: EarlierExport | null;
  warnings: string[];
}

/** What became of a job that was named. */
export interface ResolutionStatus {
  jobId: string;
  /** Null while the cloud has neither confirmed nor clearly contradicted it: the answer is kept, and checked again. */
  taken: boolean | null;
  /** Why it was not taken; while `taken` is null, what the last check met. */
  objection: string | null;
}

/** An earlier, closed run of the same workflow id, as its memo and result show it. */
export interface EarlierExport {
  runId: string;
  /** Null where the run left none: it was terminated, or is older than the memo. */
  outcome: ExportOutcome | null;
  remoteJob: RemoteJob | null;
  jobId: string | null;
  fileFormat: ObjectFormat | null;
  /** The object that it verified, when it succeeded. */
  object: { size: number; etag: string; lastModified: string } | null;
  /** ISO 8601. */
  finishedAt: string | null;
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
  /** Set with the job, and at the end of an export that failed without one. */
  imageId?: string;
  bucketUrl?: string;
  /** Set with the job where the export attached to it: that it writes to `bucketUrl` was taken from the input. */
  attached?: true;
  /** Set at the start, by the starter that found an earlier run of this workflow id. Not a job of this run. */
  earlier?: EarlierExport;
  /** Set at the end. */
  outcome?: ExportOutcome;
  remoteJob?: RemoteJob;
  /** Set at the end: a job that a person named, and that the cloud has neither confirmed nor clearly contradicted. It may run. */
  namedJobId?: string;
  /**
   * Set at the end of an export that failed: the failure's type, its message, of at most 200 bytes, and in `code` which of its type it
   * is: the rule that refused, the cloud's code, the reason or the field.
   */
  failure?: { type: string; message: string; code?: string };
  /** Set at the end of a cancel with `onCancel: 'drain'`: whether the object was deleted, or left where it is. */
  object?: DiscardOutcome['kind'];
}

export type DiscardOutcome =
  | { kind: 'discarded' }
  | { kind: 'alreadyGone' }
  /** Left where it is: it is not, or not surely, the object of our job, or OBS refused. */
  | { kind: 'kept'; reason: string };
