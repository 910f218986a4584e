import {
  type ApplicationFailure,
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { ExportImageInput, ExportImageResult, ExportOutcome } from '../contract';
import { cancelRequested } from './cancellation';
import { continuesARun, followsAnEarlierAttempt } from './continuation';
import { drain } from './draining';
import { isExportFailure, stateFromOutside } from './failures';
import { listen } from './messages';
import { notifiedWorkflow, notify } from './notification';
import { pollUntilSuccess } from './polling';
import { publish } from './publishing';
import { attentionOf } from './status';
import { attach as attachTo } from './submission/attachment';
import { submit } from './submission/submit';
import { tellEnd } from './telemetry';
import { attachedJobId, beginTracking, type ExportState, requestOf, resumeTracking, type Tracking } from './tracking';
import { validate } from './validation';
import { unconfirmedResult, verify } from './verification';

/**
 * Exports one image to OBS and returns the verified object.
 *
 * Start it under the id of its destination, {@link exportWorkflowId}, so that one destination has one tracker. Cancelling
 * it stops the tracking, or with `onCancel: 'drain'` follows the job to its end and deletes its object; the cloud has no way
 * to cancel the job itself.
 *
 * @param input the image, the destination and the format. Anything else ends as InvalidExportRequest.
 * @param resumed the state of the run before, handed on by continue-as-new; refused from anybody else.
 * @throws ApplicationFailure, non-retryable, of one of the types in {@link FAILURE_TYPES}
 */
export async function exportImageWorkflow(input: ExportImageInput, resumed?: ExportState): Promise<ExportImageResult> {
  const tracking = setUp(input, resumed);
  try {
    if (resumed !== undefined && !continuesARun()) throw stateFromOutside();
    const result = await run(tracking);
    await end(tracking, 'succeeded', null, result);
    return result;
  } catch (error) {
    if (isExportFailure(error)) await end(tracking, verdictOf(error.type), error);
    if (cancelRequested() && isCancellation(error)) {
      if (tracking.request?.options.onCancel === 'drain') await drain(tracking);
      await end(tracking, 'canceled', null);
      throw new CancelledFailure('The export was canceled');
    }
    throw error;
  }
}

async function run(tracking: Tracking): Promise<ExportImageResult> {
  if (tracking.request === null) await validate(tracking);
  if (tracking.jobId === null) await submitOrAttach(tracking);
  if (tracking.unconfirmed !== null) return unconfirmedResult(tracking, tracking.unconfirmed);
  await pollUntilSuccess(tracking);
  return await verify(tracking);
}

async function submitOrAttach(tracking: Tracking): Promise<void> {
  const { attach } = requestOf(tracking);
  return attach === null ? await submit(tracking) : await attachTo(tracking, attach.jobId);
}

/** Reads nothing of the input, which can be anything: an error here would fail the workflow task for ever. */
function setUp(input: unknown, resumed: ExportState | undefined): Tracking {
  const tracking =
    resumed !== undefined && continuesARun()
      ? resumeTracking(input, resumed, followsAnEarlierAttempt())
      : beginTracking(input, workflowInfo().startTime.getTime(), followsAnEarlierAttempt());
  listen(tracking);
  // The run before has told it.
  tracking.toldAttention = resumed === undefined ? null : attentionOf(tracking, Date.now());
  publish(tracking);
  return tracking;
}

function verdictOf(failureType: string | undefined | null): ExportOutcome {
  return failureType === 'ExportOutcomeUnknown' ? 'unknown' : 'failed';
}

/** Says how it ended where it can still be read afterwards, and lets whoever waits for the submit go first. */
async function end(
  tracking: Tracking,
  outcome: ExportOutcome,
  failure: ApplicationFailure | null,
  result: ExportImageResult | null = null,
): Promise<void> {
  // A job that was begun elsewhere goes on, whatever became of its tracking.
  if (tracking.remoteJob === 'none' && attachedJobId(tracking) !== undefined) tracking.remoteJob = 'unknown';
  const { remoteJob, discard } = tracking;
  tracking.phase = 'ended';
  tracking.nextPollAtMs = null;
  tracking.ended = { outcome, atMs: Date.now(), failure };
  upsertMemo(discard === null ? { outcome, remoteJob } : { outcome, remoteJob, object: discard.kind });
  publish(tracking);
  tellEnd(tracking);
  const notified = notifiedWorkflow(tracking);
  if (notified !== undefined) await notify(notified, tracking, result);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
}
