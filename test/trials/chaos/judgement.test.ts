import { describe, expect, it } from 'vitest';
import type { ExportImageResult } from '../../../src/contract';
import type { JobSummary } from '../../../src/testing';
import type { RequestSeen } from './cloud-proxy';
import { excusesOf, judge } from './judgement';
import { planOf } from './plan';
import type { ActivitySeen, ChaosRecord, Done, ExportRecord, RunRecord } from './record';
import { reportOf } from './report';

const BUCKET_URL = 'ims-image:chaos/0';
const WORKFLOW_ID = `ims-export:${BUCKET_URL}`;
const at = (ms: number) => new Date(ms).toISOString();

const JOB: JobSummary = {
  jobId: 'a',
  imageId: 'i-0',
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
  imageId: 'i-0',
  bucketUrl: BUCKET_URL,
  account: 'default',
  queues: 'own',
  mayBeUnconfirmed: false,
  verdict: { kind: 'succeeded', result: RESULT },
  memo: { jobId: 'a', outcome: 'succeeded', remoteJob: 'ended' },
  startedAtMs: 1_000,
  endedAtMs: 6_000,
  deadlineAtMs: 200_000,
  toldJobs: ['a'],
  parent: null,
};
const SUBMITTED: ActivitySeen = {
  type: 'imsSubmitExport',
  scheduledAtMs: 1_900,
  endedAtMs: 2_100,
  outcome: 'accepted',
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
  closedAs: 'completed',
  closedAtMs: 6_000,
  activities: [SUBMITTED],
};
const SUBMIT: RequestSeen = {
  process: 'worker',
  account: 'default',
  atMs: 1_990,
  service: 'ims',
  method: 'POST',
  path: '/v1/cloudimages/i-0/file',
  key: 'k',
  arrived: true,
  status: 200,
  answeredAtMs: 2_010,
  wrong: null,
};
/** A read of its account that was refused. */
const refused = (atMs: number): RequestSeen => ({
  ...SUBMIT,
  method: 'GET',
  path: '/v2/cloudimages?id=i-0',
  atMs,
  status: 401,
  answeredAtMs: atMs,
});
const ambiguous = { ...RUN, activities: [{ ...SUBMITTED, outcome: 'ambiguous' }] };

/** Another export, which is well in any case. */
const OTHER: ExportRecord = {
  ...EXPORT,
  workflowId: 'ims-export:ims-image:chaos/1',
  name: 'client #1',
  imageId: 'i-1',
  bucketUrl: 'ims-image:chaos/1',
  verdict: { kind: 'succeeded', result: { ...RESULT, jobId: 'of-other' } },
  memo: { ...EXPORT.memo, jobId: 'of-other' },
  toldJobs: [],
};
const JOB_OF_OTHER: JobSummary = { ...JOB, jobId: 'of-other', imageId: 'i-1', bucketUrl: OTHER.bucketUrl };
const OBJECT_OF_OTHER = { ...OBJECT, key: 'chaos/1' };

