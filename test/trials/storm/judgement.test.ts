import { describe, expect, it } from 'vitest';
import type { ExportImageResult, ExportStatus } from '../../../src/contract';
import { judge } from './judgement';
import { planOf } from './plan';
import type { Attempt, Job, PersonsAnswer, Post, Record } from './record';

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
    deadlineFromMs: 1_000,
    endedAtMs: 3_000,
    takenAtMs: 3_100,
    posts: [POST],
    heads: [{ atMs: 1_010, httpStatus: 404 }],
    reads: [],
    jobs: [JOB],
    objectChanges: [],
    attempts: [ATTEMPT],
    lastRun: 0,
    wrongReads: [],
    restartsAtMs: [],
    outages: [],
    earlier: null,
    details: [],
    workers: 0,
    cancel: null,
    answers: [],
    done: [],
    verdict: { kind: 'succeeded', result },
    memo: { outcome: 'succeeded', remoteJob: 'ended', jobId: 'a' },
    status,
    ...changes,
  };
}

/** The answer was lost, nothing began, and nobody knows. */
const UNKNOWN = {
  verdict: { kind: 'unknown', message: '', details: { reason: 'submitAmbiguous' } },
  memo: { outcome: 'unknown', remoteJob: 'unknown' },
  status: { submissions: 1, remoteJob: 'unknown' } as ExportStatus,
  attempts: [LOST],
  posts: [{ ...POST, httpStatus: null, jobId: null }],
  jobs: [],
  plan: { ...planOf(1_000), options: { maxProbes: 1, deadline: 60_000 } },
} satisfies Partial<Record>;

const rulesBroken = (judged: Record): string[] => [
  ...new Set(judge(judged).map((problem) => problem.split(':')[0] ?? '')),
];

