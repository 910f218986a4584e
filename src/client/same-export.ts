/**
 * Whether an export that runs, or has succeeded, is the one that a caller means.
 *
 * @module
 */
import {
  type DestinationBusyDetails,
  type DestinationExistsDetails,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageResult,
  type ExportRequest,
  exportWorkflowId,
} from '../contract';
import { takenIdText } from '../export/summaries';
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

/**
 * Of a start that finds another state than it read just before. An export that ends in the middle is seen once; more than a
 * few times is not to be expected.
 */
export const MOST_TRIES = 10;

/**
 * Only an export can be joined, or have a result. Any other workflow that runs, or has completed, under the id of the
 * destination keeps Temporal from starting an export by that id.
 *
 * @throws ExportError DestinationBusy
 */
export function refuseOtherType(workflowType: string, { imageId, bucketUrl }: ExportRequest): void {
  if (workflowType === EXPORT_IMAGE_WORKFLOW) return;
  const workflowId = exportWorkflowId(bucketUrl);
  const details: DestinationBusyDetails = { imageId, bucketUrl, running: null, workflowId };
  throw new ExportError('DestinationBusy', takenIdText(`The workflow id ${workflowId}`, workflowType), details);
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
