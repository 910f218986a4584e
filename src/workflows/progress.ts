/**
 * Progress of an export, from the raw fraction that the cloud reports.
 *
 * The cloud repeats a level for minutes, may fall back, may report nothing at all and may show 0.20 at SUCCESS. So only the
 * first sighting of each higher level is kept: between two of them lies real work, and from them come rate and estimate.
 *
 * @module
 */

/** The first sighting of a level of progress. */
export interface ProgressLevel {
  atMs: number;
  /** 0..1. */
  fraction: number;
}

/** First sightings, oldest first, each higher than the one before. At most {@link LEVELS_KEPT}. */
export type Progress = ProgressLevel[];

/** Recent enough to follow a changing rate, enough of them to even out the spacing of the polls. */
const LEVELS_KEPT = 6;

/** After this number of expected gaps without a new level, the estimate is no longer used. */
const CREDIBLE_GAPS = 4;

/** Takes one reading in. A reading that is null or not higher than the last level changes nothing. */
export function observeProgress(progress: Progress, fraction: number | null, nowMs: number): Progress {
  if (fraction === null || !(fraction >= 0)) return progress;
  const level = { atMs: nowMs, fraction: Math.min(fraction, 1) };
  const last = progress.at(-1);
  if (last !== undefined && level.fraction <= last.fraction) return progress;
  return [...progress, level].slice(-LEVELS_KEPT);
}

/** The highest fraction seen, 0..1; null when the cloud reports none. */
export function fractionDone(progress: Progress): number | null {
  return progress.at(-1)?.fraction ?? null;
}

/** Milliseconds left by the recent rate; null when that is not known. Zero while the job is later than estimated. */
export function remainingMs(progress: Progress, nowMs: number): number | null {
  const dueMs = dueInMs(progress, nowMs);
  return dueMs === null ? null : Math.max(0, dueMs);
}

/**
 * Milliseconds until the estimated end, negative once it has passed. Null when it is not known: fewer than two levels, or
 * no new level for a few times the usual gap (a job that is stuck, or one whose progress means nothing).
 */
export function dueInMs(progress: Progress, nowMs: number): number | null {
  const first = progress.at(0);
  const last = progress.at(-1);
  if (first === undefined || last === undefined || first === last) return null;
  const spanMs = last.atMs - first.atMs;
  if (spanMs <= 0) return null;
  const usualGapMs = spanMs / (progress.length - 1);
  if (nowMs - last.atMs > CREDIBLE_GAPS * usualGapMs) return null;
  const fractionPerMs = (last.fraction - first.fraction) / spanMs;
  // A level is seen at the first poll after it was reached, so each sighting is late by up to one delay. Every level gives
  // an end, and the earliest of them comes from the sighting that was least late.
  const endsMs = progress.map(({ atMs, fraction }) => atMs + (1 - fraction) / fractionPerMs);
  const dueMs = Math.min(...endsMs) - nowMs;
  return Number.isFinite(dueMs) ? dueMs : null;
}

/** True when no new level came for `stallAfterMs`, counted from `sinceMs` while there is none at all. */
export function isStalled(progress: Progress, sinceMs: number, stallAfterMs: number, nowMs: number): boolean {
  return nowMs - (progress.at(-1)?.atMs ?? sinceMs) >= stallAfterMs;
}
