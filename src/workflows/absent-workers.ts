/**
 * Activities that no worker takes: the cloud was not asked, so that is no error of the cloud and spends none of its budgets. It is
 * waited for a worker, as long as the step can wait.
 *
 * @module
 */
import { ActivityFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { cloudErrorIn } from './activity-stubs';
import { continueInNewRunWhenDue } from './continuation';
import { is03 } from './patches';
import { publish } from './publishing';
import type { Tracking, Validated } from './state';
import { WORKER_LIMITS } from './worker-limits';

/**
 * Calls an activity again and again until a worker has taken it.
 *
 * @param goesOn whether it is called again; when not, the timeout is thrown
 * @param isAbsence whether an error says that no worker answered
 */
export async function whenTaken<T>(
  tracking: Tracking,
  call: () => Promise<T>,
  goesOn: () => boolean,
  isAbsence = wasNotAnswered,
): Promise<T> {
  for (;;) {
    try {
      const answer = await call();
      tracking.carried.noWorker = false;
      return answer;
    } catch (error) {
      if (!isAbsence(error)) {
        if (!isCancellation(error)) tracking.carried.noWorker = false;
        throw error;
      }
      if (!is03(tracking)) throw error;
      tracking.carried.noWorker = true;
      publish(tracking);
      if (!goesOn()) throw error;
      await continueInNewRunWhenDue(tracking);
    }
  }
}

/** For what follows the end of a job: until the deadline, and for some minutes in any case. */
export function untilPatienceEnds({ carried }: Validated): () => boolean {
  const atLeastUntilMs = Date.now() + WORKER_LIMITS.patienceMs;
  return () => Date.now() < Math.max(carried.deadlineAtMs, atLeastUntilMs);
}

/** True when no attempt of an activity was answered by the cloud, be it with an error: they were not taken, or lost. */
export function wasNotAnswered(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cloudErrorIn(cause) === undefined;
}

/** True when surely no worker has begun it. */
export function wasNeverTaken(error: unknown): boolean {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  return cause instanceof TimeoutFailure && cause.timeoutType === 'SCHEDULE_TO_START';
}

/**
 * How long an activity that has so long in all may stand in the queue. A run that goes on as 0.2 began it does not call it again,
 * so that it has all of that time.
 */
export function takenWithinMs({ run }: Tracking, inAllMs: number): number {
  return run.is03 === false ? inAllMs : WORKER_LIMITS.takenWithinMs(inAllMs);
}
