/**
 * Tracking a job that was started elsewhere.
 *
 * The cloud says of which image a job is, but not where it exports to. So the image is compared, and the destination as far
 * as it is evidence: an object that was there before the job, or none although the job has succeeded, is not of this job.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type { ObservedJob, PollOutcome } from '../../contract';
import { objectionToObject } from '../../export/attached-object';
import { invalidField, isExportFailure, jobNotRead, saysNothingSubmitted } from '../../export/failures';
import { inMarkdown } from '../../export/quoting';
import { atLeast, utc } from '../../export/time';
import { is03 } from '../patches';
import { publish } from '../publishing';
import { sleep } from '../sleep';
import { type Validated, warn } from '../state';
import { accept } from '../submission/accept';
import { inspectDestination, objectionToJob, readJob } from '../submission/evidence';
import { hear, type JobCheck, UNKNOWN_OR_BROKEN } from '../submission/job-check';
import type { DestinationReading } from '../submission/next-step';
import { SUBMIT_LIMITS } from '../submit-limits';
import { outcomeUnknown } from '../verdict';

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
  const { beginTime, endTime } = job;
  const destination = await inspectDestination(tracking, job.status === 'SUCCESS', { beginTime, endTime });
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
    if (outcome.kind !== 'observed' && !is03(tracking)) {
      carried.lastError = outcome.error;
      carried.resolutionCheck = checkUntil03(tracking, jobId, outcome, nowMs);
      continue;
    }
    const { maxIntervalMs } = carried.request.options;
    const objectionTo = (job: ObservedJob) => objectionToJob(tracking, job);
    const word = hear(outcome, objectionTo, carried.resolutionCheck, {
      ...{ nowMs, maxIntervalMs },
      noSuchJobMs: SUBMIT_LIMITS.noSuchAttachedJobMs,
    });
    if (word.taken === false) throw notThisJob(jobId, word.objection);
    if (word.taken) return word.job;
    if ('error' in outcome) carried.lastError = outcome.error;
    carried.resolutionCheck = word.check;
    carried.resolutionStatus = { jobId, taken: null, objection: word.objection };
    if (nowMs >= carried.deadlineAtMs) throw outcomeUnknown(tracking, 'deadline', nowMs, jobId);
  }
}

/** Waits between the reads of a run that 0.2 has begun. */
const READ_AGAIN_AFTER_MS = [2_000, 5_000, 15_000, 30_000];

/** Until 0.3 a job was refused by the fifth read that failed, and by the first one whose credentials were refused. */
function checkUntil03(
  tracking: Validated,
  jobId: string,
  { kind, error }: Exclude<PollOutcome, { kind: 'observed' }>,
  nowMs: number,
): JobCheck {
  const { code, message } = error;
  const { request, resolutionCheck } = tracking.carried;
  const reads = resolutionCheck?.reads ?? 0;
  const waitMs = READ_AGAIN_AFTER_MS[reads];
  if (kind === 'denied' || waitMs === undefined) {
    throw kind === 'notFound' || code === UNKNOWN_OR_BROKEN
      ? notThisJob(jobId, `the cloud answered ${code}: ${message}`)
      : jobNotRead(request, jobId, error, kind === 'denied');
  }
  const readAtMs = nowMs + atLeast(waitMs);
  return { reads: reads + 1, lastReadAtMs: nowMs, readAtMs, code, denied: false, notFound: 0, notFoundSinceMs: null };
}

/** Returns whether a person asked for the read; the first one was asked for by the start. */
async function untilReadIsDue(tracking: Validated, jobId: string): Promise<boolean> {
  const { resolutionCheck: check } = tracking.carried;
  if (check !== null) {
    tracking.run.phase = check.denied ? 'parked' : 'validating';
    await sleep(tracking, () => ({
      untilMs: tracking.run.is03 ? Math.min(check.readAtMs, tracking.carried.deadlineAtMs) : check.readAtMs,
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
  const assumed = `The cloud did not report the object of job ${jobId}. The input names ${bucketUrl}`;
  switch (look.kind) {
    case 'denied':
    case 'unreachable':
      warn(tracking, `${assumed}, and the object could not be read (${look.error.code}).`);
      return;
    case 'free':
      if (job.status === 'SUCCESS') refuse('it has succeeded, and there is no object here');
      warn(tracking, `${assumed}.`);
      return;
    case 'candidate': {
      // What was seen once, and could not be read again, refuses nothing.
      const objection = look.passing ? null : objectionToObject(look.object, job);
      if (objection !== null) refuse(objection);
      warn(tracking, `${assumed}.`);
    }
  }
}
