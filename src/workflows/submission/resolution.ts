/**
 * What a person says of a submit whose answer was lost.
 *
 * @module
 */
import type { ObservedJob, PollOutcome, SubmissionResolution } from '../../contract';
import { activityError, imsPollJob } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { publish } from '../publishing';
import { requestOf, type Tracking, warn } from '../tracking';
import type { LostSubmit } from './lost-submit';
import { accept } from './post';

/** The job type of an export (IMS API, async job query). */
const EXPORT_JOB = 'imsNativeExportImageJob';

/** A job that began this long before the export is another one, whatever the clocks say. */
const CLOCK_TOLERANCE_MS = 300_000;

/** Takes the job that a person named when it can be that of this export, or grants another submit. */
export async function followResolution(
  tracking: Tracking,
  lost: LostSubmit,
  resolution: SubmissionResolution,
): Promise<void> {
  tracking.resolution = null;
  if (!('jobId' in resolution)) {
    if (lost.candidate !== null) {
      warn(
        tracking,
        'resolveSubmission allowed another submit, but an object was seen at the destination: none is sent.',
      );
    }
    lost.granted += 1;
    lost.busyUntilMs = null;
    lost.probeUntilMs = null;
    return;
  }
  const { jobId } = resolution;
  const outcome = await look(tracking, jobId);
  const objection = objectionTo(tracking, outcome);
  if (objection === null) {
    accept(tracking, jobId);
    warn(
      tracking,
      `Job ${jobId} was named by resolveSubmission. The cloud does not tell to which object a job exports; this one is of the right image.`,
    );
    return;
  }
  warn(tracking, `resolveSubmission named job ${jobId}, which was not taken: ${objection}.`);
  publish(tracking);
}

async function look(tracking: Tracking, jobId: string): Promise<PollOutcome> {
  try {
    return await imsPollJob.executeWithOptions({ summary: `look at job ${jobId}`, scheduleToCloseTimeout: '2m' }, [
      { request: requestOf(tracking), jobId, askedFor: true },
    ]);
  } catch (error) {
    rethrowCancel(error);
    return { kind: 'error', error: activityError(error, 'ShowJob'), retryAfterMs: null };
  }
}

/** Why a job cannot be taken as that of this export; null when it can. */
function objectionTo(tracking: Tracking, outcome: PollOutcome): string | null {
  if (outcome.kind !== 'observed') return `the cloud answered ${outcome.error.code}: ${outcome.error.message}`;
  const { job } = outcome;
  const { imageId } = requestOf(tracking);
  if (job.jobType !== null && job.jobType !== EXPORT_JOB)
    return `it is a job of type ${job.jobType}, not ${EXPORT_JOB}`;
  if (job.imageId !== null && job.imageId.toLowerCase() !== imageId)
    return `it is of image ${job.imageId}, not of ${imageId}`;
  if (job.status !== 'INIT' && job.status !== 'RUNNING' && job.status !== 'SUCCESS') {
    return `its status is ${job.status}; answer {"notSubmitted": true} to submit again`;
  }
  if (beganBefore(job, tracking.startedAtMs)) return `it began ${job.beginTime}, before this export`;
  return null;
}

/** The begin time comes in several spellings; only one that says that it is UTC can be compared. */
function beganBefore({ beginTime }: ObservedJob, startedAtMs: number): boolean {
  if (!beginTime?.endsWith('Z')) return false;
  return Date.parse(beginTime) < startedAtMs - CLOCK_TOLERANCE_MS;
}
