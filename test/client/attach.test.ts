import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attachExport, exportResult, listExports, readExport, startExport } from '../../src/client';
import { type AttachExportInput, type ExportOptions, exportWorkflowId, type FileFormat } from '../../src/contract';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { errorCodeOf, lookNow, type Rig, startRig, untilStatus } from '../rigs/rig';
import { bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

/** A job that the console, say, has begun: nobody tracks it. */
async function begunElsewhere(): Promise<{ jobId: string; imageId: string; bucketUrl: string; objectKey: string }> {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.accepted();
  await one.handle.terminate('the tracking is lost');
  return { jobId, imageId: one.imageId, bucketUrl: one.bucketUrl, objectKey: one.objectKey };
}

const inputOf = (
  { jobId, imageId, bucketUrl }: { jobId: string; imageId: string; bucketUrl: string },
  { options, fileFormat }: { options?: ExportOptions; fileFormat?: FileFormat } = {},
): AttachExportInput => ({ imageId, bucketUrl, attach: { jobId }, fileFormat, options: { ...ON_REQUEST, ...options } });

const attach = (input: AttachExportInput) => attachExport(rig.client, input, { taskQueue: rig.taskQueue });
const postsOf = (imageId: string) =>
  rig.simulator.requests().filter(({ method, path }) => method === 'POST' && path.includes(imageId)).length;

/** Until the server holds the update for the next workflow task: it answers at once for one that it knows. */
const untilAdmitted = ({ handle: { workflowId } }: OneExport, updateId: string) =>
  eventually(`update ${updateId} is at the server`, () =>
    rig.client.workflowService
      .pollWorkflowExecutionUpdate({
        namespace: rig.server.namespace,
        updateRef: { workflowExecution: { workflowId }, updateId },
      })
      .catch(() => undefined),
  );

describe.concurrent('attaching to a job', () => {
  it('says that Temporal does not answer when neither search for the job was answered', async () => {
    const job = await begunElsewhere();
    const lists = { calls: 0 };
    const away = new Proxy(rig.client.workflowService, {
      get(service, name, receiver) {
        if (name !== 'listWorkflowExecutions') return Reflect.get(service, name, receiver);
        return async () => {
          lists.calls += 1;
          await sleep(lists.calls);
          throw Object.assign(new Error('14 UNAVAILABLE'), { code: 14, details: 'away', metadata: new Map() });
        };
      },
    });
    const { connection, options } = rig.client;
    const { namespace } = options;
    const client = new Client({ connection, namespace });
    Object.defineProperty(client, 'workflowService', { value: away });
    const input = inputOf({ ...job, bucketUrl: `${job.bucketUrl}.other` }, { fileFormat: 'qcow2' });
    const attaching = attachExport(client, input, { taskQueue: rig.taskQueue });
    expect(await errorCodeOf(attaching)).toBe('TemporalUnreachable');
    expect(lists.calls).toBe(3);
  });

  it('tracks the job to its end and verifies the object, without a POST', async () => {
    const job = await begunElsewhere();
    const { jobId, workflowId, how } = await attach(inputOf(job, { fileFormat: 'qcow2' }));
    expect({ jobId, how }).toEqual({ jobId: job.jobId, how: 'started' });
    expect((await readExport(rig.client, workflowId)).memo).toMatchObject({ jobId, bucketUrl: job.bucketUrl });
    rig.simulator.changeJob(job.jobId, { status: 'SUCCESS' });
    await lookNow(rig.client, workflowId);
    const result = await exportResult(rig.client, workflowId);
    expect(result).toMatchObject({
      jobId,
      confirmed: true,
      submissions: 0,
      fileFormat: 'qcow2',
      verification: { state: 'verified' },
      warnings: [expect.stringContaining('The cloud did not report the object of job')],
    });
    // The one by which it was begun elsewhere.
    expect(postsOf(job.imageId)).toBe(1);
  });

  it('needs no format, and then verifies everything else of the object', async () => {
    const job = await begunElsewhere();
    rig.simulator.changeJob(job.jobId, { status: 'SUCCESS' });
    const { result } = await attach(inputOf(job));
    expect(await result()).toMatchObject({ fileFormat: null, verification: { state: 'verified' }, submissions: 0 });
  });

  it('that has failed ends as ExportFailed with the reason of the cloud', async () => {
    const job = await begunElsewhere();
    rig.simulator.changeJob(job.jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'disk full' });
    const { result } = await attach(inputOf(job));
    expect(await errorCodeOf(result())).toBe('ExportFailed');
  });

  it('measures times and plans polls from the start of the job', async () => {
    const job = await begunElsewhere();
    const { workflowId } = await attach(inputOf(job));
    const { submittedAt, startedAt } = await untilStatus(rig.client, workflowId, ({ polls }) => polls > 0);
    expect(Date.parse(submittedAt ?? '')).toBeLessThan(Date.parse(startedAt));
    await rig.client.workflow.getHandle(workflowId).cancel();
  });

  it('joins the tracking export a second time, and rejects another job at that destination', async () => {
    const job = await begunElsewhere();
    const other = await begunElsewhere();
    const { workflowId } = await attach(inputOf(job));
    expect(await attach(inputOf(job))).toMatchObject({ workflowId, jobId: job.jobId, how: 'joined' });
    const refused = await attach({ ...inputOf(job), attach: { jobId: other.jobId } }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'InvalidExportRequest', message: expect.stringContaining(other.bucketUrl) });
    const unknown = await attach({ ...inputOf(job), attach: { jobId: 'f'.repeat(32) } }).catch((error) => error);
    expect(unknown).toMatchObject({ code: 'DestinationBusy', message: expect.stringContaining('f'.repeat(32)) });
    await rig.client.workflow.getHandle(workflowId).cancel();
  });
});

