import { workflowInfo } from '@temporalio/workflow';
import { formatDuration } from '../export/time';
import { type Validated, warn } from './state';

/**
 * Says so when Temporal will end the run before its deadline: it would be cut off without a verdict, a memo or a word. This
 * package sets no such timeout, but whoever starts the workflow can.
 */
export function warnOfShortTimeouts(tracking: Validated): void {
  const { deadlineMs } = tracking.carried.request.options;
  const { runTimeoutMs, executionTimeoutMs } = workflowInfo();
  // Zero is no timeout. An execution timeout shows as one of the run too.
  const name = executionTimeoutMs ? 'execution' : 'run';
  const timeoutMs = executionTimeoutMs || runTimeoutMs;
  if (!timeoutMs || timeoutMs >= deadlineMs) return;
  warn(
    tracking,
    `Temporal ends this workflow after ${formatDuration(timeoutMs)} (its ${name} timeout), before its deadline of ${formatDuration(deadlineMs)}: the tracking would be cut off while the job goes on. Start it without that timeout.`,
  );
}
