/**
 * Tracking a job that was started elsewhere.
 *
 * The cloud says of which image a job is, but not where it exports to. So the image is compared, and the destination as far
 * as it is evidence: an object that was there before the job, or none although the job has succeeded, is not of this job.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type { CloudErrorInfo, ObservedJob } from '../../contract';
import { invalidField } from '../../export/failures';
import { atLeast, utc } from '../../export/time';
import { publish } from '../publishing';
import { type Validated, warn } from '../state';
import { accept } from '../submission/accept';
import { inspectDestination, objectionToJob, readJob } from '../submission/evidence';
import type { DestinationReading } from '../submission/next-step';
import { sleepOrWake } from '../submission/waiting';
import { jobNotRead } from '../verdict';

/** Waits between the reads of a job that cannot be read at once. */
const READ_AGAIN_AFTER_MS = [2_000, 5_000, 15_000, 30_000];

/** Last-Modified has whole seconds. */
const OLDER_BY_MS = 1_000;

/** The object is complete before its job ends; later than this it is another one, whatever the clocks say. */
const NEWER_BY_MS = 300_000;

/** Takes the job as that of this export; refuses one that surely is not. */
export async function attach(tracking: Validated, jobId: string): Promise<void> {
  const job = await untilRead(tracking, jobId);
  const objection = objectionToJob(tracking, job);
  if (objection !== null) throw notThisJob(jobId, objection);
  const destination = await inspectDestination(tracking, job.status === 'SUCCESS');
  refuseOtherDestination(tracking, jobId, job, destination);
  if (destination.kind === 'free') tracking.carried.destinationFreeAt = destination.date ?? null;
  accept(tracking, jobId, true);
  tracking.carried.lastJob = job;
  const beganAtMs = Date.parse(utc(job.beginTime) ?? '');
  if (beganAtMs < Date.now()) tracking.carried.submittedAtMs = beganAtMs;
  publish(tracking);
}

async function untilRead(tracking: Validated, jobId: string): Promise<ObservedJob> {
  for (let reads = 0; ; reads += 1) {
    tracking.carried.wake = false;
    const outcome = await readJob(tracking, jobId);
    if (outcome.kind === 'observed') return outcome.job;
    const waitMs = READ_AGAIN_AFTER_MS[reads];
    if (outcome.kind === 'denied' || waitMs === undefined) throw couldNotBeRead(tracking, jobId, outcome);
    tracking.carried.lastError = outcome.error;
    const readAtMs = Date.now() + atLeast(waitMs);
    await sleepOrWake(tracking, () => readAtMs, `waiting: job ${jobId} could not be read (${outcome.error.code})`);
  }
}

function couldNotBeRead(
  tracking: Validated,
  jobId: string,
  { kind, error }: { kind: 'denied' | 'notFound' | 'error'; error: CloudErrorInfo },
): ApplicationFailure {
  const isUnknown = kind === 'notFound' || error.code === UNKNOWN_OR_BROKEN;
  return isUnknown
    ? notThisJob(jobId, `the cloud answered ${error.code}: ${error.message}`)
    : jobNotRead(tracking, jobId, error, kind === 'denied');
}

/** IMG.0023, "an exception occurred during task query": also what an unknown job id is answered with. */
const UNKNOWN_OR_BROKEN = 'IMG.0023';

function notThisJob(jobId: string, why: string): ApplicationFailure {
  return invalidField('attach.jobId', jobId, `the id of an export of this image that the cloud still knows; ${why}`);
}

function refuseOtherDestination(tracking: Validated, jobId: string, job: ObservedJob, look: DestinationReading): void {
  const { bucketUrl } = tracking.carried.request;
  const refuse = (found: string) => {
    throw invalidField('bucketUrl', bucketUrl, `the destination of job ${jobId}; ${found}`);
  };
  const assumed = `The cloud does not tell to which object job ${jobId} exports; that it is ${bucketUrl} was taken from the input`;
  switch (look.kind) {
    case 'denied':
    case 'unreachable':
      warn(tracking, `${assumed}, and the object could not be looked at (${look.error.code}).`);
      return;
    case 'free':
      if (job.status === 'SUCCESS') refuse('it has succeeded, and there is no object here');
      warn(tracking, `${assumed}.`);
      return;
    case 'candidate': {
      const { lastModified } = look.object;
      const modifiedAtMs = Date.parse(lastModified);
      if (modifiedAtMs < Date.parse(utc(job.beginTime) ?? '') - OLDER_BY_MS) {
        refuse(`it began ${job.beginTime}, and the object here was last modified ${lastModified}, before that`);
      }
      if (modifiedAtMs > Date.parse(utc(job.endTime) ?? '') + NEWER_BY_MS) {
        refuse(`it ended ${job.endTime}, and the object here was last modified ${lastModified}, after that`);
      }
      warn(tracking, `${assumed}.`);
    }
  }
}
