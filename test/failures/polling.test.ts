import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportStatus } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { casesOf } from '../rigs/long-form';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3600 }, cloud: { retry: { firstDelayMs: 5 } } });
});
afterAll(() => rig.close());

const HOUR_MS = 3_600_000;

/** Polls that told no status. */
function failedPolls({ polls, observations }: Pick<ExportStatus, 'polls' | 'observations'>): number {
  return polls - Object.values(observations).reduce((sum, times) => sum + times, 0);
}

// The first poll follows the submit at once, so these faults cannot name their job: each of these tests runs by itself.
const NOT_FOUND: Array<[what: string, action: FaultAction]> = [
  ['404 without a word', { status: 404 }],
  ['404 and a code', { status: 404, body: { error: { code: 'IMG.0027', message: 'The task does not exist.' } } }],
  ['IMG.0023', { status: 400, body: { error: { code: 'IMG.0023', message: 'An exception occurred.' } } }],
];

it.each(casesOf(NOT_FOUND, 2))(
  'F11 a job that is not found right after its submit (%s) is polled again and not submitted again',
  async (_, action) => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '/v1/*/jobs/*', times: 3, action });
    const jobId = await one.asleep();
    for (let polls = 1; polls <= 3; polls += 1) {
      const status = await one.until((shown) => shown.polls === polls && shown.nextPollAt !== null);
      expect(status).toMatchObject({ outcome: null, jobId, jobStatus: null, lastError: expect.stringMatching(/./) });
      await one.poll();
    }
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.poll();
    const result = await one.result();
    expect(result).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
    expect(failedPolls(result)).toBe(3);
    expect(one.posts()).toHaveLength(1);
  },
);

it.concurrent("F11 a proxy's own 404 says nothing about the job, however long it lasts", async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, jobNotFoundGrace: 1 } });
  const jobId = await one.asleep();
  one.pollsFail(jobId, { status: 404, body: '<html>nginx</html>' }, { times: 3 });
  for (let polls = 0; polls < 3; polls += 1) {
    expect(await one.poll()).toMatchObject({ outcome: null, lastError: expect.stringContaining('404') });
  }
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ jobId });
});

it.concurrent('F11 a job that the cloud never finds again ends as unknown with its id after jobNotFoundGrace', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, pollErrorBudget: 100 } });
  const jobId = await one.asleep();
  one.pollsFail(jobId, { status: 404, body: { error: { code: 'IMG.0027', message: 'gone' } } }, ALWAYS);
  const { polls } = await one.pollsToItsEnd();
  expect(polls).toBeGreaterThan(2);
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining(`the cloud no longer knows job ${jobId} (IMG.0027: gone)`),
    details: [expect.objectContaining({ reason: 'jobNotFound', remoteJob: 'unknown', jobId })],
  });
  expect((await one.remains()).memo).toMatchObject({ outcome: 'unknown', remoteJob: 'unknown', jobId });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent.each(['FAIL', 'FAILED'])(
  'F5 a job with the status %s ends the export at that poll, not at the deadline',
  async (status) => {
    const one = new OneExport(rig, { options: { deadline: '24h' } });
    const jobId = await one.accepted();
    one.changeJob(jobId, { status, error_code: 'IMG.0064', fail_reason: 'no room' });
    expect(await one.failure()).toMatchObject({ type: 'ExportFailed' });
    const { status: end, memo } = await one.remains();
    expect(end).toMatchObject({ outcome: 'failed', remoteJob: 'ended', observations: { FAIL: 1 } });
    expect(Date.parse(String(end.deadlineAt)) - Date.parse(String(end.endedAt))).toBeGreaterThan(23 * HOUR_MS);
    expect(memo).toMatchObject({ outcome: 'failed', remoteJob: 'ended', jobId });
    expect(one.pollsOf(jobId)).toHaveLength(end.polls);
  },
);

const UNNAMED = ['CANCELLED', 'SUCCEEDED', 'NULL', 'CANCELED', 'COMPLETED', 'DONE', 'SUCCESS_WITH_ERRORS', 'ABORTED'];

