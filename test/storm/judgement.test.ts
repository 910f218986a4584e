import { describe, expect, it } from 'vitest';
import type { ExportImageResult, ExportStatus } from '../../src/contract';
import { judge } from './judgement';
import { planOf } from './plan';
import type { Attempt, Job, Post, Record } from './record';

const POST: Post = { atMs: 1_100, httpStatus: 200, note: 'job a', jobId: 'a', trouble: null };
const JOB: Job = { jobId: 'a', ours: true, status: 'SUCCESS', beginMs: 1_101, endMs: 2_000 };
const ATTEMPT: Attempt = {
  runs: [0],
  decidedAtMs: 1_050,
  scheduledAtMs: 1_060,
  startedAtMs: 1_070,
  closedAtMs: 1_150,
  end: 'accepted',
  sent: true,
  code: null,
};
const LOST: Attempt = { ...ATTEMPT, end: 'ambiguous', code: 'UND_ERR_SOCKET' };
/** Long after anything of the first submit is over. */
const LATER = 10_000;
const later = <T extends object>(what: T, times: { [time in keyof T]?: number }): T => ({ ...what, ...times });

/** A run in which all went well, and what is to be different in it. */
function record(changes: Partial<Record> = {}, submissions = 1): Record {
  const status = { submissions, remoteJob: 'ended' } as ExportStatus;
  const result = { confirmed: true, jobId: 'a', submissions, warnings: [] } as unknown as ExportImageResult;
  return {
    plan: { ...planOf(1_000), options: { maxProbes: 1 } },
    startedAtMs: 1_000,
    endedAtMs: 3_000,
    takenAtMs: 3_100,
    posts: [POST],
    heads: [{ atMs: 1_010, httpStatus: 404 }],
    jobs: [JOB],
    objectChanges: [],
    attempts: [ATTEMPT],
    lastRun: 0,
    resetsAtMs: [],
    cancel: null,
    answers: [],
    done: [],
    verdict: { kind: 'succeeded', result },
    memo: { outcome: 'succeeded', remoteJob: 'ended', jobId: 'a' },
    status,
    ...changes,
  };
}

const rulesBroken = (judged: Record): string[] => [
  ...new Set(judge(judged).map((problem) => problem.split(':')[0] ?? '')),
];

describe('the judgement of a run', () => {
  it('finds nothing wrong where all went well', () => {
    expect(judge(record())).toEqual([]);
  });

  it('finds two live jobs of one intent', () => {
    const second: Job = { ...JOB, jobId: 'b', beginMs: 1_500, endMs: 2_500 };
    expect(rulesBroken(record({ jobs: [JOB, second] }))).toContain('neverTwoLiveJobs');
  });

  it('finds a POST after an object that may be ours was seen', () => {
    const heads = [...record().heads, { atMs: LATER - 500, httpStatus: 200 }];
    const posts = [POST, { ...POST, atMs: LATER, jobId: 'b' }];
    expect(rulesBroken(record({ heads, posts }))).toContain('noPostAfterCandidate');
  });

  it('finds a POST after the cancel', () => {
    const attempt = later(ATTEMPT, {
      decidedAtMs: LATER,
      scheduledAtMs: LATER,
      startedAtMs: LATER,
      closedAtMs: LATER + 90,
    });
    const posts = [POST, { ...POST, atMs: LATER + 50, jobId: 'b' }];
    const canceled = record({ cancel: { requestedAtMs: 5_000 }, posts, attempts: [ATTEMPT, attempt] });
    expect(rulesBroken(canceled)).toContain('noPostAfterCancel');
  });

  it('finds a POST of a worker that was given up', () => {
    const lost: Attempt = { ...ATTEMPT, end: 'lost', closedAtMs: 1_090 };
    expect(rulesBroken(record({ attempts: [lost] }))).toContain('noPostOfAnAttemptGivenUp');
  });

  it('finds a POST before the lost one was surely over', () => {
    const attempt = later(ATTEMPT, { decidedAtMs: 1_200, scheduledAtMs: 1_200, startedAtMs: 1_200, closedAtMs: 1_300 });
    const posts = [
      { ...POST, httpStatus: null, jobId: null },
      { ...POST, atMs: 1_250 },
    ];
    expect(rulesBroken(record({ posts, attempts: [LOST, attempt] }, 2))).toContain('everyLostPostSettles');
  });

  it('finds a submission that is not counted, and one too many', () => {
    expect(rulesBroken(record({}, 0))).toContain('everySubmissionIsCounted');
    expect(rulesBroken(record({}, 2))).toContain('everySubmissionIsCounted');
  });

  it('finds more probes than were allowed', () => {
    const again = (atMs: number) =>
      later(LOST, { decidedAtMs: atMs, scheduledAtMs: atMs, startedAtMs: atMs, closedAtMs: atMs + 9 });
    const attempts = [LOST, again(LATER), again(2 * LATER)];
    expect(rulesBroken(record({ attempts }))).toContain('noMoreProbesThanAllowed');
  });

  it('finds an answer that was misread', () => {
    expect(rulesBroken(record({ attempts: [{ ...ATTEMPT, end: 'rejected' }] }))).toContain('noAnswerIsMisread');
  });

  it('finds a verdict that the cloud does not share', () => {
    expect(judge(record({ jobs: [{ ...JOB, status: 'FAIL' }] }))).toEqual([expect.stringContaining('job a is FAIL')]);
    const refused = record({
      verdict: { kind: 'failed', type: 'SubmitRejected', message: '', details: {} },
      memo: { outcome: 'failed', remoteJob: 'ended', jobId: 'a' },
    });
    expect(judge(refused)).toContainEqual(expect.stringContaining('SubmitRejected, but job a of ours was begun'));
  });

  it('finds an unknown that could have been known', () => {
    const unknown = record({
      verdict: { kind: 'unknown', message: '', details: { reason: 'submitAmbiguous' } },
      memo: { outcome: 'unknown', remoteJob: 'unknown' },
      status: { submissions: 1, remoteJob: 'unknown' } as ExportStatus,
      attempts: [LOST],
      posts: [{ ...POST, httpStatus: null, jobId: null }],
      jobs: [],
      plan: { ...planOf(1_000), options: { maxProbes: 1, deadline: 60_000 } },
    });
    expect(judge(unknown)).toEqual([expect.stringContaining('unknown, although')]);
  });
});
