import type { SubmitLimits } from '../../../src/workflows/submit-limits';

/** Seconds where the shipped limits are minutes, in the same proportions. A worker that is lost is noticed in a second. */
export const SUBMIT_LIMITS: SubmitLimits = {
  startToCloseMs: 2_000,
  heartbeatTimeoutMs: 1_000,
  settleMs: 1_500,
  objectRestMs: 500,
  firstWaitMs: 200,
  firstWaitForWorkerMs: 50,
  maxWaitMs: 500,
  refusedAgainMs: 500,
  lastTryMs: 50,
  busyImageMs: 1_000,
  readJobAgainMs: 100,
  maxReadJobAgainMs: 500,
  noSuchJobMs: 1_000,
  noSuchAttachedJobMs: 1_000,
};
