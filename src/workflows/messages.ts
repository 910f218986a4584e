/**
 * What a running export answers: signals, updates and queries, with the words that the Web UI shows for them.
 *
 * @module
 */
import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import { CONTINUED_AS_NEW, EXPORT_CANCELED, type ExportIntent, type ExportStatus, MESSAGES } from '../contract';
import { refuseOtherIntent } from './intent';
import { statusOf } from './status';
import type { Tracking } from './tracking';

export const pollNow = defineSignal(MESSAGES.signals.pollNow);
export const awaitSubmitted = defineUpdate<string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted);
export const exportStatus = defineQuery<ExportStatus>(MESSAGES.queries.exportStatus);

/** Called before anything is awaited, so that no message of the first workflow task is lost. */
export function listen(tracking: Tracking): void {
  setHandler(pollNow, () => wakeUp(tracking), {
    description: 'Check the job at once instead of waiting for the next poll.',
  });
  setHandler(exportStatus, () => statusOf(tracking, Date.now()), {
    description:
      'Where the export stands: phase, progress, job id, deadline, and what remains in the cloud. Answers after the end too.',
  });
  setHandler(awaitSubmitted, () => untilSubmitted(tracking), {
    description:
      'Wait until the cloud has accepted the export and return the job id. Argument: {imageId, fileFormat or isQuickExport}; refused when this export is of another image or format.',
    validator: (intent) => refuseOtherIntent(tracking, intent),
  });
}

function wakeUp(tracking: Tracking): void {
  tracking.wake = true;
}

/**
 * The job id, or the export's own failure. Runs outside the workflow's cancellation: a cancel in the middle of the submit
 * lets the POST settle first, and then there is a job id to tell.
 */
async function untilSubmitted(tracking: Tracking): Promise<string> {
  await CancellationScope.nonCancellable(() =>
    condition(() => tracking.jobId !== null || tracking.ended !== null || tracking.continuing),
  );
  if (tracking.jobId !== null) return tracking.jobId;
  if (tracking.ended === null) {
    throw ApplicationFailure.nonRetryable('The export goes on in a new run; ask again.', CONTINUED_AS_NEW);
  }
  if (tracking.ended.failure !== null) throw tracking.ended.failure;
  throw ApplicationFailure.nonRetryable('The export was canceled before a job id was known.', EXPORT_CANCELED);
}
