/**
 * The sliding window: as many exports at the same time as were asked for, the next one as soon as one has ended.
 *
 * @module
 */
import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { cancelRequested } from '../cancellation';
import { historyIsLong } from '../history-budget';
import { startExport } from './children';
import { publish } from './publishing';
import { type Batch, carriedBatch, memoOf, planOf, tallyOf } from './state';
import { validateExport } from './validations';

/** Returns when every image has its verdict. */
export async function exportAll(batch: Batch): Promise<void> {
  const begin = planOf(batch).dryRun ? validateExport : startExport;
  for (;;) {
    batch.wake = false;
    for (let room = roomFor(batch); room > 0; room -= 1) begin(batch, takeNext(batch));
    publish(batch);
    if (tallyOf(batch).ended === batch.items.length) return;
    await condition(() => batch.wake);
    await continueInNewRunWhenDue(batch);
  }
}

/** How many may be started now. */
function roomFor(batch: Batch): number {
  const { pending, running } = tallyOf(batch);
  return batch.startingPaused ? 0 : slots({ pending, running, maxConcurrent: batch.maxConcurrent });
}

/** Pure. A window that was made smaller empties by itself: what runs is left alone. */
export function slots(window: { pending: number; running: number; maxConcurrent: number }): number {
  return Math.max(0, Math.min(window.pending, window.maxConcurrent - window.running));
}

/** The first that waits, in the order of the plan. */
function takeNext(batch: Batch): number {
  let position = batch.nextPending;
  while (batch.items[position]?.at !== 'pending' || batch.starting.has(position)) position += 1;
  batch.nextPending = position + 1;
  return position;
}

/**
 * Goes on in a new run when the history of this one is long.
 *
 * Starts that were not answered yet are awaited: an export that the new run did not know of would be started by it again, and
 * found to be running. No signal is lost: handlers run before this code in every activation, and between the last check of the
 * state and the command nothing is awaited; a signal that reaches the server beside the command has the server refuse the
 * command, and this task is done again with the signal before it. So has a request to cancel, which would not reach the new run.
 */
async function continueInNewRunWhenDue(batch: Batch): Promise<void> {
  if (!historyIsLong()) return;
  await condition(() => batch.starting.size === 0 && allHandlersFinished());
  if (cancelRequested() || tallyOf(batch).ended === batch.items.length) return;
  const memo = { ...workflowInfo().memo, ...memoOf(batch) };
  await makeContinueAsNewFunc({ memo })(IN_THE_STATE, carriedBatch(batch));
}

/** Thousands of images twice would be too much for one command; what they became is in the state. */
const IN_THE_STATE = { images: 'in the state of the run, which continues with an earlier one' };
