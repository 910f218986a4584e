/**
 * What the cloud's answers say about a job that a person named. Pure.
 *
 * One read is no verdict: what is no clear word, such as a 503, refused credentials or no answer, says nothing of the job, and
 * it is read again.
 *
 * @module
 */
import type { CloudErrorInfo, ObservedJob, PollOutcome } from '../../contract';
import { SUBMIT_LIMITS } from '../submit-limits';

/** How far the check of a job is. Carried by continue-as-new, so its fields keep their names. */
export interface JobCheck {
  /** Reads so far without a clear word. */
  reads: number;
  lastReadAtMs: number;
  /** When the next read is due. */
  readAtMs: number;
  /** Code of what the last read met. */
  code: string;
  /** The last read met refused credentials. */
  denied: boolean;
  /** Answers that there is no such job, and when the first came. */
  notFound: number;
  notFoundSinceMs: number | null;
}

/** `taken` is null while the cloud has neither confirmed nor clearly contradicted the job. */
export type JobWord =
  | { taken: true; job: ObservedJob }
  | { taken: false; objection: string }
  | { taken: null; objection: string; check: JobCheck };

/** Code of a read that no worker took. */
export const NO_WORKER = 'NO_WORKER';

const NOT_FOUND_ANSWERS = 3;

/**
 * Takes one more read of the job in.
 *
 * @param objectionTo why a job that was read cannot be the one; null when it can
 * @param before what the reads before have left; null at the first
 */
export function hear(
  outcome: PollOutcome,
  objectionTo: (job: ObservedJob) => string | null,
  before: JobCheck | null,
  {
    nowMs,
    maxIntervalMs,
    noSuchJobMs = SUBMIT_LIMITS.noSuchJobMs,
  }: { nowMs: number; maxIntervalMs: number; noSuchJobMs?: number },
): JobWord {
  if (outcome.kind === 'observed') {
    const objection = objectionTo(outcome.job);
    return objection === null ? { taken: true, job: outcome.job } : { taken: false, objection };
  }
  const { kind, error } = outcome;
  const { code, message } = error;
  const objection =
    error.httpStatus === null
      ? `${code === NO_WORKER ? 'the cloud was not asked' : 'the cloud did not answer'} (${code}: ${message})`
      : `the cloud answered ${code}: ${message}`;
  const saysNotFound = kind !== 'denied' && isNotFound(kind, error);
  const notFound = (before?.notFound ?? 0) + (saysNotFound ? 1 : 0);
  const notFoundSinceMs = before?.notFoundSinceMs ?? (saysNotFound ? nowMs : null);
  const isClear = saysNotFound && notFound >= NOT_FOUND_ANSWERS && nowMs - (notFoundSinceMs ?? nowMs) >= noSuchJobMs;
  if (isClear) return { taken: false, objection };
  const reads = (before?.reads ?? 0) + 1;
  const waitMs = saysNotFound
    ? noSuchJobMs / (NOT_FOUND_ANSWERS - 1)
    : waitBeforeNextRead(outcome, reads, maxIntervalMs);
  return {
    taken: null,
    objection,
    check: {
      reads,
      lastReadAtMs: nowMs,
      readAtMs: nowMs + waitMs,
      code,
      denied: kind === 'denied',
      notFound,
      notFoundSinceMs,
    },
  };
}

/** IMG.0023, "an exception occurred during task query": also what an unknown job id is answered with. */
export const UNKNOWN_OR_BROKEN = 'IMG.0023';

function isNotFound(kind: 'notFound' | 'error', { code }: CloudErrorInfo): boolean {
  return kind === 'notFound' || code === UNKNOWN_OR_BROKEN;
}

function waitBeforeNextRead(
  outcome: Exclude<PollOutcome, { kind: 'observed' }>,
  reads: number,
  maxIntervalMs: number,
): number {
  const { readJobAgainMs, maxReadJobAgainMs } = SUBMIT_LIMITS;
  // Each refusal may count against a key that the cloud locks after a few.
  if (outcome.kind === 'denied') return maxIntervalMs;
  const asked = outcome.kind === 'error' ? (outcome.retryAfterMs ?? 0) : 0;
  return Math.max(asked, Math.min(maxReadJobAgainMs, readJobAgainMs * 2 ** (reads - 1)));
}
