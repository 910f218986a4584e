import type { ExportedObject, ExportImageResult, VerifyOutcome } from '../contract';
import { shortDestination } from '../export/summaries';
import { iso, utc } from '../export/time';
import { activityError, imsVerifyObject } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { publish } from './publishing';
import { activityTaskQueue } from './task-queues';
import { jobIdOf, requestOf, type Tracking } from './tracking';
import { objectInvalid } from './verdict';

/** Looks at the object that the job says it wrote, and makes the result. */
export async function verify(tracking: Tracking): Promise<ExportImageResult> {
  tracking.phase = 'verifying';
  tracking.nextPollAtMs = null;
  publish(tracking);
  const outcome = await verifyObject(tracking);
  if (outcome.kind === 'invalid') throw objectInvalid(tracking, outcome);
  return resultOf(tracking, outcome);
}

/** One look at the object; without an answer of OBS it is skipped. */
export async function verifyObject(tracking: Tracking): Promise<VerifyOutcome> {
  const request = requestOf(tracking);
  try {
    return await imsVerifyObject.executeWithOptions(
      { summary: `look at ${shortDestination(request)}`, taskQueue: activityTaskQueue(tracking) },
      [{ request, jobId: jobIdOf(tracking), notOlderThan: notOlderThan(tracking) }],
    );
  } catch (error) {
    rethrowCancel(error);
    const { code, message } = activityError(error, 'HeadObject');
    return { kind: 'skipped', reason: `the object could not be read: ${code}: ${message}` };
  }
}

/** An object of this export is not older than this. */
export function notOlderThan({ destinationFreeAt, lastJob }: Tracking): string | null {
  // The HEAD that saw the destination free was timed by the clock that also stamps the object.
  return destinationFreeAt ?? utc(lastJob?.beginTime);
}

/** The result where the job was never seen and the object speaks for it (`acceptUnconfirmed`). */
export function unconfirmedResult(tracking: Tracking, object: ExportedObject): ExportImageResult {
  return resultOf(tracking, { kind: 'verified', object });
}

function resultOf(tracking: Tracking, outcome: Exclude<VerifyOutcome, { kind: 'invalid' }>): ExportImageResult {
  const { imageId, bucketUrl, fileFormat } = requestOf(tracking);
  return {
    imageId,
    jobId: tracking.jobId,
    bucketUrl,
    fileFormat,
    verdict: 'succeeded',
    confirmed: tracking.jobId !== null,
    object: outcome.kind === 'verified' ? outcome.object : null,
    verification: outcome.kind === 'verified' ? { state: 'verified' } : { state: 'skipped', reason: outcome.reason },
    startedAt: iso(tracking.startedAtMs),
    finishedAt: iso(Date.now()),
    polls: tracking.polls,
    submissions: tracking.submissions,
    observations: { ...tracking.observations },
    warnings: [...tracking.warnings],
  };
}
