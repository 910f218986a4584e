/**
 * The earlier run of an export that a start finds, as the new run is told of it.
 *
 * @module
 */
import { type EarlierExport, EXPORT_IMAGE_WORKFLOW, type ExportMemo } from '../contract';
import { readEarlier } from '../export/earlier';
import type { Run } from '../temporal/runs';

/** A run that has ended without success, and the image that it was of. */
export interface EarlierRun {
  earlier: EarlierExport;
  /** Null where its memo does not say. */
  imageId: string | null;
}

/** What the start needs of a description. */
export type ClosedRun = Pick<Run, 'runId' | 'type' | 'closeTime'> & { memo?: ExportMemo; unreadable?: boolean };

/** The run itself; null where it is no export, or nobody can say here how it ended. */
export function earlierRun({ runId, type, memo, closeTime, unreadable }: ClosedRun): EarlierRun | null {
  if (type !== EXPORT_IMAGE_WORKFLOW || unreadable) return null;
  const { outcome, remoteJob, jobId, imageId } = (memo ?? {}) as { [field in keyof ExportMemo]?: unknown };
  const finishedAt = closeTime?.toISOString() ?? null;
  const earlier = readEarlier({ runId, outcome, remoteJob, jobId, finishedAt });
  return earlier && { earlier, imageId: typeof imageId === 'string' ? imageId : null };
}

/**
 * What a run without a job of its own has handed on: the run before it, whose job may still run. Null where it had a job, or was
 * told of none.
 */
export function handedOn(run: ClosedRun): EarlierExport | null {
  const own = earlierRun(run);
  if (own === null || own.earlier.jobId !== null || own.earlier.outcome === 'succeeded') return null;
  return readEarlier(run.memo?.earlier);
}

/** What the next run is told of: of a run that began nothing, what that one was told. */
export function earlierToPass(run: ClosedRun): EarlierExport | null {
  return handedOn(run) ?? earlierRun(run)?.earlier ?? null;
}
