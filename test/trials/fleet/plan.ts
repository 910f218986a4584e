/**
 * What a fleet is to do, and how its limits follow from what the account allows.
 *
 * @module
 */
import { Dice } from '../dice';

export interface FleetPlan {
  /** Of the lengths of the jobs. */
  seed: number;
  exports: number;
  /** How long it is to last; the exports take from 50 % to 80 % of it. */
  seconds: number;
  /** Requests that all services together are to see at most in any second. */
  requestsPerSecond: number;
  /** `maxTaskQueueActivitiesPerSecond` of the queue of the submits. */
  submitsPerSecond: number;
}

/** Requests of the dearest activity, the validation, counted at the simulator; a verification is two, a poll or submit one. */
const REQUESTS_OF_A_VALIDATION = 3;

/**
 * A window sees more than its own seconds: after a pause Temporal lets the tasks of one second through at once, and those of
 * another may have gathered before a worker that stood still.
 */
const SECONDS_MORE = 2;

/** `maxTaskQueueActivitiesPerSecond` of the queue of all other activities. */
export function activitiesPerSecond({ requestsPerSecond }: FleetPlan): number {
  return requestsPerSecond / (1 + SECONDS_MORE) / REQUESTS_OF_A_VALIDATION;
}

/** The most calls that a queue of this rate makes in a window. */
export function mostOfRate(perSecond: number, windowSeconds: number): number {
  return Math.round(perSecond * (windowSeconds + SECONDS_MORE));
}

/** The rate of a queue whose calls have such a quota. */
export function rateForQuota(calls: number, windowSeconds: number): number {
  return calls / (windowSeconds + SECONDS_MORE);
}

/** As many as a dev server on two cores bears beside everything else. */
const POLLS_PER_SECOND = 10;

/** Intervals at which the whole fleet polls at that rate. */
export function pollIntervals({ exports }: FleetPlan): { minInterval: number; maxInterval: number } {
  const minInterval = Math.ceil((exports / POLLS_PER_SECOND) * 1_000);
  return { minInterval, maxInterval: 2 * minInterval };
}

/** The lengths of the jobs, in seconds, one after the other. */
export function jobLengths({ seed, seconds }: FleetPlan): () => number {
  const dice = new Dice(seed);
  return () => seconds * (0.5 + 0.3 * dice.next());
}

/** A plan as one line. */
export function describePlan({ seed, exports, seconds, requestsPerSecond, submitsPerSecond }: FleetPlan): string {
  const limits = `at most ${requestsPerSecond} requests and ${submitsPerSecond.toFixed(1)} submits a second`;
  return `seed ${seed}: ${exports} exports for ${seconds} s, ${limits}`;
}
