/**
 * How long activities wait for a worker.
 *
 * A file of its own so that a test worker's bundle can put scaled ones in its place; inputs cannot.
 */
export const WORKER_LIMITS = {
  /** After this time in the queue, an activity says that no worker is there. */
  takenWithinMs: 90_000,
  /** A job that has ended is verified, or its object deleted, also when a worker comes so long after the deadline. */
  patienceMs: 600_000,
};

export type WorkerLimits = typeof WORKER_LIMITS;
