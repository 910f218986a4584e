import { CancelledFailure, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { ExportImageInput, ExportImageResult } from '../contract';
import { readEarlier } from '../export/earlier';
import { isExportFailure, stateFromOutside } from '../export/failures';
import { cancelRequested } from './cancellation';
import { continuesARun, followsAnEarlierAttempt } from './continuation';
import { listen } from './messages';
import { is03 } from './patches';
import { publish } from './publishing';
import {
  beginTracking,
  type ExportState,
  isSubmitted,
  isValidated,
  resumeTracking,
  type Tracking,
  type Validated,
} from './state';
import { attentionOf } from './status';
import { attach as attachTo } from './steps/attach';
import { drain } from './steps/drain';
import { pollUntilSuccess } from './steps/poll';
import { submit } from './steps/submit';
import { validate } from './steps/validate';
import { unconfirmedResult, verify } from './steps/verify';
import { endAsCanceled, endAsFailed, endAsSucceeded } from './verdict';

/**
 * Exports one image to OBS and returns the verified object.
 *
 * Start it under the id of its destination, `exportWorkflowId`, so that one destination has one tracker. Cancelling
 * it stops the tracking, or with `onCancel: 'drain'` follows the job to its end and deletes its object; the cloud has no way
 * to cancel the job itself.
 *
 * @param input the image, the destination and the format. Anything else ends as InvalidExportRequest.
 * @param resumed the state of the run before, handed on by continue-as-new; refused from any other source.
 * @throws ApplicationFailure, non-retryable, of one of the types in `FAILURE_TYPES`
 */
export async function exportImageWorkflow(input: ExportImageInput, resumed?: ExportState): Promise<ExportImageResult> {
  const tracking = setUp(input, resumed);
  try {
    if (isFromOutside(resumed)) throw stateFromOutside();
    const result = await run(tracking);
    await endAsSucceeded(tracking, result);
    return result;
  } catch (error) {
    if (isExportFailure(error)) throw await endAsFailed(tracking, error);
    if (cancelRequested() && isCancellation(error)) {
      if (isValidated(tracking) && tracking.carried.request.options.onCancel === 'drain') await drain(tracking);
      await endAsCanceled(tracking);
      throw new CancelledFailure('The export was canceled');
    }
    throw error;
  }
}

async function run(tracking: Tracking): Promise<ExportImageResult> {
  const validated = isValidated(tracking) ? tracking : await validate(tracking);
  if (tracking.run.earlierResult !== null) return tracking.run.earlierResult;
  if (!isSubmitted(validated)) await submitOrAttach(validated);
  if (!isSubmitted(validated)) return unconfirmedResult(validated);
  // A run that goes on after the job has ended does not ask for it again: the cloud forgets jobs.
  if (validated.run.remoteJob !== 'ended' || !is03(validated)) await pollUntilSuccess(validated);
  return await verify(validated);
}

async function submitOrAttach(tracking: Validated): Promise<void> {
  const { attach } = tracking.carried.request;
  return attach === null ? await submit(tracking) : await attachTo(tracking, attach.jobId);
}

function isFromOutside(resumed: ExportState | undefined): boolean {
  return resumed !== undefined && !continuesARun();
}

/** Reads nothing of the input, which can be anything: an error here would fail the workflow task again and again. */
function setUp(input: unknown, resumed: ExportState | undefined): Tracking {
  const { startTime, memo } = workflowInfo();
  // No attempt with a state from outside has submitted anything.
  const mayHaveSubmitted = followsAnEarlierAttempt() && !isFromOutside(resumed);
  const tracking =
    resumed !== undefined && continuesARun()
      ? resumeTracking(input, resumed, mayHaveSubmitted)
      : beginTracking(input, startTime.getTime(), mayHaveSubmitted, readEarlier(memo?.earlier));
  listen(tracking);
  // The run before has reported it.
  tracking.run.recordedAttention = resumed === undefined ? null : attentionOf(tracking, Date.now());
  publish(tracking);
  return tracking;
}
