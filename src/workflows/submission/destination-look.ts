import { ActivityFailure, TimeoutFailure } from '@temporalio/workflow';
import type { CloudErrorInfo, ExportedObject, ReconcileOutcome } from '../../contract';
import { shortDestination } from '../../export/summaries';
import { activityError, imsReconcileSubmit } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { publish } from '../publishing';
import { activityTaskQueue } from '../task-queues';
import { requestOf, type Tracking } from '../tracking';

export type DestinationLook = ReconcileOutcome | { kind: 'unreachable'; error: CloudErrorInfo };

/** What stands at the destination now. */
export async function lookAtDestination(tracking: Tracking): Promise<DestinationLook> {
  const request = requestOf(tracking);
  tracking.nextPollAtMs = null;
  publish(tracking);
  try {
    return await imsReconcileSubmit.executeWithOptions(
      { summary: `look whether ${shortDestination(request)} is there`, taskQueue: activityTaskQueue(tracking) },
      [{ request, destinationFreeAt: tracking.destinationFreeAt }],
    );
  } catch (error) {
    rethrowCancel(error);
    const object = objectSeenBefore(error);
    if (object !== null) {
      return { kind: 'candidate', object, doubt: 'it was seen, and could not be looked at again', passing: true };
    }
    return { kind: 'unreachable', error: activityError(error, 'HeadObject') };
  }
}

/** What the activity had seen before its time was over: it heartbeats an object, after which nothing is submitted. */
function objectSeenBefore(error: unknown): ExportedObject | null {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const seen: unknown = cause instanceof TimeoutFailure ? cause.lastHeartbeatDetails : undefined;
  return typeof seen === 'object' && seen !== null && 'object' in seen ? (seen.object as ExportedObject) : null;
}
