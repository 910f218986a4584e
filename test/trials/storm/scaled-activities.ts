import { type ActivityOptions, type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';

/** A read that a lost worker took along is given up after this, not after 30 s. Longer than its own short retries. */
export const READ_LIMIT_MS = 4_000;
const RETRY = { initialInterval: 100, maximumInterval: 500 };

/** Part of the worker's bundle: scales the times of the activities that only read. Those of the submit are scaled by fixture. */
export function interceptors(): WorkflowInterceptors {
  return {
    outbound: [
      {
        async scheduleActivity(input, next) {
          if (input.activityType === 'imsSubmitExport') return next(input);
          const options = { ...input.options, startToCloseTimeout: READ_LIMIT_MS, retry: RETRY };
          const isOnItsOwnQueue = options.taskQueue !== undefined && options.taskQueue !== workflowInfo().taskQueue;
          if (input.activityType === 'imsPollJob' && isOnItsOwnQueue) Object.assign(options, ofAPoll(options));
          return next({ ...input, options });
        },
      },
    ],
  };
}

/** A poll whose workers are absent is given up after a second or two, not after 10 s to 2 min. */
function ofAPoll({ scheduleToStartTimeout }: ActivityOptions): ActivityOptions {
  const toStart = scheduleToStartTimeout === undefined ? {} : { scheduleToStartTimeout: 1_000 };
  return { ...toStart, scheduleToCloseTimeout: 1_500 };
}
