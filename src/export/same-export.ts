/**
 * Is it the same export? `joining.ts` holds what follows for each caller; it stays out of the workflow bundle.
 *
 * @module
 */
import type { ObjectFormat } from '../contract';

/** What an export writes. Two callers share one export only when both mean the same. */
export interface ImageAndFormat {
  imageId: string;
  /** What the object will be; null where it is not known. */
  fileFormat: ObjectFormat | null;
}

/** What a caller means. */
export interface Wanted extends ImageAndFormat {
  /** The job to track; absent where the caller names none. */
  jobId?: string;
}

/** An export that runs or ran, as far as it is known. */
export interface FoundExport {
  imageId: string | null;
  fileFormat: ObjectFormat | null;
  jobId?: string | null;
}

/** A running export, as a failure describes it. */
export interface RunningExport extends ImageAndFormat {
  /** Null while there is no job. */
  jobId: string | null;
  /** ISO 8601. */
  startedAt: string;
}

/** What code outside of the workflow reads from the state that continue-as-new hands on. */
export interface HandedOn {
  /** Start of the first run. */
  startedAtMs: number;
}

/** Reads image and format from a request or from an input that can be anything; undefined where it names no image. */
export function readImageAndFormat(input: unknown): ImageAndFormat | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { imageId, fileFormat, isQuickExport } = input as { [field: string]: unknown };
  if (typeof imageId !== 'string') return undefined;
  const format = isQuickExport === true ? 'zvhd2' : fileFormat;
  return { imageId: imageId.toLowerCase(), fileFormat: typeof format === 'string' ? (format as ObjectFormat) : null };
}

/** The job that an input, which can be anything, names to attach to; undefined where it names none. */
export function readAttachedJob(input: unknown): string | undefined {
  const { attach } = (input ?? {}) as { attach?: { jobId?: unknown } | null };
  return typeof attach?.jobId === 'string' ? attach.jobId : undefined;
}

/** A format that is not known fits any. */
export function isSameImageAndFormat(one: FoundExport, other: ImageAndFormat): boolean {
  const isSameFormat = one.fileFormat === null || other.fileFormat === null || one.fileFormat === other.fileFormat;
  return one.imageId === other.imageId && isSameFormat;
}

/** An earlier result of unknown format is no answer for a caller that wants a certain format. */
export function isSameResult(result: FoundExport, wanted: ImageAndFormat): boolean {
  return isSameImageAndFormat(result, wanted) && (result.fileFormat !== null || wanted.fileFormat === null);
}

/** The job that was found, compared with the wanted one. `unnamed`: the caller names none. `sought`: the export searches for its job. */
export type Job = 'unnamed' | 'same' | 'other' | 'none' | 'sought';

export function compareJobs(found: FoundExport | undefined, { jobId }: Wanted, seeksJob = false): Job {
  if (jobId === undefined) return 'unnamed';
  if (seeksJob) return 'sought';
  if (found?.jobId == null) return 'none';
  return found.jobId === jobId ? 'same' : 'other';
}
