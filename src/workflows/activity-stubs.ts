/**
 * The activities as the workflow calls them, each with its time limits.
 *
 * @module
 */
import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { CloudErrorInfo, ExportActivities } from '../contract';
import { SUBMIT_LIMITS } from './submit-limits';

/** A few reads of the cloud. Retried while the cloud cannot be reached; the input is not known yet, so this is no option. */
export const { imsValidateExport } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/**
 * One attempt, since a second could export twice. The gateway answers a POST within 200 s. A cancel waits for the answer:
 * one that arrives before the activity has started stops it, one that arrives later does not cut the POST.
 */
export const { imsSubmitExport } = proxyActivities<ExportActivities>({
  startToCloseTimeout: SUBMIT_LIMITS.startToCloseMs,
  heartbeatTimeout: SUBMIT_LIMITS.heartbeatTimeoutMs,
  retry: { maximumAttempts: 1 },
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
});

/** Reads of OBS, never a POST. When they cannot be had for some minutes, the workflow waits and asks again. */
export const { imsReconcileSubmit } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '30s',
  // Several readings of what would decide, over two minutes.
  scheduleToCloseTimeout: '4m',
  retry: { initialInterval: '1s', maximumInterval: '20s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** One GET. `scheduleToCloseTimeout` comes with each call, from the deadline. */
export const { imsPollJob } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '20s',
  retry: { initialInterval: '1s', maximumInterval: '10s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** Two reads of OBS. When they cannot be had for ten minutes, the export has still succeeded. */
export const { imsVerifyObject } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** A HEAD and a DELETE of OBS. When they fail for ten minutes, the object is left where it is. */
export const { imsDiscardObject } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** What an activity failed with, as a cloud error: a failure that carries one, a timeout, or a crash of the activity. */
export function activityError(error: unknown, operation: string): CloudErrorInfo {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isCloudErrorInfo(cause.details?.[0])) return cause.details[0];
  const code = cause instanceof TimeoutFailure ? `ACTIVITY_TIMEOUT_${cause.timeoutType}` : 'ACTIVITY_FAILED';
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code, message, httpStatus: null, requestId: null, operation };
}

function isCloudErrorInfo(detail: unknown): detail is CloudErrorInfo {
  return typeof detail === 'object' && detail !== null && 'code' in detail && 'operation' in detail;
}
