import { type ActivityOptions, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';

/** A read that a lost worker took along is given up after this, not after 30 s. Longer than its own short retries. */
export const READ_LIMIT_MS = 4_000;
const RETRY = { initialInterval: 100, maximumInterval: 500 };

/** A poll whose workers are absent is given up after a second or two, not after 10 s to 2 min. */
const POLL_LIMITS = { toStartMs: 1_000, toCloseMs: 1_500 };
/** The verification, whose object cannot be read, after 6 s, not after 10 min. */
const VERIFY_LIMITS = { toStartMs: 5_000, toCloseMs: 6_000 };

/** Part of the worker's bundle: scales the times of the activities that only read. Those of the submit are scaled by fixture. */
export function interceptors(): WorkflowInterceptors {
  return {
    outbound: [
      {
        async scheduleActivity(input, next) {
          if (input.activityType === 'imsSubmitExport') return next(input);
          const options = { ...input.options, startToCloseTimeout: READ_LIMIT_MS, retry: RETRY };
          return next({ ...input, options: { ...options, ...limitsOf(input.activityType, options) } });
        },
      },
    ],
  };
}

function limitsOf(activityType: string, { taskQueue, scheduleToStartTimeout }: ActivityOptions): ActivityOptions {
  const isOnItsOwnQueue = taskQueue !== undefined && taskQueue !== workflowInfo().taskQueue;
  const isOfAbsentWorkers = activityType === 'imsPollJob' && isOnItsOwnQueue;
  const limits = isOfAbsentWorkers ? POLL_LIMITS : activityType === 'imsVerifyObject' ? VERIFY_LIMITS : null;
  if (limits === null) return {};
  // Only where the workflow sets one as well.
  const toStart = scheduleToStartTimeout === undefined ? {} : { scheduleToStartTimeout: limits.toStartMs };
  return { ...toStart, scheduleToCloseTimeout: limits.toCloseMs };
}
