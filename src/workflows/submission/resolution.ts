/**
 * An answer to an ambiguous submit: by a person, whose word on a job the cloud must confirm, or by the worker that submitted.
 *
 * @module
 */
import type { ObservedJob, SubmissionResolution } from '../../contract';
import { utc } from '../../export/time';
import { is03 } from '../patches';
import { publish } from '../publishing';
import { type Validated, warn } from '../state';
import { accept } from './accept';
import { objectionToJob, readJob } from './evidence';
import { hear } from './job-check';
import type { AmbiguousSubmit, NamedJob } from './next-step';

/** A job that began this long before the export is another one, whatever the clocks say. */
const CLOCK_TOLERANCE_MS = 300_000;

export const MAY_HAVE_BEGUN_BEFORE =
  'The answer to an earlier submit was lost. It may have started another job, which ended without an object here before this one was accepted.';

/** Grants another submit, or takes the job that the worker has submitted, which needs no check. */
export function followAnswer(tracking: Validated, lost: AmbiguousSubmit, answer: SubmissionResolution): void {
  tracking.carried.resolution = null;
  if ('jobId' in answer) {
    if (tracking.carried.submissions > 1) warn(tracking, MAY_HAVE_BEGUN_BEFORE);
    accept(tracking, answer.jobId);
    return;
  }
  if (lost.candidate !== null) {
    warn(tracking, 'resolveSubmission allowed a submit, but an object is at the destination. Nothing is submitted.');
  }
  lost.granted += 1;
  lost.busyUntilMs = null;
  lost.probeUntilMs = null;
}

/**
 * Reads the job that a person named, and takes it when the cloud confirms that it can be that of this export. What the cloud
 * clearly contradicts is dropped; anything else is kept, and checked again.
 */
export async function confirmAnswer(tracking: Validated, answer: NamedJob): Promise<void> {
  const { carried } = tracking;
  const { jobId } = answer;
  // Until 0.3 an answer was followed by one read.
  const isKept = is03(tracking);
  if (!isKept) carried.resolution = null;
  const outcome = await readJob(tracking, jobId, carried.resolutionCheck === null);
  // A newer answer has come meanwhile.
  if (isKept && carried.resolution !== answer) return;
  const word = hear(outcome, (job) => objectionTo(tracking, job), carried.resolutionCheck, {
    nowMs: Date.now(),
    maxIntervalMs: carried.request.options.maxIntervalMs,
  });
  if (word.taken === true) {
    accept(tracking, jobId, true);
    warn(
      tracking,
      `Job ${jobId} was named by resolveSubmission. The cloud does not report the object of a job; this job is of the right image.`,
    );
    return;
  }
  const { objection } = word;
  if (word.taken === null && isKept) {
    carried.resolutionCheck = word.check;
    carried.resolutionStatus = { jobId, taken: null, objection };
    return;
  }
  if (isKept) carried.resolution = null;
  carried.resolutionCheck = null;
  carried.resolutionStatus = { jobId, taken: false, objection };
  warn(tracking, `resolveSubmission named job ${jobId}. It was refused: ${objection}.`);
  publish(tracking);
}

/** Why a job that was read cannot be that of this export; null when it can. */
function objectionTo(tracking: Validated, job: ObservedJob): string | null {
  const objection = objectionToJob(tracking, job);
  if (objection !== null) return objection;
  if (job.status !== 'INIT' && job.status !== 'RUNNING' && job.status !== 'SUCCESS') {
    return `its status is ${job.status}; answer {"notSubmitted": true} to submit again`;
  }
  if (beganBefore(job, tracking.carried.startedAtMs)) return `it began ${job.beginTime}, before this export`;
  return null;
}

/** False also where its begin cannot be compared. */
function beganBefore({ beginTime }: ObservedJob, startedAtMs: number): boolean {
  return Date.parse(utc(beginTime) ?? '') < startedAtMs - CLOCK_TOLERANCE_MS;
}
