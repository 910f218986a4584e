/**
 * Tracking a job that was started elsewhere.
 *
 * The cloud says of which image a job is, but not where it exports to. So the image is compared, and the destination as far
 * as it is evidence: an object that was there before the job, or none although the job has succeeded, is not of this job.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type { ObservedJob } from '../../contract';
import { invalidField, isExportFailure, saysNothingSubmitted } from '../../export/failures';
import { inMarkdown } from '../../export/quoting';
import { utc } from '../../export/time';
import { is03 } from '../patches';
import { publish } from '../publishing';
import { sleep } from '../sleep';
import { type Validated, warn } from '../state';
import { accept } from '../submission/accept';
import { inspectDestination, objectionToJob, readJob } from '../submission/evidence';
import { hear } from '../submission/job-check';
import type { DestinationReading } from '../submission/next-step';
import { outcomeUnknown } from '../verdict';

/** Last-Modified has whole seconds. */
const OLDER_BY_MS = 1_000;

/** The object is complete before its job ends; later than this it is another one, whatever the clocks say. */
const NEWER_BY_MS = 300_000;

/** Takes the job as that of this export; refuses one that surely is not. */
export async function attach(tracking: Validated, jobId: string): Promise<void> {
  tracking.carried.resolutionStatus ??= { jobId, taken: null, objection: null };
  try {
    await take(tracking, jobId);
  } catch (error) {
    if (isExportFailure(error) && saysNothingSubmitted(error.type)) {
      tracking.carried.resolutionStatus = { jobId, taken: false, objection: error.message };
    }
    throw error;
  }
}

async function take(tracking: Validated, jobId: string): Promise<void> {
  const job = await untilRead(tracking, jobId);
  const destination = await inspectDestination(tracking, job.status === 'SUCCESS');
  refuseOtherDestination(tracking, jobId, job, destination);
  if (destination.kind === 'free') tracking.carried.destinationFreeAt = destination.date ?? null;
  accept(tracking, jobId, true);
  tracking.carried.lastJob = job;
  const beganAtMs = Date.parse(utc(job.beginTime) ?? '');
  if (beganAtMs < Date.now()) tracking.carried.submittedAtMs = beganAtMs;
  publish(tracking);
}

/**
 * Only the cloud's clear word refuses the job. A read that failed otherwise says nothing about it: further ones follow, until the
 * deadline.
 */
async function untilRead(tracking: Validated, jobId: string): Promise<ObservedJob> {
  const { carried } = tracking;
  for (;;) {
    const askedFor = await untilReadIsDue(tracking, jobId);
    const outcome = await readJob(tracking, jobId, askedFor);
    const nowMs = Date.now();
    const { maxIntervalMs } = carried.request.options;
    const objectionTo = (job: ObservedJob) => objectionToJob(tracking, job);
    const word = hear(outcome, objectionTo, carried.resolutionCheck, { nowMs, maxIntervalMs });
    if (word.taken === false) throw notThisJob(jobId, word.objection);
    if (outcome.kind === 'observed') return outcome.job;
    if (word.taken === true) continue;
    carried.lastError = outcome.error;
    carried.resolutionCheck = word.check;
    carried.resolutionStatus = { jobId, taken: null, objection: word.objection };
    // Until 0.3 it was given up then.
    if ((word.check.denied || word.check.reads > 4) && !is03(tracking)) throw notThisJob(jobId, word.objection);
    if (nowMs >= carried.deadlineAtMs) throw outcomeUnknown(tracking, 'deadline', nowMs, jobId);
  }
}

/** Returns whether a person asked for the read; the first one was asked for by the start. */
async function untilReadIsDue(tracking: Validated, jobId: string): Promise<boolean> {
  const { resolutionCheck: check } = tracking.carried;
  if (check !== null) {
    tracking.run.phase = check.denied ? 'parked' : 'validating';
    await sleep(tracking, () => ({
      untilMs: Math.min(check.readAtMs, tracking.carried.deadlineAtMs),
      summary: () => `waiting: job ${jobId} could not be read (${inMarkdown(check.code)})`,
    }));
  }
  const askedFor = check === null || tracking.carried.wake;
  tracking.carried.wake = false;
  return askedFor;
}

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
