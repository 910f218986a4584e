import type { WorkflowInterceptors } from '@temporalio/workflow';

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
          return next({ ...input, options });
        },
      },
    ],
  };
}
