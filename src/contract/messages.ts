/**
 * Signals, updates and queries of an export.
 *
 * @module
 */
import type { Duration } from './duration';
import type { FileFormat } from './input';
import type { ExportSettings, TunableOption } from './options';

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

/**
 * Type of the failure that `awaitSubmitted` ends with when the export succeeded without a job of its own: its job was never seen
 * (`acceptUnconfirmed`), or an earlier export has succeeded and its object is still there.
 */
export const EXPORT_UNCONFIRMED = 'ExportUnconfirmed';

/** Type of the failure of `resolveSubmission` when there is nothing to resolve. */
export const NOTHING_TO_RESOLVE = 'NothingToResolve';

/** Type of the failure of `retune` while the input is being validated: its options are not known yet; ask again. */
export const NOT_VALIDATED_YET = 'NotValidatedYet';

/** Type of the failure of an update that came while the export was ending. */
export const EXPORT_ENDED = 'ExportEnded';

/**
 * Argument of the update `retune`. A deadline counts from the start of the export, as in its input; with a plus, such as
 * `'+6h'`, it moves the one in force.
 */
export type RetuneInput = { [option in TunableOption]?: Duration };

/** What `retune` answers: what is in force from now on. */
export interface RetuneOutcome {
  /** ISO 8601. */
  deadlineAt: string;
  options: ExportSettings;
}

/**
 * Argument of the update `resolveSubmission`. With `runId`, the run in which the job was submitted, it is the answer to the
 * POST as the worker that sent it offers it; without, it is the word of the operator.
 */
export type SubmissionResolution = { jobId: string; runId?: string } | { notSubmitted: true };

/** `details[0]` of NothingToResolve. */
export interface NothingToResolveDetails {
  /** The job of this export; null when none is known. The same id as that of the answer means that it has arrived. */
  jobId: string | null;
}
