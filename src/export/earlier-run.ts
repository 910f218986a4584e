/**
 * The earlier run of an export that a starter finds, as the new run is told of it. No part of the workflow's bundle.
 *
 * @module
 */
import { type EarlierExport, EXPORT_IMAGE_WORKFLOW, type ExportImageResult, type ExportMemo } from '../contract';
import { readEarlier } from './earlier';

/** A run that has ended, and the image that it was of. */
export interface EarlierRun {
  earlier: EarlierExport;
  /** Null where its memo does not say. */
  imageId: string | null;
}

/** What is needed of a description by Temporal. */
export interface ClosedRun {
  runId: string;
  /** Workflow type. */
  type: string;
  closeTime?: Date;
  memo?: ExportMemo;
  /** Set where some of its memo cannot be decoded here. */
  unreadable?: boolean;
}

/** The run itself; null where it is no export, or nobody can say here how it ended. */
export function earlierRun({ runId, type, memo, closeTime, unreadable }: ClosedRun): EarlierRun | null {
  if (type !== EXPORT_IMAGE_WORKFLOW || unreadable) return null;
  const { outcome, remoteJob, jobId, namedJobId, imageId } = (memo ?? {}) as { [field in keyof ExportMemo]?: unknown };
  const finishedAt = closeTime?.toISOString() ?? null;
  const earlier = readEarlier({ runId, outcome, remoteJob, jobId: jobId ?? namedJobId, finishedAt });
  return earlier && { earlier, imageId: typeof imageId === 'string' ? imageId : null };
}

/**
 * What a run without a job of its own was told: the run before it, whose job may still run. Null where it had a job, or was told
 * of none.
 */
export function toldOf(run: ClosedRun, own = earlierRun(run)): EarlierExport | null {
  if (own === null || run.memo?.jobId !== undefined || own.earlier.outcome === 'succeeded') return null;
  return readEarlier(run.memo?.earlier);
}

/**
 * What the next run is told of: of a success its object, which is compared, and of a run that began nothing what that one was told.
 *
 * @param result of a run that has succeeded; null where it has none, or none that can be read
 */
export function earlierToPass(
  run: ClosedRun,
  result: ExportImageResult | null,
  read = earlierRun(run),
): EarlierExport | null {
  const own = read?.earlier ?? null;
  if (result !== null) {
    const { jobId, fileFormat, object, finishedAt } = result;
    return readEarlier({ ...own, jobId, fileFormat, object, finishedAt });
  }
  return own !== null && beganNothing(own) ? (toldOf(run, read) ?? own) : own;
}

/** One that was terminated says nothing of what it began; without a job id it is no better to know than the run before it. */
function beganNothing({ outcome, remoteJob, jobId }: EarlierExport): boolean {
  return remoteJob === 'none' || (outcome === null && jobId === null);
}
