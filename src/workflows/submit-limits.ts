import { SUBMIT_SETTLES_MS } from '../export/time';

/**
 * The times of a submit, and of what follows an ambiguous one.
 *
 * A file of its own so that a test worker's bundle can put scaled ones in its place; inputs cannot.
 */
export const SUBMIT_LIMITS = {
  /**
   * The gateway answers a POST within 200 s (`x-timeout` of the API); the client waits 210 s. Before it, 20 s for Temporal's
   * word and credentials; after it, a heartbeat timeout, so that an outage that the activity survives does not end it here.
   */
  startToCloseMs: 270_000,
  /** A worker that is lost or stands still is given up after this. */
  heartbeatTimeoutMs: 30_000,
  settleMs: SUBMIT_SETTLES_MS,
  /** An object that may be ours is complete when it is the same after this time. */
  objectRestMs: 60_000,
  /** First wait for a throttled or busy cloud; each further one is half as long again, up to the longest. */
  firstWaitMs: 30_000,
  /** The same where the trouble is a worker's own: another one may be there at once. */
  firstWaitForWorkerMs: 1_000,
  maxWaitMs: 300_000,
  /** A refusal of the credentials counts once it was seen again after this. */
  refusedAgainMs: 60_000,
  /** Or so long before the time to submit is over, where that comes first. */
  lastTryMs: 5_000,
  /** How long a busy image is left alone before it is probed again; each time twice as long. */
  busyImageMs: 1_800_000,
  /** A named job that could not be read is read again after this; each time twice as long, up to the longest. */
  readJobAgainMs: 5_000,
  maxReadJobAgainMs: 60_000,
  /**
   * Three answers that there is no such job, over this time, are the cloud's clear word. A little less than 2 min, so that
   * the operator who waits 2 min at the command line learns of it.
   */
  noSuchJobMs: 110_000,
  /** The same of the job of an attach, which nothing depends on: it can be named again. */
  noSuchAttachedJobMs: 20_000,
} as const;

export type SubmitLimits = { [limit in keyof typeof SUBMIT_LIMITS]: number };
