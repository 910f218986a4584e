/**
 * The evidence on an ambiguous submit, and how it is read: the destination, and a job that a person named.
 *
 * @module
 */
import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import { EXPORT_JOB_TYPE, type ExportedObject, type ObservedJob, type PollOutcome } from '../../contract';
import type { JobTimes } from '../../export/attached-object';
import { shortDestination } from '../../export/summaries';
import { takenWithinMs, wasNotAnswered, whenTaken } from '../absent-workers';
import { activityError, IN_ALL_MS, imsPollJob, imsReconcileSubmit } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { publish } from '../publishing';
import type { Validated } from '../state';
import { activityTaskQueue } from '../task-queues';
import { NO_WORKER } from './job-check';
import type { DestinationReading } from './next-step';

/**
 * What stands at the destination now.
 *
 * @param expected an object must be there: that there is none is read more than once
 * @param job a job that was started elsewhere: that the object is not of it is read more than once
 */
export async function inspectDestination(
  tracking: Validated,
  expected = false,
  job?: JobTimes,
): Promise<DestinationReading> {
  const request = tracking.carried.request;
  tracking.run.nextPollAtMs = null;
  publish(tracking);
  const inspect = () =>
    imsReconcileSubmit.executeWithOptions(
      {
        summary: `check for ${shortDestination(request)}`,
        scheduleToStartTimeout: takenWithinMs(tracking, IN_ALL_MS.reconcile),
        taskQueue: activityTaskQueue(request),
      },
      [{ request, destinationFreeAt: tracking.carried.destinationFreeAt, expected, job }],
    );
  const sawNothing = (error: unknown) => wasNotAnswered(error) && objectSeenBefore(error) === null;
  try {
    return await whenTaken(tracking, inspect, mayWait(tracking), sawNothing);
  } catch (error) {
    rethrowCancel(error);
    const object = objectSeenBefore(error);
    if (object !== null) {
      return { kind: 'candidate', object, doubt: 'it was there, and could not be read again', passing: true };
    }
    return { kind: 'unreachable', error: activityError(error, 'HeadObject') };
  }
}

/** For a worker: until the deadline, or until an answer comes that is to be followed first. */
function mayWait({ carried }: Validated): () => boolean {
  const { resolution } = carried;
  return () => Date.now() < carried.deadlineAtMs && carried.resolution === resolution;
}

/**
 * What the activity had seen before its time was over, by its heartbeat or by its last failure: after an object was seen,
 * nothing is submitted.
 */
function objectSeenBefore(error: unknown): ExportedObject | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const seen: unknown =
    cause instanceof TimeoutFailure
      ? cause.lastHeartbeatDetails
      : cause instanceof ApplicationFailure && cause.details?.[0];
  return typeof seen === 'object' && seen !== null && 'object' in seen ? (seen.object as ExportedObject) : null;
}

/** One reading of a job that is not tracked yet. @param askedFor by a person: credentials that were refused are tried once more */
export async function readJob(tracking: Validated, jobId: string, askedFor = true): Promise<PollOutcome> {
  const { request } = tracking.carried;
  const read = () =>
    imsPollJob.executeWithOptions(
      {
        summary: `check job ${jobId}`,
        scheduleToStartTimeout: takenWithinMs(tracking, IN_ALL_MS.read),
        scheduleToCloseTimeout: IN_ALL_MS.read,
        taskQueue: activityTaskQueue(request),
      },
      [{ request, jobId, askedFor }],
    );
  try {
    return await whenTaken(tracking, read, mayWait(tracking));
  } catch (error) {
    rethrowCancel(error);
    const unread = activityError(error, 'ShowJob');
    return {
      kind: 'error',
      error: tracking.carried.noWorker ? { ...unread, code: NO_WORKER, message: 'no worker took the check' } : unread,
      retryAfterMs: null,
    };
  }
}

/** Why a job is not one of this image's exports; null when it can be. */
export function objectionToJob(tracking: Validated, { jobType, imageId }: ObservedJob): string | null {
  const wanted = tracking.carried.request.imageId;
  if (jobType !== null && jobType !== EXPORT_JOB_TYPE) return `it is a job of type ${jobType}, not ${EXPORT_JOB_TYPE}`;
  if (imageId !== null && imageId.toLowerCase() !== wanted) return `it is of image ${imageId}, not of ${wanted}`;
  return null;
}
