/**
 * Batches of exports.
 *
 * @module
 */
import { FILE_FORMATS, type FileFormat, type ObjectFormat } from './input';
import type { ExportOptions } from './options';
import type { ExportOutcome, RemoteJob } from './status';

/** Most images of one batch: its result, with a verdict for each, has to stay well below the 2 MB of a payload. */
export const MAX_BATCH_IMAGES = 5_000;

/** Exports of a batch at the same time. */
export const BATCH_CONCURRENCY = {
  /** The quota of ExportImage: 20 requests in 5 s. */
  default: 20,
  /** A workflow of Temporal may have 2,000 children and 2,000 requests to cancel pending; this stays far below. */
  max: 500,
  /** @deprecated Use `max`. */
  most: 500,
} as const;

/** `quick` is a quick export; `auto` is one where the image is too large for a conversion, and qcow2 elsewhere. */
export const BATCH_FORMATS = [...FILE_FORMATS, 'quick', 'auto'] as const;

export type BatchFormat = FileFormat | 'quick' | 'auto';

/** What may stand in braces in the object keys of a batch. */
export const KEY_PLACEHOLDERS = ['name', 'imageId', 'format', 'date', 'time'] as const;

/**
 * When a batch itself fails: `never` by what became of its images; `any`: one of them has no verdict of success; `all`: none
 * of them has. `succeeded`, `alreadyExported` and `valid` are verdicts of success.
 */
export const FAIL_WHEN = ['never', 'any', 'all'] as const;

export type FailWhen = (typeof FAIL_WHEN)[number];

/** The verdicts that an image is where it should be, or of a dry run that it can be exported. */
export const GOOD_VERDICTS = ['succeeded', 'alreadyExported', 'valid'] as const satisfies readonly BatchVerdict[];

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
  /** When the batch itself fails, as BatchFailed: for schedules and alerts, which see no verdicts. @default 'never' */
  failWhen?: FailWhen;
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
 * - `succeeded`; `alreadyExported`: an earlier export had put this image there in this format, and its object is still there
 * - `failed`: the cloud's job failed, or its object is not right
 * - `unknown`: the outcome of a job that may still run is not known; also when the export was terminated from outside
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
  /** Of a dry run: what the cloud may refuse, or is worth a check; cut in large batches. */
  warnings?: string[];
}

export type BatchCounts = { [verdict in BatchVerdict]: number };

/** What `exportImagesWorkflow` returns, also when every image failed, unless `failWhen` says otherwise. */
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
  /** Set at the end of a batch that failed itself: as in the memo of an export. */
  failure?: { type: string; message: string; code?: string };
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
  /** Nothing was submitted: an earlier export had put the image there in this format, and its object is still there. */
  alreadyExported?: true;
}
