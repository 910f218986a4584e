/**
 * Updates that a reset hands to the new run before that run knows what they are about: they wait, and are answered then.
 *
 * They are answered by the step itself, not by a condition: what it does next depends on them, such as a moved deadline.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/workflow';
import { EXPORT_CANCELED } from '../contract';
import type { Tracking } from './state';

/** @param answer called once it is due, or the export has ended otherwise than by a failure; what it throws is the answer too */
export function defer<T>(tracking: Tracking, isDue: () => boolean, answer: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    tracking.run.deferred.push(() => {
      const { ended } = tracking.run;
      if (!isDue() && ended === null) return false;
      try {
        if (ended !== null) throw ended.failure ?? canceled();
        resolve(answer());
      } catch (error) {
        reject(error);
      }
      return true;
    });
  });
}

/** Answers those that are due, in the order in which they came. */
export function answerDeferred(tracking: Tracking): void {
  tracking.run.deferred = tracking.run.deferred.filter((answered) => !answered());
}

function canceled(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('The export was canceled before this could be answered.', EXPORT_CANCELED);
}
