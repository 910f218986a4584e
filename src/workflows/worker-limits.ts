/**
 * How long activities wait for a worker.
 *
 * A file of its own so that a test worker's bundle can put scaled ones in its place; inputs cannot.
 */
export const WORKER_LIMITS: WorkerLimits = {
  // Where a queue is limited, an activity may well stand in it for minutes; one that is taken late has time enough to run.
  takenWithinMs: (inAllMs) => 0.75 * inAllMs,
  patienceMs: 600_000,
};

export interface WorkerLimits {
  /** After this time in the queue no worker is there, for an activity that has so long in all. */
  takenWithinMs(inAllMs: number): number;
  /** A job that has ended is verified, or its object deleted, also when a worker comes so long after the deadline. */
  patienceMs: number;
}
