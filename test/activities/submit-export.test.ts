import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ExportRequest } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { type ActivityRig, RUN_ID, startActivityRig } from '../rigs/activity-rig';

let rig: ActivityRig;
beforeAll(async () => {
  rig = await startActivityRig({ jobSeconds: 3600 });
});
afterEach(() => {
  rig.simulator.faults.clear();
  // Lets every job end, so that each test finds its image free.
  rig.simulator.clock.advance(3_600_000);
});
afterAll(() => rig.close());

const submit = (request: ExportRequest) => rig.run('imsSubmitExport', { request, mayPost: true, runId: RUN_ID });
const jobsOf = ({ bucketUrl }: ExportRequest) => rig.simulator.jobs().filter((job) => job.bucketUrl === bucketUrl);
const faultThePost = (action: FaultAction) =>
  rig.simulator.faults.add({ service: 'ims', method: 'POST', path: '*/file', action });
const ims = (code: string, status = 400): FaultAction => ({
  status,
  body: { error: { code, message: 'said the fault' } },
});

describe('submitting an export', () => {
  it('is accepted with the job id of the cloud', async () => {
    const request = rig.request();
    const outcome = await submit(request);
    expect(outcome).toEqual({ kind: 'accepted', jobId: jobsOf(request)[0]?.jobId });
  });

  it('is accepted as a quick export without a format', async () => {
    expect(await submit(rig.request({ image: 'large', isQuickExport: true }))).toMatchObject({ kind: 'accepted' });
  });

  it.each([
    ['the object already exists', ims('IMG.0070')],
    ['the image cannot be exported', ims('IMG.0071')],
    ['a 4xx has an unknown code', ims('IMG.9999')],
  ])('is rejected when %s', async (_, action) => {
    const request = rig.request();
    faultThePost(action);
    expect(await submit(request)).toMatchObject({
      kind: 'rejected',
      error: { message: 'said the fault', operation: 'ExportImage' },
    });
    expect(jobsOf(request)).toEqual([]);
  });

  it.each([
    ['throttled', 'tasks are limited', ims('IMG.0060')],
    [
      'throttled',
      'the gateway is throttled',
      { status: 429, body: { error_code: 'APIGW.0308', error_msg: 'throttled', request_id: 'r' } },
    ],
    ['imageBusy', 'the image is being exported', ims('IMG.0148')],
    ['unauthorized', 'a permission is missing', ims('IMG.0026', 403)],
    [
      'unauthorized',
      'the signature is refused',
      { status: 401, body: { error_code: 'APIGW.0301', error_msg: 'no', request_id: 'r' } },
    ],
  ])('is not executed but %s when %s', async (reason, _, action) => {
    const request = rig.request();
    faultThePost(action);
    expect(await submit(request)).toMatchObject({ kind: 'notExecuted', reason });
    expect(jobsOf(request)).toEqual([]);
  });

  it('returns how long the cloud asks to wait', async () => {
    faultThePost({
      status: 429,
      headers: { 'Retry-After': '17' },
      body: { error_code: 'APIGW.0308', error_msg: 'throttled' },
    });
    expect(await submit(rig.request())).toMatchObject({ kind: 'notExecuted', retryAfterMs: 17_000 });
  });

  it.each([
    ['the answer is lost', { dropAfter: true }, 1],
    ['the connection breaks before the cloud acts', { dropBefore: true }, 0],
    ['the answer is cut off', { truncate: true }, 1],
    ['the gateway gives up', { status: 504, body: '<html>Gateway Time-out</html>' }, 0],
    ['the gateway has no backend', { status: 502, body: '' }, 0],
    ['the service fails', ims('IMG.0061', 500), 0],
    ['the service says that it could not submit the job', ims('IMG.0018'), 0],
    ['a 4xx comes without a code', { status: 400, body: 'Bad Request' }, 0],
    ['a success names no job', { body: {} }, 1],
  ])('is ambiguous when %s', async (_, action, jobs) => {
    const request = rig.request();
    faultThePost(action);
    expect(await submit(request)).toMatchObject({ kind: 'ambiguous' });
    expect(jobsOf(request)).toHaveLength(jobs);
  });

  it('sends the POST exactly once, whatever answer it gets', async () => {
    for (const action of [{ dropAfter: true }, { dropBefore: true }, { status: 503 }, { truncate: true }]) {
      const before = rig.posts();
      faultThePost(action);
      await submit(rig.request({ image: 'dataDisk' }));
      expect(rig.posts()).toBe(before + 1);
      rig.simulator.clock.advance(3_600_000);
    }
  });
});

