/**
 * Looking at a job that somebody named, before it is tracked.
 *
 * @module
 */
import { EXPORT_JOB_TYPE, type ObservedJob, type PollOutcome } from '../../contract';
import { activityError, imsPollJob } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { activityTaskQueue } from '../task-queues';
import { requestOf, type Tracking } from '../tracking';

/** One reading of a job that is not tracked yet. */
export async function lookAtJob(tracking: Tracking, jobId: string): Promise<PollOutcome> {
  try {
    return await imsPollJob.executeWithOptions(
      { summary: `look at job ${jobId}`, scheduleToCloseTimeout: '2m', taskQueue: activityTaskQueue(tracking) },
      [{ request: requestOf(tracking), jobId, askedFor: true }],
    );
  } catch (error) {
    rethrowCancel(error);
    return { kind: 'error', error: activityError(error, 'ShowJob'), retryAfterMs: null };
  }
}

/** Why a job is not one of this image's exports; null when it can be. */
export function objectionToJob(tracking: Tracking, { jobType, imageId }: ObservedJob): string | null {
  const wanted = requestOf(tracking).imageId;
  if (jobType !== null && jobType !== EXPORT_JOB_TYPE) return `it is a job of type ${jobType}, not ${EXPORT_JOB_TYPE}`;
  if (imageId !== null && imageId.toLowerCase() !== wanted) return `it is of image ${imageId}, not of ${wanted}`;
  return null;
}
