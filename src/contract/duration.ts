/**
 * Durations, as people and programs write them.
 *
 * @module
 */

/** Milliseconds, or a number with a unit: `'90s'`, `'15m'`, `'24h'`, `'2d'`. Read by {@link durationMs}. */
export type Duration = number | string;

/** The form of a duration, for messages. */
export const DURATION_SHAPE = "milliseconds, or a number with a unit such as '90s', '15m' or '24h'";

const DURATION_TEXT = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/;

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Milliseconds of a {@link Duration}; undefined when it is none.
 *
 * @example durationMs('1.5h') // 5_400_000
 */
export function durationMs(duration: unknown): number | undefined {
  if (typeof duration === 'number')
    return duration >= 0 && duration <= Number.MAX_SAFE_INTEGER ? Math.round(duration) : undefined;
  if (typeof duration !== 'string') return undefined;
  const [, number, unit] = DURATION_TEXT.exec(duration.trim()) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  return durationMs(Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS]);
}

/**
 * Milliseconds as a person writes them, in the largest unit that says them exactly. The inverse of {@link durationMs}.
 *
 * @example durationText(600_000) // '10m'
 */
export function durationText(ms: number): string {
  const units = Object.entries(UNIT_MS).reverse();
  // Up to two days, hours say more: '24h' is what a person means by a day.
  const [unit, unitMs] = units.find(([name, size]) => ms % size === 0 && (name !== 'd' || ms > 2 * size)) ?? ['ms', 1];
  return ms === 0 ? '0s' : `${ms / unitMs}${unit}`;
}
