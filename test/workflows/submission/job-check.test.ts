import { describe, expect, it } from 'vitest';
import type { CloudErrorInfo, ObservedJob, PollOutcome } from '../../../src/contract';
import { hear, type JobCheck, NO_WORKER } from '../../../src/workflows/submission/job-check';
import { SUBMIT_LIMITS } from '../../../src/workflows/submit-limits';

const NOW = 1_000_000_000;
const MAX_INTERVAL_MS = 600_000;
const HALF_MS = SUBMIT_LIMITS.noSuchJobMs / 2;

const JOB: ObservedJob = {
  imageId: null,
  jobType: null,
  status: 'RUNNING',
  progress: null,
  currentTask: null,
  beginTime: null,
  endTime: null,
  errorCode: null,
  failReason: null,
  subJobs: [],
  requestId: 'r',
};
const error = (code: string, httpStatus: number | null, requestId: string | null): CloudErrorInfo => ({
  code,
  message: 'no',
  httpStatus,
  requestId,
  operation: 'ShowJob',
});
const seen: PollOutcome = { kind: 'observed', job: JOB };
const notFound: PollOutcome = { kind: 'notFound', error: error('IMG.0404', 404, 'r') };
const queryFailed: PollOutcome = { kind: 'error', error: error('IMG.0023', 400, 'r'), retryAfterMs: null };
const somebodyElses404: PollOutcome = { kind: 'error', error: error('HTTP_404', 404, null), retryAfterMs: null };
const unavailable: PollOutcome = { kind: 'error', error: error('HTTP_503', 503, 'r'), retryAfterMs: null };
const refused: PollOutcome = { kind: 'denied', error: error('APIGW.0301', 401, 'r') };
const noAnswer: PollOutcome = { kind: 'error', error: error('ECONNREFUSED', null, null), retryAfterMs: null };

/** What the reads of a job lead to, each at so many milliseconds from the first. */
function hearAll(reads: Array<[outcome: PollOutcome, atMs: number]>, objection: string | null = null) {
  let check: JobCheck | null = null;
  for (const [outcome, atMs] of reads) {
    const word = hear(outcome, () => objection, check, { nowMs: NOW + atMs, maxIntervalMs: MAX_INTERVAL_MS });
    if (word.taken !== null) return word;
    check = word.check;
  }
  return { taken: null, check, waitMs: Number(check?.readAtMs) - Number(check?.lastReadAtMs) };
}

describe('a job that a person named', () => {
  it('is taken when the cloud shows it and nothing contradicts it', () => {
    expect(hearAll([[seen, 0]])).toEqual({ taken: true, job: JOB });
  });

  it('is contradicted at once by what the cloud shows of it', () => {
    expect(hearAll([[seen, 0]], 'it is of another image')).toEqual({
      taken: false,
      objection: 'it is of another image',
    });
  });

  it.each([
    ['a 404', notFound],
    ['IMG.0023', queryFailed],
  ])('is contradicted by %s, three times over two minutes', (_what, outcome) => {
    const reads: Array<[PollOutcome, number]> = [
      [outcome, 0],
      [outcome, HALF_MS],
    ];
    expect(hearAll(reads)).toMatchObject({ taken: null, waitMs: HALF_MS });
    expect(hearAll([...reads, [outcome, 2 * HALF_MS]])).toMatchObject({ taken: false });
  });

  it('is not contradicted by three 404 within seconds, nor by two over two minutes', () => {
    expect(hearAll([0, 1, 2].map((at) => [notFound, at * 1_000]))).toMatchObject({ taken: null });
    expect(hearAll([0, 2].map((at) => [notFound, at * HALF_MS]))).toMatchObject({ taken: null });
  });

  it.each([
    ['a 404 without a request id', somebodyElses404],
    ['a 503', unavailable],
    ['refused credentials', refused],
    ['no answer', noAnswer],
  ])('is never contradicted by %s', (_what, outcome) => {
    expect(hearAll(Array.from({ length: 50 }, (_, at) => [outcome, at * HALF_MS]))).toMatchObject({ taken: null });
  });

  it('was not looked at where no worker took the read: the cloud is not said to be silent', () => {
    const notTaken: PollOutcome = { kind: 'error', error: error(NO_WORKER, null, null), retryAfterMs: null };
    const word = hear(notTaken, () => null, null, { nowMs: NOW, maxIntervalMs: MAX_INTERVAL_MS });
    expect(word).toMatchObject({ taken: null, objection: 'the cloud was not asked (NO_WORKER: no)' });
  });

  it('is taken when the cloud shows it after all', () => {
    expect(
      hearAll([
        [notFound, 0],
        [unavailable, HALF_MS],
        [seen, 2 * HALF_MS],
      ]),
    ).toEqual({ taken: true, job: JOB });
  });

  it('is read again soon, then less often, and slowly where credentials are refused', () => {
    const { readJobAgainMs, maxReadJobAgainMs } = SUBMIT_LIMITS;
    expect(hearAll([[unavailable, 0]])).toMatchObject({ waitMs: readJobAgainMs });
    expect(hearAll([0, 1].map((at) => [unavailable, at]))).toMatchObject({ waitMs: 2 * readJobAgainMs });
    expect(hearAll(Array.from({ length: 20 }, (_, at) => [unavailable, at]))).toMatchObject({
      waitMs: maxReadJobAgainMs,
    });
    expect(hearAll([[refused, 0]])).toMatchObject({ waitMs: MAX_INTERVAL_MS, check: { denied: true } });
    expect(hearAll([[{ ...unavailable, retryAfterMs: 90_000 }, 0]])).toMatchObject({ waitMs: 90_000 });
  });
});
