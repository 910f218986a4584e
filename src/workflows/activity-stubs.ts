/**
 * The activities as the workflow calls them, each with its time limits. How long one stands in the queue comes with each call
 * (`takenWithinMs`): it is shorter than the time that it has in all, so that a missing worker is not taken for a cloud that
 * does not answer.
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
import {
  type CloudErrorInfo,
  durationMs,
  EXPORT_OPTIONS,
  type ExportActivities,
  type FailedAttempt,
} from '../contract';
import { SUBMIT_LIMITS } from './submit-limits';

/** For as long a key may rest, unless `submitBudget` says otherwise. */
export const SUBMIT_BUDGET_MS = durationMs(EXPORT_OPTIONS.submitBudget.default) ?? 0;

/** For how long a worker that is absent is waited for before the first check: it may well be busy. */
export const VALIDATION_TAKEN_MS = 900_000;

/** In all, with every attempt. */
export const IN_ALL_MS = {
  reconcile: 240_000,
  read: 120_000,
  verify: 600_000,
  discard: 600_000,
};

/**
 * A few reads of the cloud. Retried while the key rests, and for a quarter of an hour while the cloud cannot be reached, which the
 * activity itself ends. The input is not known yet, so this is no option.
 */
export const { imsValidateExport } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: SUBMIT_BUDGET_MS,
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
  scheduleToCloseTimeout: IN_ALL_MS.reconcile,
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
  scheduleToCloseTimeout: IN_ALL_MS.verify,
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** A HEAD and a DELETE of OBS. When they fail for ten minutes, the object is left where it is. */
export const { imsDiscardObject } = proxyActivities<ExportActivities>({
  startToCloseTimeout: '60s',
  scheduleToCloseTimeout: IN_ALL_MS.discard,
  retry: { initialInterval: '2s', maximumInterval: '30s' },
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

/** What an activity failed with, as a cloud error: a failure that carries one, a timeout, or a crash of the activity. */
export function activityError(error: unknown, operation: string): CloudErrorInfo {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const cloudError = cloudErrorIn(cause);
  if (cloudError !== undefined) return cloudError;
  const code = cause instanceof TimeoutFailure ? `ACTIVITY_TIMEOUT_${cause.timeoutType}` : 'ACTIVITY_FAILED';
  const message = cause instanceof Error ? cause.message : String(cause);
  return { code, message, httpStatus: null, requestId: null, operation };
}

/** The error of the cloud that an activity failed with, or, where its time ran out, that its last attempt failed with. */
export function cloudErrorIn(error: unknown): CloudErrorInfo | undefined {
  const info =
    error instanceof TimeoutFailure
      ? (error.lastHeartbeatDetails as FailedAttempt | null | undefined)?.failed
      : error instanceof ApplicationFailure && error.details?.[0];
  return isCloudErrorInfo(info) ? info : undefined;
}

function isCloudErrorInfo(detail: unknown): detail is CloudErrorInfo {
  return typeof detail === 'object' && detail !== null && 'code' in detail && 'operation' in detail;
}
