import { describe, expect, it } from 'vitest';
import type { ExportImageResult } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import { judge } from './judgement';
import { planOf } from './plan';
import type { ChaosRecord, Done, ExportRecord, RunRecord } from './record';
import { reportOf } from './report';

const BUCKET_URL = 'ims-image:chaos/0';
const WORKFLOW_ID = `ims-export:${BUCKET_URL}`;
const at = (ms: number) => new Date(ms).toISOString();

const JOB: JobSummary = {
  jobId: 'a',
  imageId: 'image',
  bucketUrl: BUCKET_URL,
  status: 'SUCCESS',
  percent: 1,
  beginTime: at(2_000),
  endTime: at(5_000),
};
const OBJECT = {
  bucket: 'ims-image',
  key: 'chaos/0',
  file: 'job-a',
  size: 7,
  etag: '"e"',
  lastModifiedMs: 5_000,
  contentType: 'application/octet-stream',
  uploadId: null,
};
const RESULT = {
  jobId: 'a',
  confirmed: true,
  object: { size: 7, etag: '"e"' },
  verification: { state: 'verified' },
} as ExportImageResult;
const EXPORT: ExportRecord = {
  workflowId: WORKFLOW_ID,
  name: 'client #0',
  kind: 'client',
  imageId: 'image',
  bucketUrl: BUCKET_URL,
  mayBeUnconfirmed: false,
  verdict: { kind: 'succeeded', result: RESULT },
  memo: { jobId: 'a', outcome: 'succeeded', remoteJob: 'ended' },
  startedAtMs: 1_000,
  endedAtMs: 6_000,
  deadlineAtMs: 200_000,
  toldJobs: ['a'],
  parent: null,
};
const RUN: RunRecord = {
  workflowId: WORKFLOW_ID,
  runId: 'run',
  firstRunId: 'run',
  startedAtMs: 1_000,
  cancelRequested: false,
  resetAtMs: [],
  failedTasks: [],
  timedOutTasks: 0,
};

/** A run in which all went well, and what is to be different in it, and in its one export. */
function record(changes: Partial<ChaosRecord> = {}, ofExport: Partial<ExportRecord> = {}): ChaosRecord {
  return {
    plan: planOf(1, { minutes: 1, exports: 12 }),
    startedAtMs: 0,
    healedAtMs: 60_000,
    takenAtMs: 300_000,
    exports: [{ ...EXPORT, ...ofExport }],
    batch: { workflowId: 'ims-export-batch:chaos', items: [], seen: 'COMPLETED' },
    jobs: [JOB],
    objects: [OBJECT],
    submits: [{ atMs: 1_990, path: '/v1/cloudimages/image/file', answeredAtMs: 2_010 }],
    wrongAnswers: [],
    done: [],
    missed: [],
    faults: [],
    fell: [],
    runs: [RUN],
    secretsFound: [],
    searched: { texts: 10, secrets: 3 },
    folder: '/kept',
    ...changes,
  };
}

const UNKNOWN = (reason: string): Partial<ExportRecord> => ({
  verdict: { kind: 'unknown', message: 'unknown', details: { reason } },
  memo: { outcome: 'unknown', remoteJob: 'unknown' },
});
const FAILED = (type: string): Partial<ExportRecord> => ({
  verdict: { kind: 'failed', type, message: type, details: {} },
  memo: { outcome: 'failed', remoteJob: 'none' },
});
const done = (action: Done['action'], fromMs: number, untilMs = fromMs): Done => ({
  fromMs,
  untilMs,
  action,
  workflowId: null,
});

