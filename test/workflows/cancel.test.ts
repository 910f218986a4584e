import { WorkflowFailedError } from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import type { ExportImageInput } from '../../src/contract';
import { type Rig, startRig, untilStatus, whatRemains } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 600 } });
});
afterAll(() => rig.close());

type Handle = Awaited<ReturnType<Rig['startWorkflow']>>;

/** Cancels, and expects the workflow to end as Canceled, not as Failed. */
async function cancel(handle: Handle): Promise<void> {
  const begunAtMs = Date.now();
  await handle.cancel();
  await endsCanceled(handle);
  // Sooner than any of the delays by which these tests hold the cloud up.
  expect(Date.now() - begunAtMs).toBeLessThan(6_000);
}

async function endsCanceled(handle: Handle): Promise<void> {
  const error = await handle.result().catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
}

const jobsOf = ({ bucketUrl }: ExportImageInput) => rig.simulator.jobs().filter((job) => job.bucketUrl === bucketUrl);
const POST = { service: 'ims', method: 'POST', path: '*/file' } as const;

describe('a cancel', () => {
  it('during the validation ends the export at once without a job', async () => {
    const input = rig.input({ image: 'linux' });
    rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '/v2/cloudimages', action: { delayMs: 9_000 } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'validating');
    await cancel(handle);
    const { memo, status } = await whatRemains(rig.client, handle.workflowId);
    expect(memo).toEqual({ outcome: 'canceled', remoteJob: 'none' });
    expect(status).toMatchObject({ outcome: 'canceled', remoteJob: 'none', jobId: null, submissions: 0 });
    expect(jobsOf(input)).toEqual([]);
    rig.simulator.faults.clear();
  });

  it('while waiting to submit ends the export at once without a job', async () => {
    const input = rig.input({ image: 'dataDisk' });
    const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
    rig.simulator.faults.add({ ...POST, action: { status: 400, body: throttled } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'waitingToSubmit');
    await cancel(handle);
    const { memo, status } = await whatRemains(rig.client, handle.workflowId);
    expect(memo).toEqual({ outcome: 'canceled', remoteJob: 'none' });
    expect(status).toMatchObject({ remoteJob: 'none', jobId: null, lastError: expect.stringContaining('IMG.0060') });
    expect(jobsOf(input)).toEqual([]);
    rig.simulator.faults.clear();
  });

  it('before a worker takes the submit sends no POST', async () => {
    const input = rig.input({ image: 'exactly128GiB' });
    const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
    rig.simulator.faults.add({ ...POST, action: { status: 400, body: throttled } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'waitingToSubmit');
    const before = rig.posts();
    await rig.withoutWorker(async () => {
      await handle.signal('pollNow');
      await handle.cancel();
    });
    await endsCanceled(handle);
    expect(rig.posts()).toBe(before);
    expect(jobsOf(input)).toEqual([]);
    rig.simulator.faults.clear();
  });

  it('during the POST lets it finish and keeps its job id', async () => {
    const input = rig.input({ image: 'encrypted' });
    rig.simulator.faults.add({ ...POST, action: { delayMs: 1_500 } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'submitting');
    await cancel(handle);
    const [job] = jobsOf(input);
    expect(job).toBeDefined();
    const { memo, status } = await whatRemains(rig.client, handle.workflowId);
    expect(memo).toMatchObject({ jobId: job?.jobId, outcome: 'canceled', remoteJob: 'running' });
    expect(status).toMatchObject({ jobId: job?.jobId, remoteJob: 'running', submissions: 1 });
    rig.simulator.faults.clear();
  });

  it('during an ambiguous POST says that the outcome is unknown', async () => {
    const input = rig.input({ image: 'windowsFromFile' });
    rig.simulator.faults.add({ ...POST, action: { delayMs: 1_500, dropAfter: true } });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'submitting');
    await cancel(handle);
    const { memo, status } = await whatRemains(rig.client, handle.workflowId);
    expect(memo).toEqual({ outcome: 'canceled', remoteJob: 'unknown' });
    expect(status).toMatchObject({ jobId: null, remoteJob: 'unknown', submissions: 1 });
    rig.simulator.faults.clear();
  });

  it('while exporting ends the export at once and says that the job continues, with its id', async () => {
    const input = rig.input({ image: 'large', isQuickExport: true, options: { minInterval: '5m', maxInterval: '5m' } });
    const { workflowId, jobId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await untilStatus(rig.client, workflowId, ({ nextPollAt }) => nextPollAt !== null);
    await cancel(rig.client.workflow.getHandle(workflowId) as Handle);
    const { memo, status } = await whatRemains(rig.client, workflowId);
    expect(memo).toMatchObject({ jobId, outcome: 'canceled', remoteJob: 'running', imageId: input.imageId });
    expect(status).toMatchObject({ jobId, remoteJob: 'running', phase: 'ended', outcome: 'canceled' });
    expect(jobsOf(input)).toEqual([expect.objectContaining({ status: expect.stringMatching(/INIT|RUNNING/) })]);
  });

  it('during a poll ends the export at once', async () => {
    const input = rig.input({ image: 'huge', isQuickExport: true });
    rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '/v1/*/jobs/*', action: { delayMs: 9_000 } });
    const { workflowId, jobId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await untilStatus(rig.client, workflowId, ({ phase, nextPollAt }) => phase === 'exporting' && nextPollAt === null);
    await cancel(rig.client.workflow.getHandle(workflowId) as Handle);
    expect((await whatRemains(rig.client, workflowId)).memo).toMatchObject({ jobId, remoteJob: 'running' });
    rig.simulator.faults.clear();
  });

  it('during the verification says that the job has ended', async () => {
    const input = rig.input({ bucketUrl: `${rig.simulator.info.bucket}:cancel/verifying` });
    rig.simulator.faults.add({
      service: 'obs',
      method: 'HEAD',
      path: '*/verifying',
      nth: 2,
      action: { delayMs: 9_000 },
    });
    const { workflowId, jobId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    rig.simulator.clock.advance(700_000);
    await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'verifying');
    await cancel(rig.client.workflow.getHandle(workflowId) as Handle);
    const { memo, status } = await whatRemains(rig.client, workflowId);
    expect(memo).toMatchObject({ jobId, outcome: 'canceled', remoteJob: 'ended' });
    expect(status).toMatchObject({ jobId, remoteJob: 'ended', jobStatus: 'SUCCESS' });
  });

  it('is not caused by a worker shutdown: the export keeps running', async () => {
    const input = rig.input({ image: 'dataDisk' });
    const { workflowId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await rig.withoutWorker(async () => {
      rig.simulator.clock.advance(700_000);
    });
    const status = await untilStatus(rig.client, workflowId, ({ outcome }) => outcome !== null);
    expect(status).toMatchObject({ outcome: 'succeeded', submissions: 1 });
  });
});
