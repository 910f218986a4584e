import { workflowInfo } from '@temporalio/workflow';
import { formatDuration } from '../export/time';
import { type Validated, warn } from './state';

/**
 * Warns when Temporal will end the run before its deadline: it would end without a verdict, a memo or a log line. This
 * package sets no such timeout, but the caller that starts the workflow can.
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
    `Temporal ends this workflow after ${formatDuration(timeoutMs)} (its ${name} timeout), before its deadline of ${formatDuration(deadlineMs)}, while the job may still run. Start it without that timeout.`,
  );
}
