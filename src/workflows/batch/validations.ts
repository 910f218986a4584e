import { ActivityFailure, ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { BatchItemResult, PlannedExport } from '../../contract';
import { shortReason } from '../../export/failures';
import { activityError, imsValidateExport } from '../activity-stubs';
import { cancelRequested } from '../cancellation';
import { activityTaskQueue } from '../task-queues';
import { inputOf } from './children';
import { askedFor, type Batch, settle } from './state';

/** Validates the export of an image, in a dry run: nothing is submitted. */
export function validateExport(batch: Batch, position: number): void {
  const item = batch.items[position];
  if (item?.at !== 'pending') return;
  batch.starting.add(position);
  void validated(batch, item.planned).then((result) => {
    batch.starting.delete(position);
    settle(batch, position, result);
  });
}

async function validated(batch: Batch, planned: PlannedExport): Promise<BatchItemResult> {
  const { imageId, bucketUrl } = planned;
  const { notify, ...input } = inputOf(batch, planned);
  try {
    const taskQueue = activityTaskQueue(askedFor(batch));
    const options = { summary: `validate ${imageId}`, taskQueue };
    const { earlierResult, warnings } = await imsValidateExport.executeWithOptions(options, [input]);
    const verdict = earlierResult ? 'alreadyExported' : 'valid';
    return { imageId, bucketUrl, verdict, ...(warnings[0] && { warnings }) };
  } catch (error) {
    if (cancelRequested() && isCancellation(error)) return { imageId, bucketUrl, verdict: 'notStarted' };
    const cause = error instanceof ActivityFailure ? error.cause : error;
    const isFinal = cause instanceof ApplicationFailure && cause.nonRetryable;
    const { code, message } = activityError(error, 'ValidateExport');
    const failure = isFinal
      ? { type: cause.type ?? '', message: batch.items[1] ? shortReason(cause) : cause.message }
      : { type: 'SubmitRejected', message: `It could not be validated: ${code}: ${message}` };
    return { imageId, bucketUrl, verdict: 'refused', failure };
  }
}
