import { workflowInfo } from '@temporalio/workflow';

/**
 * True when this run should continue as new: the server suggests it at 4,096 events or 4 MB, far below its hard limits.
 *
 * A file of its own so that a test worker's bundle can put an earlier limit in its place; inputs cannot.
 */
export function historyIsLong(): boolean {
  return workflowInfo().continueAsNewSuggested;
}