describe('the judge of `npm run storm`', () => {
  it('finds nothing wrong in a good run', () => {
    expect(judge(record())).toEqual([]);
  });

  it('finds two live jobs of one intent', () => {
    const second: Job = { ...JOB, jobId: 'b', beginMs: 1_500, endMs: 2_500 };
    expect(rulesBroken(record({ jobs: [JOB, second] }))).toContain('neverTwoLiveJobs');
  });

  it('finds a POST after an object appeared that may be ours', () => {
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

  it('finds a POST after the operator named the job, but not one already on its way', () => {
    const again = { decidedAtMs: LATER, scheduledAtMs: LATER, startedAtMs: LATER, closedAtMs: LATER + 90 };
    const posts = [POST, { ...POST, atMs: LATER + 50, jobId: 'b' }];
    const attempts = [LOST, later(ATTEMPT, again)];
    const answered = (takenAtMs: number) => {
      const answer: PersonsAnswer = { atMs: takenAtMs, takenAtMs, answer: 'truth', jobId: 'a', refusal: null };
      return rulesBroken(record({ posts, attempts, answers: [answer] }, 2));
    };
    expect(answered(LATER - 500)).toContain('noPostAfterAJobWasNamed');
    expect(answered(LATER + 10)).not.toContain('noPostAfterAJobWasNamed');
  });

  it('finds a job named by the operator that was adopted without a warning', () => {
    const answer: PersonsAnswer = { atMs: 1_900, takenAtMs: 1_910, answer: 'truth', jobId: 'a', refusal: null };
    const taken = record({ attempts: [LOST], posts: [{ ...POST, httpStatus: null }], answers: [answer] });
    expect(judge(taken)).toEqual([expect.stringContaining('may export to another object')]);
  });

  it('finds an unknown outcome although the image was busy and its object could be watched for', () => {
    const again = { decidedAtMs: LATER, scheduledAtMs: LATER, startedAtMs: LATER, closedAtMs: LATER + 90 };
    const probe: Attempt = { ...later(ATTEMPT, again), end: 'notExecuted', code: 'IMG.0148' };
    const busy = (endedAtMs: number) =>
      judge(
        record({
          ...UNKNOWN,
          endedAtMs,
          jobs: [{ ...JOB, status: 'RUNNING', endMs: null }],
          attempts: [LOST, probe],
          posts: [
            { ...POST, httpStatus: null },
            { ...POST, atMs: LATER + 50, httpStatus: 400, note: 'IMG.0148', jobId: null },
          ],
        }),
      );
    expect(busy(LATER + 5_000)).toEqual([expect.stringContaining('could be watched for')]);
    expect(busy(61_100)).toEqual([]);
  });

  it('finds an unknown outcome although the object was readable in time, but not when it never was', () => {
    const readUntil = (atMs: number) =>
      judge(
        record({
          ...UNKNOWN,
          endedAtMs: 61_100,
          plan: { ...UNKNOWN.plan, options: { maxProbes: 1, deadline: 60_000, acceptUnconfirmed: true } },
          jobs: [JOB],
          heads: [...record().heads, { atMs: LATER, httpStatus: 200 }],
          reads: [{ atMs, httpStatus: 503 }],
        }),
      );
    expect(readUntil(LATER)).toEqual([expect.stringContaining('an object at rest was there')]);
    expect(readUntil(60_000)).toEqual([]);
  });

  it('finds a POST of a worker that Temporal had given up', () => {
    const lost: Attempt = { ...ATTEMPT, end: 'lost', closedAtMs: 1_090 };
    expect(rulesBroken(record({ attempts: [lost] }))).toContain('noPostOfAnAttemptGivenUp');
  });

  it('finds a POST before the ambiguous one was surely over', () => {
    const attempt = later(ATTEMPT, { decidedAtMs: 1_200, scheduledAtMs: 1_200, startedAtMs: 1_200, closedAtMs: 1_300 });
    const posts = [
      { ...POST, httpStatus: null, jobId: null },
      { ...POST, atMs: 1_250 },
    ];
    expect(rulesBroken(record({ posts, attempts: [LOST, attempt] }, 2))).toContain('everyLostPostSettles');
  });

  it('finds an uncounted submission, and one counted too many', () => {
    expect(rulesBroken(record({}, 0))).toContain('everySubmissionIsCounted');
    expect(rulesBroken(record({}, 2))).toContain('everySubmissionIsCounted');
  });

  it('finds more probes than allowed', () => {
    const again = (atMs: number) =>
      later(LOST, { decidedAtMs: atMs, scheduledAtMs: atMs, startedAtMs: atMs, closedAtMs: atMs + 9 });
    const attempts = [LOST, again(LATER), again(2 * LATER)];
    expect(rulesBroken(record({ attempts }))).toContain('noMoreProbesThanAllowed');
  });

  it('finds a misread answer', () => {
    expect(rulesBroken(record({ attempts: [{ ...ATTEMPT, end: 'rejected' }] }))).toContain('noAnswerIsMisread');
  });

  it('finds a verdict that contradicts the cloud', () => {
    expect(judge(record({ jobs: [{ ...JOB, status: 'FAIL' }] }))).toEqual([expect.stringContaining('job a is FAIL')]);
    const refused = record({
      verdict: { kind: 'failed', type: 'SubmitRejected', message: '', details: {} },
      memo: { outcome: 'failed', remoteJob: 'ended', jobId: 'a' },
    });
    expect(judge(refused)).toContainEqual(expect.stringContaining('SubmitRejected, but job a of ours was begun'));
  });

  describe('of a failure that says that nothing was submitted', () => {
    const message = 'Nothing was submitted: the time to submit is over';
    const failure = { kind: 'failed', type: 'SubmitRejected', message, details: {} } as const;
    const memo = { outcome: 'failed', remoteJob: 'none' } as const;
    const status = { submissions: 0, remoteJob: 'none' } as ExportStatus;
    const { plan } = UNKNOWN;
    const nothing = { plan, posts: [], jobs: [], attempts: [], endedAtMs: 70_000, memo, status, verdict: failure };

    it('finds that the run before a reset or a retry had submitted', () => {
      expect(judge(record(nothing))).toEqual([]);
      const earlierRun = { posts: [POST], attempts: [ATTEMPT], lastRun: 1, restartsAtMs: [20_000] };
      expect(rulesBroken(record({ ...nothing, ...earlierRun }))).toContain('nothingSubmittedIsTrue');
    });

    it('finds it in the words alone, whatever the type', () => {
      const verdict = { ...UNKNOWN.verdict, message } as const;
      const judged = record({ ...UNKNOWN, posts: [{ ...POST, httpStatus: null }], verdict });
      expect(rulesBroken(judged)).toContain('nothingSubmittedIsTrue');
    });

    it('finds it in what is shown while the export goes on, but not of a POST that is on its way', () => {
      const shownAt = (atMs: number) =>
        rulesBroken(record({ details: [{ atMs, text: '### Validating\n\nNothing was submitted yet.' }] }));
      expect(shownAt(POST.atMs + 1_500)).toContain('nothingSubmittedIsTrue');
      expect(shownAt(POST.atMs + 100)).toEqual([]);
      const later = { atMs: POST.atMs + 1_500, text: 'An object is there. Nothing is submitted any more.' };
      expect(judge(record({ details: [later] }))).toEqual([]);
    });

    it('finds an earlier export that it does not name', () => {
      const earlier = { runId: 'before', jobId: 'job-before' };
      const named = { ...status, earlier: { runId: 'before' } } as ExportStatus;
      const told = { ...failure, message: `${message}. An earlier export left job job-before` };
      expect(judge(record({ ...nothing, earlier, verdict: told, status: named }))).toEqual([]);
      expect(judge(record({ ...nothing, earlier, verdict: told }))).toEqual([
        expect.stringContaining('anEarlierExportIsNamed: it failed with SubmitRejected'),
      ]);
      expect(judge(record({ ...nothing, earlier, status: named }))).toEqual([
        expect.stringContaining('without its job job-before'),
      ]);
    });

    it.each([
      [
        'DestinationExists',
        'where no object was seen',
        'where one was seen',
        { heads: [{ atMs: 1_010, httpStatus: 200 }] },
      ],
      ['AccessDenied', 'for one 401', 'for a 403', { heads: [{ atMs: 1_010, httpStatus: 403 }] }],
    ] as const)('finds %s %s, but not %s', (type, _, __, { heads }) => {
      const oneLook = { atMs: 1_005, httpStatus: type === 'AccessDenied' ? 401 : 200, isWrong: true } as const;
      const refused = { ...nothing, endedAtMs: 1_100, verdict: { ...failure, type } };
      expect(judge(record({ ...refused, heads: [oneLook, ...record().heads] }))).toEqual([
        expect.stringContaining('although nothing that was answered calls for it'),
      ]);
      expect(judge(record({ ...refused, heads: [...heads] }))).toEqual([]);
    });

    it('finds that the time to submit was not over', () => {
      expect(judge(record({ ...nothing, endedAtMs: 1_100 }))).toEqual([
        expect.stringContaining('although nothing that was answered calls for it'),
      ]);
    });
  });

  it('takes a page that is not of OBS for no object', () => {
    const page = { atMs: 1_500, httpStatus: 200, isWrong: true } as const;
    const posts = [POST, { ...POST, atMs: LATER, jobId: 'b' }];
    expect(rulesBroken(record({ heads: [...record().heads, page], posts }))).not.toContain('noPostAfterCandidate');
  });

  describe('of an unknown outcome', () => {
    const answered = { ...POST, trouble: { kind: 'none', delayMs: 400 } } as const;
    const givenUp: Attempt = { ...ATTEMPT, end: 'lost', closedAtMs: 2_000 };
    const unknown = { ...UNKNOWN, attempts: [givenUp], posts: [answered], jobs: [JOB], endedAtMs: 9_000 };
    const withoutProbes = { ...UNKNOWN.plan, options: { maxProbes: 0, deadline: 8_000 } };
    const judged = (changes: Partial<Record>) => judge(record({ ...unknown, plan: withoutProbes, ...changes }));

    it('finds a worker that had the answer and could reach Temporal', () => {
      expect(judged({})).toEqual([expect.stringContaining('a worker had the id of job a')]);
    });

    it('finds none where the worker was killed, or Temporal away until the submit counted as over', () => {
      const killed = { atMs: 1_600, action: { do: 'kill', anotherAfterMs: 0 } } as const;
      expect(judged({ done: [killed] })).toEqual([]);
      const gone = { what: 'Temporal stopped', fromMs: 1_300, untilMs: 3_400 } as const;
      expect(judged({ outages: [gone] })).toEqual([]);
    });

    it('finds polls that failed because no worker was there', () => {
      const noPolls = { reason: 'pollErrors', jobId: 'a' };
      const verdict = { kind: 'unknown', message: '', details: noPolls } as const;
      const outage = { what: 'activity workers absent', fromMs: 1_300, untilMs: 6_000 } as const;
      const absent = { verdict, outages: [outage], attempts: [ATTEMPT], posts: [POST] };
      expect(judged(absent)).toEqual([expect.stringContaining('no poll met any trouble (pollErrors)')]);
    });

    it('finds a job whose end could be read, but not while nobody was there to read it', () => {
      const verdict = { kind: 'unknown', message: '', details: { reason: 'deadline', jobId: 'a' } } as const;
      const known = { verdict, attempts: [ATTEMPT], posts: [POST] };
      expect(judged(known)).toEqual([expect.stringContaining('its job ended 7000 ms before')]);
      const outage = { what: 'activity workers absent', fromMs: 1_900, untilMs: 8_900 } as const;
      expect(judged({ ...known, outages: [outage] })).toEqual([]);
    });

    it('counts the deadline of a retried run from its own start', () => {
      const verdict = { kind: 'unknown', message: '', details: { reason: 'deadline', jobId: 'a' } } as const;
      const job = { ...JOB, endMs: 12_000 };
      const retried = { verdict, attempts: [ATTEMPT], posts: [POST], jobs: [job], endedAtMs: 19_000 };
      expect(judged({ ...retried, deadlineFromMs: 11_000, restartsAtMs: [10_900] })).toContainEqual(
        expect.stringContaining('its job ended 7000 ms before'),
      );
    });
  });

  it('finds an export that went on long after its deadline, but not where it was held up', () => {
    const late = (outages: Record['outages']) =>
      rulesBroken(
        record({ plan: { ...planOf(1_000), options: { maxProbes: 1, deadline: 5_000 } }, endedAtMs: 25_000, outages }),
      );
    expect(late([])).toContain('endsInTime');
    expect(late([{ what: 'Temporal stopped', fromMs: 4_000, untilMs: 12_000 }])).toEqual([]);
  });

  it('finds an unknown outcome that could have been known', () => {
    expect(judge(record(UNKNOWN))).toEqual([expect.stringContaining('unknown, although')]);
  });
});
