/**
 * Has this worker stood still?
 *
 * The monotonic clock stands still while a virtual machine is suspended; the wall clock can be set, and so run forward or
 * back. So both are asked, and the one that says more counts.
 *
 * @module
 */

/** The time since this call, by the clock that says more; endless when the wall clock went back, since then it says nothing. */
export function stopwatch(): () => number {
  const startedAt = { wallMs: Date.now(), monotonicMs: performance.now() };
  return () => {
    const wallMs = Date.now() - startedAt.wallMs;
    if (wallMs < 0) return Number.POSITIVE_INFINITY;
    return Math.max(wallMs, performance.now() - startedAt.monotonicMs);
  };
}
