/**
 * A cancel with `onCancel: 'drain'`: nothing new is started, but what has started is followed to its end, and its object is
 * deleted where it is proven ours.
 *
 * @module
 */
import { CancellationScope } from '@temporalio/workflow';
import type { DiscardOutcome, ExportedObject } from '../../contract';
import { isExportFailure } from '../../export/failures';
import { shortDestination } from '../../export/summaries';
import { utc } from '../../export/time';
import { takenWithinMs, untilPatienceEnds, whenTaken } from '../absent-workers';
import { activityError, IN_ALL_MS, imsDiscardObject } from '../activity-stubs';
import { enter } from '../publishing';
import { isSubmitted, type Submitted, type Validated, warn } from '../state';
import { activityTaskQueue } from '../task-queues';
import { pollUntilSuccess } from './poll';
import { watchAfterCancel } from './reconcile';
import { notOlderThan, verifyObject } from './verify';

/** Returns when nothing is left to follow. Outside the cancellation of the workflow, which has been requested already. */
export function drain(tracking: Validated): Promise<void> {
  return CancellationScope.nonCancellable(async () => {
    tracking.run.draining = true;
    // The cancel is the later word: a drain that is paused would wait for the deadline.
    tracking.carried.paused = false;
    // Nor does it sleep on where the cancel woke it.
    tracking.carried.polledAtMs = null;
    enter(tracking, 'draining');
    try {
      await followToTheEnd(tracking);
    } catch (error) {
      // A verdict of the cloud, or a budget that is spent: either ends the drain, and what is known is reported.
      if (!isExportFailure(error)) throw error;
      warn(tracking, `Canceled while draining: ${error.message}`);
    }
  });
}

async function followToTheEnd(tracking: Validated): Promise<void> {
  if (!isSubmitted(tracking)) await watchAfterCancel(tracking);
  if (!isSubmitted(tracking)) return;
  if (tracking.carried.lastJob?.status !== 'SUCCESS') await pollUntilSuccess(tracking);
  tracking.run.discard = await discard(tracking);
  if (tracking.run.discard.kind === 'kept') {
    warn(tracking, `The object ${tracking.carried.request.bucketUrl} was not deleted: ${tracking.run.discard.reason}.`);
  }
}

async function discard(tracking: Submitted): Promise<DiscardOutcome> {
  const request = tracking.carried.request;
  const seen = await verifyObject(tracking);
  if (seen.kind === 'skipped') return { kind: 'kept', reason: seen.reason };
  if (seen.kind === 'invalid' && seen.problem === 'missing') return { kind: 'alreadyGone' };
  if (seen.kind === 'invalid') return { kind: 'kept', reason: `it may not be of this export: ${seen.found}` };
  const doubt = notProvenOurs(tracking, seen.object);
  if (doubt !== null) return { kind: 'kept', reason: doubt };
  const since = notOlderThan(tracking);
  if (since === null) return { kind: 'kept', reason: 'when its job began is not known, so that it may be older' };
  const remove = () =>
    imsDiscardObject.executeWithOptions(
      {
        summary: `delete ${shortDestination(request)}`,
        scheduleToStartTimeout: takenWithinMs(tracking, IN_ALL_MS.discard),
        taskQueue: activityTaskQueue(request),
      },
      [{ request, object: seen.object, notOlderThan: since }],
    );
  try {
    return await whenTaken(tracking, remove, untilPatienceEnds(tracking));
  } catch (error) {
    const { code, message } = activityError(error, 'DeleteObject');
    return { kind: 'kept', reason: `OBS could not be asked to delete it: ${code}: ${message}` };
  }
}

/** The object is complete before its job ends; by a clock that is not that of OBS, so that much later is another one. */
const LATER_BY_MS = 60_000;

/** Why an object that passed every check may still belong to another export; null when it is surely ours. */
function notProvenOurs({ carried: { jobNamed, lastJob } }: Submitted, { lastModified }: ExportedObject): string | null {
  if (jobNamed) {
    return 'an operator named the job, and the cloud does not report its object: the object may be of another job';
  }
  const endedAtMs = Date.parse(utc(lastJob?.endTime) ?? '');
  if (Number.isNaN(endedAtMs))
    return 'when the job ended is not known, so that the object may have been replaced since';
  if (Date.parse(lastModified) > endedAtMs + LATER_BY_MS) {
    return `it was last modified ${lastModified}, after the job had ended (${lastJob?.endTime}): it was replaced`;
  }
  return null;
}
