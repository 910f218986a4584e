import type { SubmitOutcome } from '../../contract';
import { waitSummary } from '../../export/summaries';
import { about, atLeast } from '../../export/time';
import { is03 } from '../patches';
import { sleep } from '../sleep';
import type { Tracking, Validated } from '../state';
import { SUBMIT_LIMITS } from '../submit-limits';

export type NotExecuted = Extract<SubmitOutcome, { kind: 'notExecuted' }>;

/** A 401 or 403 on the POST may be a token that expired this moment, or a gateway's bad second: one more try is due. */
export const REFUSED_CREDENTIALS_TRIES = 2;

/** True when the cloud itself refused the credentials; that there are none to sign with may pass. */
export function refusedCredentials({ reason, error }: NotExecuted): boolean {
  return reason === 'unauthorized' && error.httpStatus !== null;
}

/**
 * Refusals in a row, with this outcome. One without an answer of the cloud, such as that of a key that rests, neither counts nor
 * forgets; until 0.3 it forgot. Nor does one that a person's `pollNow` brought soon after another: both may be of one bad second.
 */
export function refusalsInARow(tracking: Tracking, before: number, outcome: NotExecuted): number {
  const { carried } = tracking;
  if (refusedCredentials(outcome)) {
    const sinceMs = Date.now() - (carried.refusedAtMs ?? 0);
    if (before > 0 && sinceMs < SUBMIT_LIMITS.refusedAgainMs && is03(tracking)) return before;
    carried.refusedAtMs = Date.now();
    return before + 1;
  }
  return before > 0 && outcome.error.httpStatus === null && is03(tracking) ? before : 0;
}

/** Waits before the next try of a POST that was surely not executed; false, at once, when there is no time for one. */
export async function waitForNextTry(
  tracking: Tracking,
  outcome: NotExecuted,
  endsAtMs: () => number,
): Promise<boolean> {
  tracking.carried.lastError = outcome.error;
  const nowMs = Date.now();
  let tryAtMs = nowMs + delayBeforeNextTry(tracking, outcome);
  // One refusal is no verdict: it is seen again as late as there is time for, if not a minute later.
  if (tryAtMs >= endsAtMs() && refusedCredentials(outcome) && is03(tracking))
    tryAtMs = endsAtMs() - SUBMIT_LIMITS.lastTryMs;
  if (tryAtMs >= endsAtMs() || tryAtMs <= nowMs) return false;
  tracking.carried.submitWaits += 1;
  await waitForTry(tracking, tryAtMs, endsAtMs, waitSummary(outcome.reason, outcome.error.code, tryAtMs - nowMs));
  return true;
}

/** Sleeps until a time for which a new run waits on, too. */
export async function waitForTry(
  tracking: Tracking,
  tryAtMs: number,
  endsAtMs: () => number,
  summary: string,
): Promise<void> {
  tracking.carried.nextTryAtMs = tryAtMs;
  await sleepOrWake(tracking, () => Math.min(tryAtMs, endsAtMs()), summary);
  tracking.carried.nextTryAtMs = null;
}

/** What the run before was waiting for when it continued as new. */
export async function goOnWaiting(tracking: Validated): Promise<void> {
  const { nextTryAtMs, lastError } = tracking.carried;
  if (nextTryAtMs === null) return;
  await waitForTry(
    tracking,
    nextTryAtMs,
    () => tracking.carried.deadlineAtMs,
    `waiting: ${lastError?.code ?? 'next try'}`,
  );
}

/** Sleeps until the time is over, or a person sends `pollNow` or an answer. */
export async function sleepOrWake(tracking: Tracking, untilMs: () => number, summary: string): Promise<void> {
  await sleep(tracking, () => ({ untilMs: untilMs(), summary: () => summary }));
  tracking.carried.wake = false;
}

function delayBeforeNextTry(tracking: Tracking, outcome: NotExecuted): number {
  const { reason, retryAfterMs, error } = outcome;
  const waits = tracking.carried.submitWaits;
  const { firstWaitMs, firstWaitForWorkerMs, maxWaitMs: longestWaitMs, refusedAgainMs } = SUBMIT_LIMITS;
  const backedOffMs = Math.min(
    longestWaitMs,
    (reason === 'staleAttempt' ? firstWaitForWorkerMs : firstWaitMs) * 1.5 ** waits,
  );
  // A key that rests may be replaced at any time: to find the same one costs no request.
  if (error.code === 'CredentialsHeldBack' && is03(tracking)) return atLeast(retryAfterMs ?? firstWaitMs);
  const jitteredMs = about(backedOffMs);
  // Until 0.3 it was tried again as soon as after anything else.
  const askedMs = Math.max(retryAfterMs ?? 0, refusedCredentials(outcome) && is03(tracking) ? refusedAgainMs : 0);
  return Math.max(atLeast(askedMs), jitteredMs);
}