/** A run in which all went well, and what is to be different in it, and in its one export. */
function record(changes: Partial<ChaosRecord> = {}, ofExport: Partial<ExportRecord> = {}): ChaosRecord {
  return {
    plan: planOf(1, { minutes: 1, exports: 12 }),
    startedAtMs: 0,
    healedAtMs: 60_000,
    takenAtMs: 300_000,
    exports: [{ ...EXPORT, ...ofExport }, OTHER],
    batch: { workflowId: 'ims-export-batch:chaos', items: [], seen: 'COMPLETED' },
    requests: [SUBMIT],
    done: [],
    missed: [],
    faults: [],
    fell: [],
    runs: [RUN],
    secretsFound: [],
    searched: { texts: 10, secrets: 3 },
    folder: '/kept',
    ...changes,
    objects: [...(changes.objects ?? [OBJECT]), OBJECT_OF_OTHER],
    jobs: [...(changes.jobs ?? [JOB]), JOB_OF_OTHER],
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
    const canceled = { ...RUN, closedAs: 'canceled' } as const;
    expect(judge(record({ jobs: [JOB, second], runs: [canceled, again] }, ofSecond))).toEqual([]);
  });

  it('lets no further job begin by a start after a success, or by one before the job that there is', () => {
    const second = { ...JOB, jobId: 'b', beginTime: at(9_000), endTime: at(12_000) };
    const again = { ...RUN, runId: 'again', firstRunId: 'again', startedAtMs: 8_000 };
    const twice = [expect.stringMatching(/^jobs started twice/)];
    expect(judge(record({ jobs: [JOB, second], runs: [RUN, again] }))).toEqual(twice);
    const canceled = { ...RUN, startedAtMs: 500, closedAs: 'canceled' } as const;
    expect(judge(record({ jobs: [JOB, second], runs: [canceled, { ...again, startedAtMs: 1_500 }] }))).toEqual(twice);
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
      { ...UNKNOWN('deadline'), memo: { jobId: 'a', outcome: 'unknown' }, endedAtMs: 200_000 },
      /had ended \(SUCCESS\) 195000 ms before, and for 195000 ms nothing/,
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

  it.each<[string, Partial<ChaosRecord>, Partial<ExportRecord>, RegExp]>([
    [
      'an ambiguous submit whose answer was lost',
      { requests: [{ ...SUBMIT, status: null, answeredAtMs: null }] },
      UNKNOWN('submitAmbiguous'),
      /the answer to its submit was lost/,
    ],
    [
      'an ambiguous submit whose worker was away meanwhile',
      { runs: [ambiguous], faults: [{ who: 'worker', atMs: 2_020, untilMs: 4_000 }] },
      UNKNOWN('submitAmbiguous'),
      /during its submit: worker/,
    ],
    [
      'an ambiguous submit of a run that was reset',
      { runs: [{ ...RUN, resetAtMs: [3_000] }] },
      UNKNOWN('submitAmbiguous'),
      /it was reset/,
    ],
    [
      'a refusal of credentials that was seen again a minute later',
      { jobs: [], requests: [refused(2_000), refused(62_000)] },
      { ...FAILED('AccessDenied'), toldJobs: [], endedAtMs: 63_000 },
      /refused, and again/,
    ],
    [
      'a refusal of credentials at the deadline',
      { jobs: [], requests: [refused(2_000)] },
      { ...FAILED('AccessDenied'), toldJobs: [], endedAtMs: 10_000, deadlineAtMs: 12_000 },
      /until its deadline/,
    ],
    [
      'nothing submitted until the deadline, while the processes were away nearly always',
      { jobs: [], faults: [{ who: 'temporal', atMs: 0, untilMs: 150_000 }] },
      { ...FAILED('SubmitRejected'), toldJobs: [], endedAtMs: 195_000 },
      /troubled until its deadline/,
    ],
    [
      'nothing submitted until the deadline, while the network was cut nearly always',
      { jobs: [], done: [done({ do: 'cut', link: 'cloud', how: 'silent', forMs: 150_000 }, 0, 150_000)] },
      { ...FAILED('SubmitRejected'), toldJobs: [], endedAtMs: 195_000 },
      /troubled until its deadline/,
    ],
    [
      'a deadline that passed while its polls were paused',
      {
        healedAtMs: 190_000,
        done: [{ ...done({ do: 'message', to: 0, message: 'pausePolling' }, 3_000), workflowId: WORKFLOW_ID }],
      },
      { ...UNKNOWN('deadline'), memo: { jobId: 'a', outcome: 'unknown' }, endedAtMs: 195_000 },
      /troubled since its job had ended/,
    ],
    [
      'a deadline before the end of the job',
      { jobs: [{ ...JOB, status: 'RUNNING', endTime: null }] },
      { ...UNKNOWN('deadline'), memo: { jobId: 'a', outcome: 'unknown' }, endedAtMs: 195_000 },
      /its job had not ended/,
    ],
    [
      'an object that was not verified, while the key was refused',
      {
        requests: [SUBMIT, refused(5_500), refused(5_600)],
        runs: [
          {
            ...RUN,
            activities: [{ type: 'imsVerifyObject', scheduledAtMs: 5_400, endedAtMs: 5_900, outcome: 'skipped' }],
          },
        ],
      },
      { verdict: { kind: 'succeeded', result: { ...RESULT, verification: { state: 'skipped', reason: 'denied' } } } },
      /not verified/,
    ],
    [
      'a destination that has the object of an earlier start',
      {
        runs: [
          { ...RUN, closedAs: 'canceled' },
          { ...RUN, runId: 'again', firstRunId: 'again', startedAtMs: 8_000 },
        ],
      },
      { ...FAILED('DestinationExists'), endedAtMs: 9_000 },
      /of an earlier start/,
    ],
  ])('excuses %s, and counts it', (_, changes, ofExport, excuse) => {
    const one = record(changes, ofExport);
    expect(judge(one)).toEqual([]);
    expect(excusesOf(one)).toEqual([expect.stringMatching(excuse)]);
    expect(reportOf(one)).toContain('excused 1: ');
  });

  it.each<[string, Partial<ChaosRecord>, Partial<ExportRecord>]>([
    [
      'the submit of another image was lost',
      { requests: [SUBMIT, { ...SUBMIT, path: '/v1/cloudimages/i-1/file', status: null }] },
      UNKNOWN('submitAmbiguous'),
    ],
    [
      'a worker was away, but not during the submit',
      { runs: [ambiguous], faults: [{ who: 'worker', atMs: 4_000, untilMs: 5_000 }] },
      UNKNOWN('submitAmbiguous'),
    ],
    [
      'the worker of other exports was away during the submit',
      { runs: [ambiguous], faults: [{ who: 'activities', atMs: 2_020, untilMs: 4_000 }] },
      UNKNOWN('submitAmbiguous'),
    ],
    [
      'the keys of another account were refused',
      {
        jobs: [],
        requests: [2_000, 62_000].map((atMs): RequestSeen => ({ ...refused(atMs), account: 'password' })),
      },
      { ...FAILED('AccessDenied'), toldJobs: [], endedAtMs: 63_000 },
    ],
    [
      'the keys were refused after its end',
      { jobs: [], requests: [refused(70_000), refused(140_000)] },
      { ...FAILED('AccessDenied'), toldJobs: [], endedAtMs: 63_000 },
    ],
    [
      'a minute without trouble came before the deadline',
      { jobs: [], faults: [{ who: 'temporal', atMs: 0, untilMs: 100_000 }] },
      { ...FAILED('SubmitRejected'), toldJobs: [], endedAtMs: 195_000 },
    ],
    [
      'the object of the destination is of its own start',
      { requests: [SUBMIT] },
      { ...FAILED('DestinationExists'), endedAtMs: 9_000 },
    ],
    [
      'the key rested long before the object was to be verified',
      { requests: [SUBMIT, refused(1_000)] },
      { verdict: { kind: 'succeeded', result: { ...RESULT, verification: { state: 'skipped', reason: 'denied' } } } },
    ],
  ])('excuses nothing because %s', (_, changes, ofExport) => {
    const one = record(changes, ofExport);
    expect(excusesOf(one)).toEqual([]);
    expect(judge(one)).toContainEqual(expect.stringMatching(/^verdicts wrong: client #0/));
  });

  it('finds a run in which fewer than a third succeeded of what nobody canceled or made to fail', () => {
    const unknown = { ...EXPORT, ...UNKNOWN('submitAmbiguous'), workflowId: 'other', bucketUrl: 'ims-image:other' };
    const lost = [SUBMIT, { ...SUBMIT, status: null, answeredAtMs: null }];
    const others = [2, 3, 4].map((index) => ({ ...unknown, name: `client #${index}`, toldJobs: [] }));
    expect(judge(record({ exports: [EXPORT, ...others], requests: lost }))).toEqual([
      'only 1 of 4 exports succeeded that nobody canceled or made to fail',
    ]);
  });

  it('finds an export and a batch that have not ended', () => {
    const batch = { workflowId: 'ims-export-batch:chaos', items: null, seen: 'RUNNING' };
    const found = judge(record({ batch }, { verdict: { kind: 'open', seen: 'RUNNING' }, endedAtMs: null }));
    expect(found).toEqual([expect.stringMatching(/^stuck: client #0/), expect.stringMatching(/^stuck: the batch/)]);
  });

  it('finds an item of the batch that says something else than its export', () => {
    const item = { imageId: 'i-0', bucketUrl: BUCKET_URL, verdict: 'failed' } as const;
    const batch = { workflowId: 'ims-export-batch:chaos', items: [item], seen: 'COMPLETED' };
    expect(judge(record({ batch }, { kind: 'batch' }))).toEqual([
      'verdicts wrong: the batch says of i-0: failed; its export: succeeded',
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
      'exports 2, actions 0, jobs started twice 0, verdicts wrong 0, stuck 0, failed workflow tasks 0, secrets found 0',
    );
    const report = reportOf(record({ objects: [] }));
    expect(report).toContain('verdicts wrong 1');
    for (const said of [WORKFLOW_ID, '"kind":"client"', 'job a SUCCESS', '/kept/histories/'])
      expect(report).toContain(said);
  });
});