it.concurrent.each(casesOf(UNNAMED, 2))(
  'F6 a job with the status %s is not a success, even when an object exists',
  async (word) => {
    const one = new OneExport(rig, { options: { ...ON_REQUEST, unknownStatusBudget: 100 } });
    const jobId = await one.asleep();
    one.changeJob(jobId, { status: word });
    rig.simulator.putObject(one.objectKey, Buffer.from('QFI\xfb and more', 'latin1'));
    await one.pollsToItsEnd();
    expect(await one.failure()).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringMatching(new RegExp(`\\(${word}\\).*job ${jobId} may still be running`)),
      details: [expect.objectContaining({ reason: 'unknownStatus', remoteJob: 'unknown', jobId })],
    });
    const { memo, status } = await one.remains();
    expect(memo).toMatchObject({ outcome: 'unknown', remoteJob: 'unknown', jobId });
    expect(status.observations[word]).toBeGreaterThan(1);
  },
);

it.concurrent.each(casesOf(['', '  '], 1))('F6 a job with the status "%s" is not a success', async (blank) => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, pollErrorBudget: 100 } });
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: blank });
  await one.pollsToItsEnd();
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    details: [expect.objectContaining({ reason: 'pollErrors', jobId })],
  });
});

it.concurrent('F6 an unknown status between known ones does not end the export, and a later SUCCESS counts', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'MIGRATING' });
  await one.poll();
  expect(await one.poll()).toMatchObject({ outcome: null, jobStatus: 'MIGRATING' });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  const { verdict, observations } = await one.result();
  expect(verdict).toBe('succeeded');
  expect(observations).toMatchObject({ MIGRATING: 2, SUCCESS: 1 });
});

const HALF_ANSWERS: Array<[string, FaultAction]> = [
  ['no body', { body: '' }],
  ['half a SUCCESS', { body: '{"status":"SUCCESS"' }],
  ['half a FAIL', { body: '{"status":"FAIL","job_id":' }],
  ['a status of null', { body: { status: null, job_id: 'x' } }],
  ['an empty status', { body: { status: '' } }],
  ['no status', { body: {} }],
  ['a list', { body: [{ status: 'SUCCESS' }] }],
  ['a page of a proxy', { body: '<html>SUCCESS</html>' }],
  ['a body that breaks off', { truncate: true }],
];

it.concurrent.each(casesOf(HALF_ANSWERS, 2))(
  'F7 %s in an answer is a failed poll and no verdict: the export continues',
  async (_, action) => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    // A connection that breaks is tried four times within one poll.
    one.pollsFail(jobId, action, { times: action.truncate ? 8 : 2 });
    const before = await one.until(() => true);
    for (const failed of [1, 2]) {
      const status = await one.poll();
      expect(status).toMatchObject({ outcome: null, remoteJob: 'running', lastError: expect.stringMatching(/./) });
      expect(failedPolls(status) - failedPolls(before)).toBe(failed);
    }
    expect(await one.poll()).toMatchObject({ outcome: null, lastError: null });
    one.changeJob(jobId, { status: 'SUCCESS' });
    await one.poll();
    expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
  },
);

it.concurrent('F7 incomplete answers without end exhaust pollErrorBudget and end as unknown, never as failed', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, pollErrorBudget: 100 } });
  const jobId = await one.asleep();
  one.pollsFail(jobId, { body: '{"status":"FAIL"' }, ALWAYS);
  await one.pollsToItsEnd();
  expect(await one.failure()).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringMatching(new RegExp(`pollErrorBudget \\(InvalidResponse.*job ${jobId} may still be running`)),
    details: [expect.objectContaining({ reason: 'pollErrors', remoteJob: 'unknown', jobId })],
  });
});

