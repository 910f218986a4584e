/**
 * What is written to a destination: two callers share one export only when both mean the same image and format.
 *
 * Pure, so that the running workflow, the client and the Nexus handler compare alike.
 *
 * @module
 */
import type { ObjectFormat } from '../contract';

export interface ImageAndFormat {
  imageId: string;
  /** What the object will be; null where it is not told. */
  fileFormat: ObjectFormat | null;
}

/** Reads image and format from a request or from an input that can be anything; undefined where it names no image. */
export function readImageAndFormat(input: unknown): ImageAndFormat | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { imageId, fileFormat, isQuickExport } = input as { [field: string]: unknown };
  if (typeof imageId !== 'string') return undefined;
  const format = isQuickExport === true ? 'zvhd2' : fileFormat;
  return { imageId: imageId.toLowerCase(), fileFormat: typeof format === 'string' ? (format as ObjectFormat) : null };
}

/** A format that is not told fits any. */
export function isSameImageAndFormat(one: ImageAndFormat, other: ImageAndFormat): boolean {
  const isSameFormat = one.fileFormat === null || other.fileFormat === null || one.fileFormat === other.fileFormat;
  return one.imageId === other.imageId && isSameFormat;
}
