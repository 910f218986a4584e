/**
 * When to look at a job again. Pure: what is known goes in, a delay comes out.
 *
 * An export takes minutes or days, and nobody says which. The delay therefore grows with the time already spent, so that
 * the look that finds the end is late by a bounded share of the whole; and where the progress is credible, it shrinks
 * again towards the end, since half the time left can be slept without missing it.
 *
 * @module
 */

/** What the next delay depends on. All times in milliseconds. */
export interface PollMoment {
  /** Since the job was accepted. */
  elapsedMs: number;
  /** Estimated time left; null without credible progress. */
  remainingMs: number | null;
  minIntervalMs: number;
  maxIntervalMs: number;
  /** Until the last look before the deadline; no delay goes past it. */
  untilLastLookMs: number;
  /** Uniform in [0, 1). */
  random: number;
}

/** Never sleep for more than this share of the time already spent: an estimate lies when a job starts slowly. */
const MAX_SHARE_OF_ELAPSED = 0.12;

/** Near the end, looking more often than this share of the time already spent buys little. */
const MIN_SHARE_OF_ELAPSED = 0.0025;

/** Without credible progress the ramp ends here: nothing says that the end is not near. */
const MAX_BLIND_INTERVAL_MS = 120_000;

/** Each delay is drawn from this share around the intended one, so that exports started together drift apart. */
const JITTER = 0.15;

/** Milliseconds until the next look: never under the minimum, never over the bound, never past the last look. */
export function nextDelayMs(moment: PollMoment): number {
  const { minIntervalMs, maxIntervalMs, untilLastLookMs } = moment;
  const boundMs = clamp(MAX_SHARE_OF_ELAPSED * moment.elapsedMs, minIntervalMs, maxIntervalMs);
  const intendedMs = clamp(intendedDelayMs(moment), minIntervalMs, boundMs);
  const lowestMs = Math.max(minIntervalMs, intendedMs * (1 - JITTER));
  const highestMs = Math.min(maxIntervalMs, intendedMs * (1 + JITTER));
  const delayMs = lowestMs + moment.random * Math.max(0, highestMs - lowestMs);
  return Math.max(0, Math.min(Math.round(delayMs), untilLastLookMs));
}

function intendedDelayMs({ elapsedMs, remainingMs }: PollMoment): number {
  if (remainingMs === null) return Math.min(MAX_SHARE_OF_ELAPSED * elapsedMs, MAX_BLIND_INTERVAL_MS);
  return Math.max(remainingMs / 2, MIN_SHARE_OF_ELAPSED * elapsedMs);
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
