/**
 * When an export that does not report is checked.
 *
 * A file of its own so that a test worker's bundle can put shorter ones in its place; inputs cannot.
 */
export const LIVENESS_LIMITS = {
  /** Exports report by themselves: a check only finds those that were terminated, reset or cut off by a timeout. */
  firstMs: 600_000,
  /** Each further check waits twice as long, up to this. */
  maxMs: 3_600_000,
  /** After a request to cancel, which an export obeys at once unless it drains. */
  afterCancelMs: 60_000,
} as const;

export type LivenessLimits = { [limit in keyof typeof LIVENESS_LIMITS]: number };
