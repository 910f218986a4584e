/**
 * From the report of an export to the verdict on its image. Pure.
 *
 * @module
 */
import type { BatchItemResult, BatchVerdict, ExportEnded, PlannedExport } from '../../contract';
import { saysNothingSubmitted } from '../../export/failures';
import { cutToBytes } from '../../export/quoting';
import { isSameResult } from '../../export/same-export';
import { takenIdText } from '../../export/summaries';

/** The verdict on an image whose export, started by this batch, has ended. */
export function resultOf({ imageId, bucketUrl }: PlannedExport, report: ExportEnded): BatchItemResult {
  const { jobId, object, failure, remoteJob } = report;
  const verdict = verdictOf(report);
  const isTrackedNoMore = verdict === 'canceled' || verdict === 'unknown';
  const isLeft = isTrackedNoMore && (remoteJob === 'running' || remoteJob === 'unknown');
  return {
    imageId,
    bucketUrl,
    verdict,
    ...(jobId ? { jobId } : {}),
    ...(object ? { size: object.size, etag: object.etag } : {}),
    ...(isLeft ? { remoteJob } : {}),
    ...(failure ? { failure: { type: failure.type, message: failure.message } } : {}),
  };
}

function verdictOf({ outcome, failure, alreadyExported }: ExportEnded): BatchVerdict {
  if (alreadyExported) return 'alreadyExported';
  if (outcome !== 'failed') return outcome;
  return saysNothingSubmitted(failure?.type ?? '') ? 'refused' : 'failed';
}

/** An export that has not said its image yet may be of any. */
export function isOfImage({ imageId }: PlannedExport, other: string | null): boolean {
  return other === null || other.toLowerCase() === imageId;
}

/** The verdict on an image when an earlier export has written its destination, in a batch that was begun before 0.3. */
export function resultOfEarlier(planned: PlannedExport, report: ExportEnded): BatchItemResult {
  const { imageId, bucketUrl, format } = planned;
  if (isSameResult(report, { imageId, fileFormat: format === 'quick' ? 'zvhd2' : format })) {
    return { ...resultOf(planned, report), verdict: 'alreadyExported' };
  }
  const message = `Image ${report.imageId} (${report.fileFormat}) was exported there. Choose another object key.`;
  return { imageId, bucketUrl, verdict: 'refused', failure: { type: 'DestinationExists', message } };
}

/** The verdict on an image when another caller exports to its destination. */
export function resultOfBusy({ imageId, bucketUrl }: PlannedExport, other: string | null): BatchItemResult {
  const what = other === null || other === imageId ? '' : ` It is of another image, ${other}.`;
  const message = `Another export, not of this batch, runs there.${what}`;
  return { imageId, bucketUrl, verdict: 'alreadyExporting', failure: { type: 'DestinationBusy', message } };
}

/** The verdict on an image whose export cannot have the id of its destination, since a workflow of another type had it. */
export function resultOfTakenId({ imageId, bucketUrl }: PlannedExport, workflowType: string): BatchItemResult {
  const message = takenIdText('The workflow id of this export', workflowType);
  return { imageId, bucketUrl, verdict: 'refused', failure: { type: 'DestinationBusy', message } };
}

/** The verdict on an image that nothing was submitted for. @param startedBefore but an earlier attempt may have started its export */
export function resultOfRefusal(
  { imageId, bucketUrl }: PlannedExport,
  failure: { type: string; message: string },
  startedBefore: boolean,
): BatchItemResult {
  if (!startedBefore) return { imageId, bucketUrl, verdict: 'refused', failure };
  const message = `An attempt before the reset or retry may have started its export; now: ${failure.message}`;
  const unknown = { type: 'ExportOutcomeUnknown', message };
  return { imageId, bucketUrl, verdict: 'unknown', remoteJob: 'unknown', failure: unknown };
}

/** Bytes of a message in a batch of some hundred images, and in the largest. The export's own history has all of it, and a dry run of one. */
const MAX_MESSAGE = 2_000;
const MIN_MESSAGE = 48;

/** Of all messages together: state and result of a batch have to stay well below the 2 MB of a payload. */
const MESSAGE_BYTES = 240_000;

/** The bytes that each item may keep of its message, in a batch of this size. */
export function maxMessageBytes(items: number): number {
  return Math.max(MIN_MESSAGE, Math.min(MAX_MESSAGE, Math.floor(MESSAGE_BYTES / Math.max(1, items))));
}

/** The same result, its message, or all its warnings together, cut to what a batch of this size can keep. */
export function fitMessages(result: BatchItemResult, items: number): BatchItemResult {
  const { failure, warnings } = result;
  const short = (text: string, texts = 1) => cutToBytes(text, Math.floor(maxMessageBytes(items) / texts));
  return {
    ...result,
    ...(failure && { failure: { ...failure, message: short(failure.message) } }),
    ...(warnings && { warnings: warnings.map((warning) => short(warning, warnings.length)) }),
  };
}
