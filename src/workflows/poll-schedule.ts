/**
 * When to poll a job again. Pure: what is known goes in, a delay comes out.
 *
 * An export takes minutes or days, and the cloud does not say which. The delay therefore grows with the time already spent, so that
 * the poll that finds the end is late by a bounded share of the whole. Where the progress shows an end, the delay is half
 * of the time to it: few polls far from it, close ones about it. When that end has passed and the job still runs, the
 * polls spread out again.
 *
 * `npm run bench -- poll-schedule` holds this against the schedules of others; docs/development/poll-schedule.md has the numbers.
 *
 * @module
 */
import { JITTER } from '../export/time';

/** What the next delay depends on. All times in milliseconds. */
export interface PollMoment {
  /** Since the job was accepted. */
  elapsedMs: number;
  /** Until the estimated end, negative once that has passed; null without credible progress. */
  remainingMs: number | null;
  minIntervalMs: number;
  maxIntervalMs: number;
  /** Until the final poll before the deadline; no delay goes past it. */
  untilFinalPollMs: number;
  /** Uniform in [0, 1). */
  random: number;
}

/** Never sleep for more than this share of the time already spent: an estimate lies when a job starts slowly. */
const MAX_SHARE_OF_ELAPSED = 0.2;

/** Half of the time left can be slept without missing the end, should the job be twice as fast as it was. */
const SHARE_OF_REMAINING = 0.5;

/** The later a job is, the less its estimate was worth: the polls spread out with the time since the estimated end. */
const SHARE_OF_OVERDUE = 0.25;

/** But no further than this: a job that should have ended will end soon. */
const MAX_OVERDUE_INTERVAL_MS = 90_000;

/** Without credible progress the ramp ends here: nothing says that the end is not near. */
const MAX_BLIND_INTERVAL_MS = 120_000;

/**
 * About the estimated end, polling more often than this gains little. It grows with the root of the time spent: 10 s after
 * one hour, 30 s after nine, a minute after 36.
 */
const FINEST_AFTER_AN_HOUR_MS = 10_000;
const HOUR_MS = 3_600_000;

/** Milliseconds until the next poll: never under the minimum, never over the bound, never past the final poll. */
export function nextDelayMs(moment: PollMoment): number {
  const { minIntervalMs, maxIntervalMs, untilFinalPollMs } = moment;
  const boundMs = clamp(MAX_SHARE_OF_ELAPSED * moment.elapsedMs, minIntervalMs, maxIntervalMs);
  const intendedMs = clamp(intendedDelayMs(moment), minIntervalMs, boundMs);
  // At a bound there is room on one side only; the draw keeps within the bound and is a draw all the same.
  const lowestMs = Math.max(minIntervalMs, intendedMs * (1 - JITTER));
  const highestMs = Math.min(maxIntervalMs, intendedMs * (1 + JITTER));
  const delayMs = lowestMs + moment.random * Math.max(0, highestMs - lowestMs);
  return Math.max(0, Math.min(Math.round(delayMs), untilFinalPollMs));
}

function intendedDelayMs({ elapsedMs, remainingMs }: PollMoment): number {
  if (remainingMs === null) return MAX_BLIND_INTERVAL_MS;
  const finestMs = FINEST_AFTER_AN_HOUR_MS * Math.sqrt(elapsedMs / HOUR_MS);
  if (remainingMs >= 0) return Math.max(SHARE_OF_REMAINING * remainingMs, finestMs);
  return Math.max(Math.min(SHARE_OF_OVERDUE * -remainingMs, MAX_OVERDUE_INTERVAL_MS), finestMs);
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
