import { patched } from '@temporalio/workflow';
import type { RunState } from './state';

/**
 * Whether this run may do what version 0.3 does otherwise than 0.2: a run that 0.2 has begun goes on as it began, as far as
 * its history says what it did. Asked where the two first differ, and once a run, so that a run has one answer.
 *
 * Asked by the steps alone: the answer is a command, and among the messages of one workflow task a replay may find another order.
 * Handlers and conditions read `run.is03`, which is null before the first sleep.
 */
export function is03({ run }: { run: Pick<RunState, 'is03'> }): boolean {
  run.is03 ??= patched('ims-0.3');
  return run.is03;
}
