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
export function toldOf(run: ClosedRun): EarlierExport | null {
  const own = earlierRun(run);
  if (own === null || run.memo?.jobId !== undefined || own.earlier.outcome === 'succeeded') return null;
  return readEarlier(run.memo?.earlier);
}

/** What the next run is told of: of a run that began nothing, what that one was told. */
export function earlierToPass(run: ClosedRun): EarlierExport | null {
  const own = earlierRun(run)?.earlier ?? null;
  return own !== null && beganNothing(own) ? (toldOf(run) ?? own) : own;
}

/** One that was terminated says nothing of what it began; without a job id it is no better to know than the run before it. */
function beganNothing({ outcome, remoteJob, jobId }: EarlierExport): boolean {
  return remoteJob === 'none' || (outcome === null && jobId === null);
}

/** What the next run is told of a run with that result: it compares the object. */
export function afterSuccess(run: ClosedRun, result: ExportImageResult): EarlierExport | null {
  const { jobId, fileFormat, object, finishedAt } = result;
  return readEarlier({ ...earlierRun(run)?.earlier, jobId, fileFormat, object, finishedAt });
}