describe('the judge of `npm run chaos`', () => {
  it('finds nothing wrong in a good run', () => {
    expect(judge(record())).toEqual([]);
  });

  it('finds a second job that began while the first one ran, or after it had written its object', () => {
    for (const beginMs of [3_000, 9_000]) {
      const second = { ...JOB, jobId: 'b', beginTime: at(beginMs), endTime: at(beginMs + 3_000) };
      expect(judge(record({ jobs: [JOB, second] }))).toEqual([expect.stringMatching(/^jobs started twice: .* job b /)]);
    }
  });

  it('lets a further job begin after one that has failed, and after another start of the same', () => {
    const second = { ...JOB, jobId: 'b', beginTime: at(9_000), endTime: at(12_000) };
    const verdict = { kind: 'succeeded', result: { ...RESULT, jobId: 'b' } } as const;
    const memo = { ...EXPORT.memo, jobId: 'b' };
    const ofSecond = { verdict, memo, endedAtMs: 13_000 };
    expect(judge(record({ jobs: [{ ...JOB, status: 'FAIL' }, second] }, ofSecond))).toEqual([]);
    const again = { ...RUN, runId: 'again', firstRunId: 'again', startedAtMs: 8_000 };
    expect(judge(record({ jobs: [JOB, second], runs: [RUN, again] }, ofSecond))).toEqual([]);
  });

  it.each<[string, Partial<ChaosRecord>, Partial<ExportRecord>, RegExp]>([
    ['a success whose job has failed', { jobs: [{ ...JOB, status: 'FAIL' }] }, {}, /succeeded by job a, which is FAIL/],
    ['a success without an object', { objects: [] }, {}, /there is no object/],
    ['a success with another object', { objects: [{ ...OBJECT, etag: '"f"' }] }, {}, /that of the cloud "f"/],
    [
      'a success that nobody allowed to be unconfirmed',
      {},
      { verdict: { kind: 'succeeded', result: { ...RESULT, confirmed: false } } },
      /acceptUnconfirmed is not set/,
    ],
    [
      'a failure of a job that has succeeded',
      {},
      {
        verdict: { kind: 'failed', type: 'ExportFailed', message: '', details: { jobId: 'a' } },
        memo: { jobId: 'a', outcome: 'failed', remoteJob: 'ended' },
      },
      /ExportFailed, but job a is SUCCESS/,
    ],
    ['"nothing was submitted" of a job that there is', {}, FAILED('SubmitRejected'), /job a was begun/],
    [
      'an object that is not right, which nobody touched',
      {},
      FAILED('ExportedObjectInvalid'),
      /nothing here calls for/,
    ],
    ['a refusal of credentials that nobody revoked', { jobs: [] }, FAILED('AccessDenied'), /nothing here calls for/],
    ['an unknown submit whose answer came', {}, UNKNOWN('submitAmbiguous'), /answer to its submit was not lost/],
    ['an unknown job that the cloud knows', {}, UNKNOWN('jobNotFound'), /unknown by jobNotFound/],
    ['a deadline before its time', {}, UNKNOWN('deadline'), /before that/],
    [
      'a deadline long after the job had ended',
      {},
      { ...UNKNOWN('deadline'), endedAtMs: 200_000 },
      /had ended \(SUCCESS\) 140000 ms before/,
    ],
    [
      'a cancel that nobody asked for',
      {},
      { verdict: { kind: 'canceled' }, memo: { outcome: 'canceled', remoteJob: 'unknown' } },
      /nobody asked for it/,
    ],
    ['a memo that says something else', {}, { memo: { ...EXPORT.memo, outcome: 'failed' } }, /its memo says failed/],
    ['a memo of a job of another export', {}, { memo: { ...EXPORT.memo, jobId: 'z' } }, /names job z/],
    [
      'a memo of a job that has not ended',
      { jobs: [{ ...JOB, endTime: null, status: 'RUNNING' }] },
      { verdict: { kind: 'canceled' }, memo: { jobId: 'a', outcome: 'canceled', remoteJob: 'ended' } },
      /but it has not/,
    ],
    ['a caller that was told of another job', {}, { toldJobs: ['z'] }, /told of job z/],
    [
      'a parent that was told something else',
      {},
      { kind: 'child', parent: { kind: 'canceled' } },
      /its parent was told: canceled/,
    ],
    ['an export of an image that may not be exported', {}, { kind: 'refused' }, /may not be exported: succeeded/],
  ])('finds %s', (_, changes, ofExport, problem) => {
    const found = judge(record(changes, ofExport));
    expect(found.filter((sentence) => problem.test(sentence))).toHaveLength(1);
    expect(found.every((sentence) => sentence.startsWith('verdicts wrong: client #0'))).toBe(true);
  });

  it('takes an ambiguous submit for right where its answer was lost, its worker was in trouble, or its run was reset', () => {
    const lost = [{ atMs: 2_000, path: '/v1/cloudimages/image/file', answeredAtMs: null }];
    expect(judge(record({ submits: lost }, UNKNOWN('submitAmbiguous')))).toEqual([]);
    const faults = [{ who: 'worker', atMs: 2_020, untilMs: 4_000 } as const];
    expect(judge(record({ faults }, UNKNOWN('submitAmbiguous')))).toEqual([]);
    expect(judge(record({ runs: [{ ...RUN, resetAtMs: [3_000] }] }, UNKNOWN('submitAmbiguous')))).toEqual([]);
  });

  it('takes a refusal of credentials for right at a deadline while they were revoked, not before it, and not long after', () => {
    const revoke = { do: 'revoke', what: 'credentials', forMs: 1_000 } as const;
    const refused = { ...FAILED('AccessDenied'), toldJobs: [], startedAtMs: 400_000, endedAtMs: 410_000 };
    const atDeadline = { ...refused, deadlineAtMs: 420_000 };
    const before = { ...refused, deadlineAtMs: null };
    expect(judge(record({ jobs: [], done: [done(revoke, 405_000)] }, atDeadline))).toEqual([]);
    expect(judge(record({ jobs: [], done: [done(revoke, 405_000)] }, before))).toHaveLength(1);
    expect(judge(record({ jobs: [], done: [done(revoke, 1_000)] }, atDeadline))).toHaveLength(1);
  });

  it('finds an export and a batch that have not ended', () => {
    const batch = { workflowId: 'ims-export-batch:chaos', items: null, seen: 'RUNNING' };
    const found = judge(record({ batch }, { verdict: { kind: 'open', seen: 'RUNNING' }, endedAtMs: null }));
    expect(found).toEqual([expect.stringMatching(/^stuck: client #0/), expect.stringMatching(/^stuck: the batch/)]);
  });

  it('finds an item of the batch that says something else than its export', () => {
    const item = { imageId: 'image', bucketUrl: BUCKET_URL, verdict: 'failed' } as const;
    const batch = { workflowId: 'ims-export-batch:chaos', items: [item], seen: 'COMPLETED' };
    expect(judge(record({ batch }, { kind: 'batch' }))).toEqual([
      'verdicts wrong: the batch says of image: failed; its export: succeeded',
    ]);
  });

  it('finds a failed workflow task, a secret, and a search for nothing', () => {
    const failedTasks = [{ eventId: 9, cause: '14', message: 'no' }];
    expect(judge(record({ runs: [{ ...RUN, failedTasks }] }))).toEqual([
      expect.stringMatching(/^failed workflow tasks: .*event 9 .*no/),
    ]);
    const secretsFound = [{ what: 'a secret key', where: 'a log' }];
    expect(judge(record({ secretsFound }))).toEqual(['secrets found: a secret key is in a log']);
    expect(judge(record({ searched: { texts: 10, secrets: 0 } }))).toEqual(['no secret was searched for']);
  });

  it('reports the counts, and of a bad export its plan, its jobs and where its histories are', () => {
    expect(reportOf(record())).toContain(
      'exports 1, actions 0, jobs started twice 0, verdicts wrong 0, stuck 0, failed workflow tasks 0, secrets found 0',
    );
    const report = reportOf(record({ objects: [] }));
    expect(report).toContain('verdicts wrong 1');
    for (const said of [WORKFLOW_ID, '"kind":"client"', 'job a SUCCESS', '/kept/histories/'])
      expect(report).toContain(said);
  });
});