describe.each([
  ['IMS', { ims: 'https://ims.invalid' }],
  ['IAM, which the project id needs,', { iam: 'https://iam.invalid' }],
])('a submit where the host of %s does not exist', (_service, changed) => {
  const [host] = Object.values(changed).map((url) => new URL(url).host);
  let wrong: ActivityRig;
  beforeAll(async () => {
    wrong = await startActivityRig({
      account: (account) => ({
        ...account,
        endpoints: { ...account.endpoints, ...changed },
        projectId: 'iam' in changed ? undefined : account.projectId,
      }),
    });
  });
  afterAll(() => wrong.close());
  const submitTo = (isProbe?: boolean) =>
    wrong.run('imsSubmitExport', { request: wrong.request(), mayPost: true, runId: RUN_ID, isProbe });

  it('F73 is rejected once that was seen again, with what to do', async () => {
    expect(await submitTo(false)).toMatchObject({
      kind: 'rejected',
      error: { code: 'ENOTFOUND', message: expect.stringContaining(`No host has the name ${host}. Check `) },
    });
  });

  it.each([true, undefined])('F73 is tried again where an export may run already (isProbe: %s)', async (isProbe) => {
    expect(await submitTo(isProbe)).toMatchObject({ kind: 'notExecuted', reason: 'unreachable' });
  });
});

describe('the submit activity sends no POST', () => {
  it('in a run that was reset or retried, since an earlier POST may exist', async () => {
    const before = rig.posts();
    const outcome = await rig.submit({ request: rig.request(), mayPost: false, runId: RUN_ID }, {});
    expect(outcome).toMatchObject({ kind: 'ambiguous', error: { code: 'EARLIER_ATTEMPT' } });
    expect(rig.posts()).toBe(before);
  });

  it('in a run that was reset while the submit was under way', async () => {
    const before = rig.posts();
    const outcome = await rig.submit({ request: rig.request(), mayPost: true, runId: 'the-run-before-the-reset' }, {});
    expect(outcome).toMatchObject({ kind: 'ambiguous', error: { code: 'EARLIER_ATTEMPT' } });
    expect(rig.posts()).toBe(before);
  });

  it('in a second attempt of the activity', async () => {
    const before = rig.posts();
    const outcome = await rig.submit(
      { request: rig.request(), mayPost: true, runId: RUN_ID },
      { info: { attempt: 2 } },
    );
    expect(outcome).toMatchObject({ kind: 'ambiguous', error: { code: 'EARLIER_ATTEMPT' } });
    expect(rig.posts()).toBe(before);
  });

  it('after the submit was canceled', async () => {
    const before = rig.posts();
    const outcome = await rig.submit({ request: rig.request(), mayPost: true, runId: RUN_ID }, { canceled: true });
    expect(outcome).toMatchObject({ kind: 'notExecuted', reason: 'staleAttempt' });
    expect(rig.posts()).toBe(before);
  });

  it('when Temporal timed out the activity before its first line ran', async () => {
    const before = rig.posts();
    const outcome = await rig.submit({ request: rig.request(), mayPost: true, runId: RUN_ID }, { givenUp: true });
    expect(outcome).toMatchObject({
      kind: 'notExecuted',
      reason: 'staleAttempt',
      error: { message: expect.stringContaining('the attempt timed out') },
    });
    expect(rig.posts()).toBe(before);
  });

  it('when the worker was suspended longer than the activity timeout', async () => {
    const frozen = await startActivityRig({
      account: (account) => ({
        ...account,
        credentials: { get: () => sleep(60).then(() => account.credentials.get()) },
      }),
    });
    const info = { heartbeatTimeoutMs: 100 };
    const outcome = await frozen.submit({ request: frozen.request(), mayPost: true, runId: RUN_ID }, { info });
    expect(outcome).toMatchObject({ kind: 'notExecuted', reason: 'staleAttempt', error: { code: 'STALE_ATTEMPT' } });
    expect(frozen.posts()).toBe(0);
    await frozen.close();
  });
});
