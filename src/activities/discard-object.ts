import { ApplicationFailure } from '@temporalio/common';
import type { DiscardInput, DiscardOutcome, ExportActivities, ExportedObject } from '../contract';
import { bytesText } from '../export/quantities';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, accountOf, type ExportActivityDeps, evidenceWaits, mayPass, retryLater } from './cloud';
import { seenAgain } from './evidence';
import { denialText, findObject, isOlder } from './object-inspection';
import { stopwatch } from './stood-still';

/** A read that took longer than this says nothing about what is there now: the worker stood still. Longer than any HEAD. */
const READ_IS_GOOD_FOR_MS = 15_000;

/**
 * `imsDiscardObject`: deletes the object of an export that was canceled, and only that very object. OBS has no conditional
 * delete, so the object is read right before: same ETag, size and last-modified as verified, and not older than the job.
 * A denial is returned, not thrown: it must not hide what the export itself ended with.
 *
 * @throws ApplicationFailure CloudUnavailable, retryable, while OBS cannot be asked or did not clearly answer; the read by
 *   the next attempt settles what the DELETE did; ReadAgain, retryable, while one attempt alone was refused, or found nothing or another object
 */
export function discardObject(deps: ExportActivityDeps): ExportActivities['imsDiscardObject'] {
  return async (input) => {
    try {
      const outcome = await discard(accountOf(deps, input.request.account), input);
      if (outcome.kind !== 'discarded') seenAgain([findingOf(outcome, input)], evidenceWaits(deps).contradictedMs);
      return outcome;
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (mayPass(error) || error.executed === 'maybe') throw retryLater(error);
      const refusal = denialText(error);
      seenAgain([`OBS refused ${input.request.bucketUrl}`], evidenceWaits(deps).refusedMs, {}, refusal);
      return { kind: 'kept', reason: `OBS refused: ${refusal}` };
    }
  };
}

async function discard({ client }: AccountCloud, input: DiscardInput): Promise<DiscardOutcome> {
  const { request } = input;
  const elapsedMs = stopwatch();
  const found = await findObject(client, request);
  if (found === null) return { kind: 'alreadyGone' };
  const reason = notOurs(found.object, input);
  if (reason !== undefined) return { kind: 'kept', reason };
  let objection: ApplicationFailure | undefined;
  const beforeSend = () => {
    if (elapsedMs() <= READ_IS_GOOD_FOR_MS) return;
    objection = staleRead(request.bucketUrl);
    throw objection;
  };
  await client.obs.deleteObject(request.bucket, request.objectKey, { beforeSend }).catch((error: unknown) => {
    throw objection ?? error;
  });
  return { kind: 'discarded' };
}

function findingOf(outcome: Exclude<DiscardOutcome, { kind: 'discarded' }>, { request }: DiscardInput): string {
  if (outcome.kind === 'alreadyGone') return `There is no object ${request.bucketUrl}`;
  return `The object ${request.bucketUrl} may not be of this export: ${outcome.reason}`;
}

/** Why the object is not proven to be the one of our job; undefined when it is. */
function notOurs(found: ExportedObject, { object, notOlderThan }: DiscardInput): string | undefined {
  if (object.etag === '') return 'OBS reported no ETag, so it may not be the object that was verified';
  const same = found.etag === object.etag && found.size === object.size && found.lastModified === object.lastModified;
  if (!same) return `it is not the object that was verified: ${text(found)} now, ${text(object)} then`;
  if (Number.isNaN(Date.parse(notOlderThan))) {
    return `when the job began is not known (${notOlderThan}), so the object may be older`;
  }
  if (isOlder(found.lastModified, notOlderThan)) {
    return `it is older than the job: last modified ${found.lastModified}, the job began ${notOlderThan}`;
  }
  return undefined;
}

function text({ etag, size, lastModified }: ExportedObject): string {
  return `ETag ${etag}, ${bytesText(size)}, last modified ${lastModified}`;
}

function staleRead(bucketUrl: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'StaleLook',
    message: `The worker paused, or its clock changed, between the read of ${bucketUrl} and its deletion; nothing was deleted yet`,
  });
}