describe.concurrent('attaching is rejected', () => {
  it('for a job of another image', async () => {
    const job = await begunElsewhere();
    const other = new OneExport(rig);
    const refused = await attach(inputOf({ ...job, imageId: other.imageId })).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'attach.jobId' },
      message: expect.stringContaining(`it is of image ${job.imageId}, not of ${other.imageId}`),
    });
  });

  it('for a job of another type', async () => {
    const job = await begunElsewhere();
    rig.simulator.faults.add({
      service: 'ims',
      method: 'GET',
      path: `*/jobs/${job.jobId}`,
      // A poll of the terminated run may still be under way.
      times: 10,
      action: {
        status: 200,
        body: {
          job_id: job.jobId,
          job_type: 'imsImportImageJob',
          status: 'RUNNING',
          begin_time: '',
          end_time: '',
          entities: {},
        },
      },
    });
    const refused = await attach(inputOf(job)).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'InvalidExportRequest',
      message: expect.stringContaining('imsImportImageJob'),
    });
  });

  it('for a job that another export tracks or tracked to another destination', async () => {
    const job = await begunElsewhere();
    const bucketUrl = `${rig.simulator.info.bucket}:attach/elsewhere`;
    // Temporal lists what a workflow said of itself a moment later.
    await eventually('the list tells the job', async () =>
      (await listExports(rig.client)).find(({ memo }) => memo.jobId === job.jobId),
    );
    const refused = await attach(inputOf({ ...job, bucketUrl })).catch((error) => error);
    expect(refused).toMatchObject({
      code: 'InvalidExportRequest',
      details: { field: 'bucketUrl' },
      message: expect.stringContaining(job.bucketUrl),
    });
    expect(await errorCodeOf(readExport(rig.client, exportWorkflowId(bucketUrl)))).toBe('NoSuchExport');
  });

  it('by the workflow when an object existed at the destination before the job', async () => {
    const job = await begunElsewhere();
    const key = `attach/older-${job.jobId}`;
    const bucketUrl = `${rig.simulator.info.bucket}:${key}`;
    const before = new Date(rig.simulator.clock.now() - 3_600_000).toUTCString();
    rig.simulator.faults.add({
      service: 'obs',
      method: 'HEAD',
      path: `*/${key}`,
      times: 99,
      action: { status: 200, headers: { 'Content-Length': '7', ETag: '"x"', 'Last-Modified': before } },
    });
    const handle = await rig.startWorkflow(inputOf({ ...job, bucketUrl }));
    const failure = await handle.result().catch((error: { cause?: unknown }) => error.cause);
    expect(failure).toMatchObject({
      type: 'InvalidExportRequest',
      details: [expect.objectContaining({ field: 'bucketUrl' })],
    });
  });

  it('by the workflow when the job succeeded and no object exists', async () => {
    const job = await begunElsewhere();
    rig.simulator.changeJob(job.jobId, { status: 'SUCCESS' });
    const bucketUrl = `${rig.simulator.info.bucket}:attach/nothing-${job.jobId}`;
    const handle = await rig.startWorkflow(inputOf({ ...job, bucketUrl }));
    const failure = await handle.result().catch((error: { cause?: unknown }) => error.cause);
    expect(failure).toMatchObject({
      type: 'InvalidExportRequest',
      message: expect.stringContaining('there is no object here'),
    });
  });

  it('by no refusal of credentials: it waits until they are fixed', async () => {
    const job = await begunElsewhere();
    const action = { status: 403, body: { error_code: 'APIGW.0302', error_msg: 'not allowed' } };
    rig.simulator.faults.add({ service: 'ims', method: 'GET', path: `*/jobs/${job.jobId}`, times: 1, action });
    const workflowId = exportWorkflowId(job.bucketUrl);
    // Parked until it is asked: the next reading comes a minute later by itself.
    const intervals = { minInterval: '1m', maxInterval: '1m' } as const;
    const attaching = attach(inputOf(job, { options: intervals }));
    await untilStatus(rig.client, workflowId, ({ attention }) => attention === 'parked');
    await rig.client.workflow.getHandle(workflowId).signal('pollNow');
    expect(await attaching).toMatchObject({ jobId: job.jobId });
    await rig.client.workflow.getHandle(workflowId).cancel();
  });

  it('for invalid input, before any request', async () => {
    const { imageId, bucketUrl } = new OneExport(rig).input;
    expect(await errorCodeOf(attach({ imageId, bucketUrl, attach: { jobId: 'no such/thing' } }))).toBe(
      'InvalidExportRequest',
    );
  });
});

