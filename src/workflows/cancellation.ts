import { CancellationScope, ContinueAsNew, isCancellation } from '@temporalio/workflow';

/** True once the workflow itself was asked to cancel. A worker's shutdown or an activity's own end is not that. */
export function cancelRequested(): boolean {
  return CancellationScope.current().consideredCancelled;
}

/** Lets a requested cancel, and the way into a new run, through a `catch` that handles everything else. */
export function rethrowCancel(error: unknown): void {
  if (error instanceof ContinueAsNew || (cancelRequested() && isCancellation(error))) throw error;
}
