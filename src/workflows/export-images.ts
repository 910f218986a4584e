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
import { type BatchOutcome, type ExportImagesInput, type ExportImagesResult, GOOD_VERDICTS } from '../contract';
import { batchFailed, isExportFailure, stateFromOutside } from '../export/failures';
import { iso } from '../export/time';
import { cancelAll } from './batch/canceling';
import { keepChecking } from './batch/liveness';
import { listen } from './batch/messages';
import { plan } from './batch/plan';
import { publish } from './batch/publishing';
import {
  askedFor,
  type Batch,
  type BatchState,
  beginBatch,
  countsOf,
  memoOf,
  planOf,
  resumeBatch,
} from './batch/state';
import { lastTroublesOf } from './batch/status';
import { exportAll } from './batch/window';
import { cancelRequested } from './cancellation';
import { continuesARun, followsAnEarlierAttempt } from './continuation';
import { recordBatchEnd } from './telemetry';

/**
 * Exports many images to OBS, a limited number at a time, and returns a verdict on each. It completes also when exports fail,
 * unless `failWhen` asks otherwise.
 *
 * Each export is a workflow of its own, {@link exportImageWorkflow}, under the id of its destination: it is seen, steered and
 * retuned by itself, and outlives this workflow when that is terminated. Cancelling the batch cancels those that run.
 *
 * @param input the images or a query, and where they go. Anything else ends as InvalidExportRequest.
 * @param resumed the state of the run before, handed on by continue-as-new; refused from any other source.
 * @throws ApplicationFailure, non-retryable, of one of the `BATCH_FAILURE_TYPES`: nothing was submitted, but with `BatchFailed`,
 *   which has the counts of the verdicts, and with `ExportOutcomeUnknown`: an attempt before a reset or a retry may have started
 *   exports
 */
export async function exportImagesWorkflow(
  input: ExportImagesInput,
  resumed?: BatchState,
): Promise<ExportImagesResult> {
  const batch = setUp(input, resumed);
  try {
    if (resumed !== undefined && !continuesARun()) throw stateFromOutside();
    await run(batch);
    failWhenAsked(batch);
    await end(batch, 'completed', null);
    return resultOf(batch);
  } catch (error) {
    if (isExportFailure(error)) await end(batch, 'failed', error);
    if (cancelRequested() && isCancellation(error)) {
      await cancelAll(batch);
      await end(batch, 'canceled', null);
      throw new CancelledFailure('The batch was canceled');
    }
    throw error;
  }
}

async function run(batch: Batch): Promise<void> {
  if (batch.plan === null) await plan(batch);
  keepChecking(batch);
  await exportAll(batch);
}

/** @throws ApplicationFailure BatchFailed */
function failWhenAsked(batch: Batch): void {
  const { failWhen = 'never' } = planOf(batch);
  const counts = countsOf(batch);
  const total = batch.items.length;
  const good = GOOD_VERDICTS.reduce((sum, verdict) => sum + counts[verdict], 0);
  const isEnough = failWhen === 'any' ? good === total : good > 0 || total === 0;
  if (failWhen === 'never' || isEnough) return;
  throw batchFailed(workflowInfo().workflowId, { failWhen, total, counts, troubles: lastTroublesOf(batch) });
}

/** Reads nothing of the input, which can be anything: an error here would fail the workflow task again and again. */
function setUp(input: unknown, resumed: BatchState | undefined): Batch {
  const batch =
    resumed !== undefined && continuesARun()
      ? resumeBatch(input, resumed, followsAnEarlierAttempt())
      : beginBatch(input, workflowInfo().startTime.getTime(), followsAnEarlierAttempt());
  listen(batch);
  publish(batch);
  return batch;
}

/** Says how it ended where it can still be read afterwards. */
async function end(batch: Batch, outcome: BatchOutcome, failure: ApplicationFailure | null): Promise<void> {
  batch.ended = { outcome, atMs: Date.now(), failure };
  upsertMemo(memoOf(batch));
  publish(batch);
  recordBatchEnd(Object(askedFor(batch)).dryRun, outcome, failure, countsOf(batch));
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
}

function resultOf(batch: Batch): ExportImagesResult {
  const { items, plan: planned, startedAtMs, ended, warnings } = batch;
  return {
    dryRun: planned?.dryRun ?? false,
    total: items.length,
    counts: countsOf(batch),
    items: items.flatMap((item) => (item.at === 'ended' ? [item.result] : [])),
    startedAt: iso(startedAtMs),
    finishedAt: iso(ended?.atMs ?? Date.now()),
    warnings,
  };
}