it('attaching reads a job again that cannot be read at first, before it rejects it', async () => {
  const job = await begunElsewhere();
  rig.simulator.faults.add({
    service: 'ims',
    method: 'GET',
    path: `*/jobs/${job.jobId}`,
    times: 1,
    action: { status: 404 },
  });
  const { jobId, workflowId } = await attach(inputOf(job));
  expect(jobId).toBe(job.jobId);
  await rig.client.workflow.getHandle(workflowId).cancel();
});

it('attaching to the job of a running export with an ambiguous submit gives that export its job', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const jobId = one.jobs()[0]?.jobId ?? '';
  const attached = await attach(inputOf({ jobId, imageId: one.imageId, bucketUrl: one.bucketUrl }));
  expect(attached).toMatchObject({ jobId, how: 'joined', workflowId: one.handle.workflowId });
  expect(one.posts()).toHaveLength(1);
  await one.handle.cancel();
});

it('a cancel of an attach before the job is read says that the job may continue, with its id', async () => {
  const job = await begunElsewhere();
  rig.simulator.faults.add({
    service: 'ims',
    method: 'GET',
    path: `*/jobs/${job.jobId}`,
    times: 99,
    action: { status: 503 },
  });
  const handle = await rig.startWorkflow(inputOf(job));
  await untilStatus(rig.client, handle.workflowId, ({ lastError }) => lastError !== null);
  await handle.cancel();
  await handle.result().catch(() => {});
  const { memo, status } = await readExport(rig.client, handle.workflowId);
  expect(memo).toEqual({ outcome: 'canceled', remoteJob: 'unknown', namedJobId: job.jobId });
  expect(status).toMatchObject({ remoteJob: 'unknown', jobId: null });
});

it('the last of two simultaneous answers to an ambiguous submit counts', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const jobId = one.jobs()[0]?.jobId ?? '';
  let answers: Array<Promise<unknown>> = [];
  await rig.withoutWorker(async () => {
    const first = one.handle.executeUpdate('resolveSubmission', { args: [{ notSubmitted: true }], updateId: 'first' });
    await untilAdmitted(one, 'first');
    const second = one.handle.executeUpdate('resolveSubmission', { args: [{ jobId }], updateId: 'second' });
    await untilAdmitted(one, 'second');
    answers = [first, second];
  });
  await Promise.all(answers);
  await one.until((status) => status.jobId === jobId);
  expect(one.posts()).toHaveLength(1);
  await one.handle.cancel();
});

it('attaching another job to an export with an ambiguous submit says why the job was rejected', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const other = new OneExport(rig, { options: ON_REQUEST });
  const otherJob = await other.accepted();
  await other.handle.terminate();
  const refused = await attach(inputOf({ jobId: otherJob, imageId: one.imageId, bucketUrl: one.bucketUrl })).catch(
    (error) => error,
  );
  expect(refused).toMatchObject({ code: 'InvalidExportRequest' });
  await one.handle.cancel();
});

it('attaching its job to an export with an ambiguous submit waits until the cloud shows the job', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onAmbiguousSubmit: 'ask' } });
  one.postsFail({ dropAfter: true });
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  const jobId = one.jobs()[0]?.jobId ?? '';
  one.pollsFail(jobId, { status: 503 }, { times: 8 });
  const input = inputOf({ jobId, imageId: one.imageId, bucketUrl: one.bucketUrl });
  expect(await attach(input)).toMatchObject({ jobId, how: 'joined' });
  expect(one.posts()).toHaveLength(1);
  await one.handle.cancel();
});

it('a start after a canceled run names the job of that run and offers to attach', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await one.handle.cancel();
  await one.handle.result().catch(() => {});
  const input = { ...one.input, options: { whenImageBusy: 'fail' as const } };
  const refused = await startExport(rig.client, input, { taskQueue: rig.taskQueue }).catch((error) => error);
  // The image is busy with the job that was left.
  expect(refused).toMatchObject({ code: 'SubmitRejected' });
  expect(refused.message).toContain(`ims-export attach --job ${jobId}`);
});
