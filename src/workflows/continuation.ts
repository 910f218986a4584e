/**
 * Going on in a new run, and who may hand a state to one.
 *
 * @module
 */
import { allHandlersFinished, condition, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { historyIsLong } from './history-budget';
import { jobMemo, type Tracking } from './state';

/** True in a run that got its state from the run before, by continue-as-new. */
export function continuesARun(): boolean {
  return workflowInfo().continuedFromExecutionRunId !== undefined && !startedByCron();
}

/** True in a run that was reset or retried. */
export function followsAnEarlierAttempt(): boolean {
  const { runId, originalExecutionRunId, attempt } = workflowInfo();
  return runId !== originalExecutionRunId || attempt > 1;
}

/**
 * Goes on in a new run when the history of this one is long, with the state as it is. Waiting callers get the answer to ask again.
 * Not while a cancel is drained: the request to cancel would not reach the new run, which could then not end as canceled.
 */
export async function continueInNewRunWhenDue(tracking: Tracking): Promise<void> {
  if (!newRunIsDue(tracking)) return;
  tracking.run.continuing = true;
  await condition(allHandlersFinished);
  // A new run begins with no memo but the one that it is given; it is where a run that is terminated keeps its job id.
  const memo = { ...workflowInfo().memo, ...jobMemo(tracking) };
  await makeContinueAsNewFunc({ memo })(tracking.run.input, tracking.carried);
}

/** Not while an update waits for an answer that nobody would ask for again. */
export function newRunIsDue({ run }: Tracking): boolean {
  return historyIsLong() && !startedByCron() && !run.draining && run.deferred.length === 0;
}

/**
 * A cron's run follows another run too, but its arguments are those of the run before: a state among them would be from
 * outside, or that of an export which has ended. So a cron's run never carries a state on, and takes none.
 */
function startedByCron(): boolean {
  return Boolean(workflowInfo().cronSchedule);
}