const SUB_JOB = { job_id: 'sub-7', job_type: 'imsGoofysExportImageJob', status: 'FAIL' };
const REASONS: Array<[string, object, { code: string; reason: string }]> = [
  [
    'of the job itself',
    { error_code: 'IMG.0064', fail_reason: 'copy of block 17 failed', entities: {} },
    { code: 'IMG.0064', reason: 'copy of block 17 failed' },
  ],
  [
    'in addition_error_*',
    {
      error_code: null,
      fail_reason: '',
      entities: { addition_error_code: 'IMG.0069', addition_error_msg: 'no bucket' },
    },
    { code: 'IMG.0069', reason: 'no bucket' },
  ],
  [
    'of a sub-job only',
    {
      entities: {
        sub_jobs_result: [SUB_JOB, { ...SUB_JOB, error_code: 'IMG.0061', fail_reason: 'mount of OBS lost' }],
      },
    },
    { code: 'IMG.0061', reason: 'mount of OBS lost' },
  ],
];

it.concurrent.each(casesOf(REASONS, 2))(
  'F8 the failure reason %s is in message, details and status',
  async (_, told, { code, reason }) => {
    const one = new OneExport(rig);
    const jobId = await one.accepted();
    const body = { status: 'FAIL', job_id: jobId, job_type: 'imsNativeExportImageJob', ...told };
    one.pollsFail(jobId, { status: 200, headers: { 'x-request-id': `request-of-${code}` }, body }, ALWAYS);
    const failure = await one.failure();
    expect(failure.type).toBe('ExportFailed');
    expect(failure.message).toContain(`Job ${jobId} failed`);
    expect(failure.message).toContain(`${code}: ${reason}`);
    for (const name of [one.imageId, one.bucketUrl]) expect(failure.message).toContain(name);
    expect(failure.details?.[0]).toMatchObject({ jobId, code, reason, requestId: `request-of-${code}` });
    expect((await one.remains()).status.failure).toEqual({ type: 'ExportFailed', message: failure.message });
  },
);

it.concurrent('F8 the failed sub-job is reported with its own code, type and reason', async () => {
  const one = new OneExport(rig);
  const jobId = await one.accepted();
  one.changeJob(jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'disk read error' });
  const { details } = await one.failure();
  expect(details?.[0]).toMatchObject({
    code: 'IMG.0061',
    reason: 'disk read error',
    requestId: expect.stringMatching(/^\w{8,}/),
    subJobs: [
      { jobType: 'imsGoofysExportImageJob', status: 'FAIL', errorCode: 'IMG.0061', failReason: 'disk read error' },
    ],
  });
});

/** What the cloud tells as progress, and what is shown then. */
const ODD_PROGRESS: Array<[unknown, number]> = [
  [0.2, 0.2],
  ['40%', 0.4],
  [0.35, 0.4],
  [-3, 0.4],
  ['soon', 0.4],
  [null, 0.4],
  [55, 0.55],
  ['0.6', 0.6],
  [250, 1],
  [0.9, 1],
];

it.concurrent('F33 the shown progress never falls whatever the percentage, and only the status ends the export', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const shown: Array<number | null> = [];
  for (const [percent] of ODD_PROGRESS) {
    one.pollsFail(jobId, { body: { status: 'RUNNING', job_id: jobId, entities: { process_percent: percent } } });
    const { progress, remainingMs, outcome } = await one.poll();
    shown.push(progress);
    expect(outcome).toBeNull();
    expect(remainingMs === null || remainingMs >= 0).toBe(true);
  }
  expect(shown).toEqual(ODD_PROGRESS.map(([, fraction]) => fraction));
  one.changeJob(jobId, { percent: 0.2, status: 'SUCCESS' });
  expect(await one.poll()).toMatchObject({ outcome: 'succeeded', progress: 1, jobStatus: 'SUCCESS' });
});

it.concurrent('F33 a job with SUCCESS at progress 0.20 is a success', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'SUCCESS' });
  const body = { status: 'SUCCESS', job_id: jobId, process_percent: 0.2, entities: { process_percent: 0.2 } };
  one.pollsFail(jobId, { body });
  expect(await one.poll()).toMatchObject({ outcome: 'succeeded', progress: 1 });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', verification: { state: 'verified' } });
});
