/**
 * Who polls, and when. Ours is the code that the workflow runs; the others are written from their sources and documents.
 *
 * @module
 */
import { nextDelayMs } from '../../src/workflows/poll-schedule';
import { dueInMs, observeProgress, type Progress } from '../../src/workflows/progress';
import { between, type Random } from './random';

export interface Policy {
  name: PolicyName;
  /** For one job, from the moment it was accepted. */
  begin(random: Random): Poller;
}

export type PolicyName = 'ours' | 'fixed 10 s' | 'fixed 60 s' | 'smithy 15-120 s' | 'exponential to 5 min';

export interface Poller {
  /** Between the begin of the job and the first poll. */
  firstDelayMs: number;
  /**
   * Milliseconds from this poll, which saw the job running, to the next.
   *
   * @param reading fraction that the poll read; null when it read none
   */
  nextDelayMs(elapsedMs: number, reading: number | null): number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** The defaults of the options of an export; the deadline is too far away to matter. */
const OUR_OPTIONS = {
  minIntervalMs: 10 * SECOND_MS,
  maxIntervalMs: 10 * MINUTE_MS,
  untilFinalPollMs: Number.MAX_SAFE_INTEGER,
};

export const MAX_INTERVAL_MS = OUR_OPTIONS.maxIntervalMs;

export const POLICIES: readonly Policy[] = [
  {
    name: 'ours',
    begin(random) {
      let progress: Progress = [];
      return {
        firstDelayMs: 0,
        nextDelayMs(elapsedMs, reading) {
          progress = observeProgress(progress, reading, elapsedMs);
          const remainingMs = dueInMs(progress, elapsedMs);
          return nextDelayMs({ ...OUR_OPTIONS, elapsedMs, remainingMs, random: random() });
        },
      };
    },
  },
  // terraform-provider-huaweicloud, huaweicloud_ims_image_export: StateChangeConf{Delay: 10 s, PollInterval: 10 s}.
  { name: 'fixed 10 s', begin: () => ({ firstDelayMs: 10 * SECOND_MS, nextDelayMs: () => 10 * SECOND_MS }) },
  { name: 'fixed 60 s', begin: () => ({ firstDelayMs: 60 * SECOND_MS, nextDelayMs: () => 60 * SECOND_MS }) },
  { name: 'smithy 15-120 s', begin: smithyWaiter },
  { name: 'exponential to 5 min', begin: () => doubling(10 * SECOND_MS, 5 * MINUTE_MS) },
];

/**
 * smithy-typescript, util-waiter, poller.ts, with the delays that the generated waiters of AWS use: polls at once, then
 * draws from [min, min * 2^(attempt - 1)], and past the attempt at which that reaches the maximum takes exactly that.
 */
function smithyWaiter(random: Random): Poller {
  const minMs = 15 * SECOND_MS;
  const maxMs = 120 * SECOND_MS;
  const lastJittered = Math.log2(maxMs / minMs) + 1;
  let attempt = 0;
  return {
    firstDelayMs: 0,
    nextDelayMs() {
      attempt += 1;
      if (attempt > lastJittered) return maxMs;
      return between(minMs, Math.min(minMs * 2 ** (attempt - 1), maxMs), random);
    },
  };
}

/** Plain exponential backoff, as Kubernetes documents it for restarts: from 10 s on twice as long each time, to 5 min. */
function doubling(startMs: number, maxMs: number): Poller {
  let delayMs = startMs;
  return {
    firstDelayMs: startMs,
    nextDelayMs() {
      delayMs = Math.min(delayMs * 2, maxMs);
      return delayMs;
    },
  };
}
