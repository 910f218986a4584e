/**
 * Measures of points in time: how many come at once, and how unevenly they come.
 *
 * @module
 */

/** The most points in any window of this length, wherever it begins. */
export function mostWithin(windowMs: number, timesMs: readonly number[]): number {
  const sorted = [...timesMs].sort((one, other) => one - other);
  let most = 0;
  let first = 0;
  sorted.forEach((timeMs, index) => {
    while (timeMs - (sorted[first] ?? timeMs) >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}

/**
 * The index of dispersion: variance by mean of the counts in windows of equal length. 1 when the points come by chance
 * (a Poisson process), 0 when they come like clockwork, and about as much as come at once when they come in bunches.
 */
export function dispersion(
  timesMs: readonly number[],
  { fromMs, toMs, windowMs }: { fromMs: number; toMs: number; windowMs: number },
): number {
  const counts = new Array<number>(Math.floor((toMs - fromMs) / windowMs)).fill(0);
  if (counts.length < 2) throw new Error(`from ${fromMs} to ${toMs} there are no two windows of ${windowMs} ms`);
  for (const timeMs of timesMs) {
    const window = Math.floor((timeMs - fromMs) / windowMs);
    if (window >= 0 && window < counts.length) counts[window] = (counts[window] ?? 0) + 1;
  }
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  if (mean === 0) return 0;
  return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (counts.length - 1) / mean;
}

/** The value below which this share of them lies. */
export function quantile(share: number, values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
