/**
 * Whether an export that runs, or has succeeded, is the one that a caller means.
 *
 * @module
 */
import type { DestinationBusyDetails, DestinationExistsDetails, ExportImageResult, ExportRequest } from '../contract';
import { type ImageAndFormat, isSameImageAndFormat } from '../workflows/image-and-format';
import { ExportError } from './errors';

/** What runs at a destination, as far as it is known. */
export interface RunningExport extends ImageAndFormat {
  /** Null while there is no job. */
  jobId: string | null;
  /** ISO 8601. */
  startedAt: string;
}

/**
 * Joining is right only for the same image and format; whoever means a job joins only its own tracking.
 *
 * @throws ExportError DestinationBusy
 */
export function refuseOtherExport(running: RunningExport, request: ExportRequest): void {
  const isSameJob = running.jobId === null || request.attach === null || running.jobId === request.attach.jobId;
  if (isSameImageAndFormat(running, request) && isSameJob) return;
  const { imageId, fileFormat, startedAt } = running;
  throw destinationBusy(
    running,
    request,
    `${request.bucketUrl} is already the destination of image ${imageId} (${fileFormat ?? 'unknown format'}, since ${startedAt}). Choose another object key, or wait for that export.`,
  );
}

/** A DestinationBusy that says so in its own words. */
export function destinationBusy(running: RunningExport, request: ExportRequest, message: string): ExportError {
  const { imageId, fileFormat, startedAt } = running;
  const details: DestinationBusyDetails = {
    imageId: request.imageId,
    bucketUrl: request.bucketUrl,
    running: { imageId, fileFormat, isQuickExport: fileFormat === 'zvhd2', startedAt },
  };
  return new ExportError('DestinationBusy', message, details);
}

/**
 * The result of an earlier export answers a later start of the same.
 *
 * @throws ExportError DestinationExists
 */
export function refuseOtherResult(result: ExportImageResult, request: ExportRequest): void {
  const isSameFormat = result.fileFormat === request.fileFormat || request.fileFormat === null;
  const isSameJob = request.attach === null || result.jobId === request.attach.jobId;
  if (result.imageId === request.imageId && isSameFormat && isSameJob) return;
  const details: DestinationExistsDetails = {
    imageId: request.imageId,
    bucketUrl: request.bucketUrl,
    object: result.object,
  };
  throw new ExportError(
    'DestinationExists',
    `${request.bucketUrl} already holds image ${result.imageId} (${result.fileFormat}), exported ${result.finishedAt}. Choose another object key.`,
    details,
  );
}
