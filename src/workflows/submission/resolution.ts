/**
 * The answer of a person to an ambiguous submit.
 *
 * @module
 */
import type { ObservedJob, PollOutcome, SubmissionResolution } from '../../contract';
import { utc } from '../../export/time';
import { publish } from '../publishing';
import { type Validated, warn } from '../state';
import { accept } from './accept';
import { objectionToJob, readJob } from './evidence';
import type { AmbiguousSubmit } from './next-step';

/** A job that began this long before the export is another one, whatever the clocks say. */
const CLOCK_TOLERANCE_MS = 300_000;

/** Takes the job that a person named when it can be that of this export, or grants another submit. */
export async function followResolution(
  tracking: Validated,
  lost: AmbiguousSubmit,
  resolution: SubmissionResolution,
): Promise<void> {
  tracking.carried.resolution = null;
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
  const outcome = await readJob(tracking, jobId);
  const objection = objectionTo(tracking, outcome);
  if (objection === null) {
    accept(tracking, jobId, true);
    warn(
      tracking,
      `Job ${jobId} was named by resolveSubmission. The cloud does not tell to which object a job exports; this one is of the right image.`,
    );
    return;
  }
  tracking.carried.resolutionStatus = { jobId, taken: false, objection };
  warn(tracking, `resolveSubmission named job ${jobId}, which was not taken: ${objection}.`);
  publish(tracking);
}

/** Why a job cannot be taken as that of this export; null when it can. */
function objectionTo(tracking: Validated, outcome: PollOutcome): string | null {
  if (outcome.kind !== 'observed') return `the cloud answered ${outcome.error.code}: ${outcome.error.message}`;
  const { job } = outcome;
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
