import type { ExportImageResult, VerifyOutcome } from '../../contract';
import { shortDestination } from '../../export/summaries';
import { iso, utc } from '../../export/time';
import { takenWithinMs, untilPatienceEnds, whenTaken } from '../absent-workers';
import { activityError, IN_ALL_MS, imsVerifyObject } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { enter } from '../publishing';
import type { Submitted, Validated } from '../state';
import { activityTaskQueue } from '../task-queues';
import { objectInvalid } from '../verdict';

/** Checks the object that the job says it wrote, and makes the result. */
export async function verify(tracking: Submitted): Promise<ExportImageResult> {
  enter(tracking, 'verifying');
  const outcome = await verifyObject(tracking);
  if (outcome.kind === 'invalid') throw objectInvalid(tracking, outcome);
  return resultOf(tracking, outcome);
}

/** One check of the object; without an answer of OBS it is skipped. */
export async function verifyObject(tracking: Submitted): Promise<VerifyOutcome> {
  const request = tracking.carried.request;
  const check = () =>
    imsVerifyObject.executeWithOptions(
      {
        summary: `check ${shortDestination(request)}`,
        scheduleToStartTimeout: takenWithinMs(tracking, IN_ALL_MS.verify),
        taskQueue: activityTaskQueue(request),
      },
      [{ request, jobId: tracking.carried.jobId, notOlderThan: notOlderThan(tracking) }],
    );
  try {
    return await whenTaken(tracking, check, untilPatienceEnds(tracking));
  } catch (error) {
    rethrowCancel(error);
    const { code, message } = activityError(error, 'HeadObject');
    return { kind: 'skipped', reason: `the object could not be read: ${code}: ${message}` };
  }
}

/** An object of this export is not older than this. */
export function notOlderThan({ carried: { destinationFreeAt, lastJob } }: Submitted): string | null {
  // The HEAD that saw the destination free was timed by the clock that also stamps the object.
  return destinationFreeAt ?? utc(lastJob?.beginTime);
}

/** The result where the job was never seen and the object speaks for it (`acceptUnconfirmed`). */
export function unconfirmedResult(tracking: Validated): ExportImageResult {
  const { unconfirmed: object } = tracking.run;
  if (object === null) throw new Error('neither a job nor an object is known');
  return resultOf(tracking, { kind: 'verified', object });
}

function resultOf(tracking: Validated, outcome: Exclude<VerifyOutcome, { kind: 'invalid' }>): ExportImageResult {
  const { imageId, bucketUrl, fileFormat } = tracking.carried.request;
  return {
    imageId,
    jobId: tracking.carried.jobId,
    bucketUrl,
    fileFormat,
    verdict: 'succeeded',
    confirmed: tracking.carried.jobId !== null,
    object: outcome.kind === 'verified' ? outcome.object : null,
    verification: outcome.kind === 'verified' ? { state: 'verified' } : { state: 'skipped', reason: outcome.reason },
    startedAt: iso(tracking.carried.startedAtMs),
    finishedAt: iso(Date.now()),
    polls: tracking.carried.polls,
    submissions: tracking.carried.submissions,
    observations: { ...tracking.carried.observations },
    warnings: [...tracking.carried.warnings],
  };
}
