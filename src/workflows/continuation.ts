/**
 * Who may hand a state to a run.
 *
 * @module
 */
import { workflowInfo } from '@temporalio/workflow';
import { historyIsLong } from './history-budget';

/** True in a run that got its state from the run before, by continue-as-new. */
export function continuesARun(): boolean {
  return workflowInfo().continuedFromExecutionRunId !== undefined && !startedByCron();
}

/** True when it is time for a new run. */
export function shallContinueAsNew(): boolean {
  return historyIsLong() && !startedByCron();
}

/**
 * A cron's run follows another run too, but its arguments are those of the run before: a state among them would be from
 * outside, or that of an export which has ended. So a cron's run never carries a state on, and takes none.
 */
function startedByCron(): boolean {
  return Boolean(workflowInfo().cronSchedule);
}
