import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportError, readExport, startExport } from '../../src/client';
import { OneExport } from '../rigs/one-export';
import { type Rig, startRig, untilStatus } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('an export', () => {
  it('ends with the verified object, one job and one submission', async () => {
    const input = rig.input({ fileFormat: 'qcow2' });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    const result = await started.result();
    expect(result).toMatchObject({
      imageId: input.imageId,
      bucketUrl: input.bucketUrl,
      fileFormat: 'qcow2',
      jobId: started.jobId,
      verdict: 'succeeded',
      confirmed: true,
      verification: { state: 'verified' },
      submissions: 1,
      warnings: [],
    });
    expect(result.object).toMatchObject({ format: 'qcow2', etag: expect.stringMatching(/./) });
    expect(result.object?.size).toBeGreaterThan(0);
    expect(result.observations.SUCCESS).toBe(1);
    const jobs = rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl);
    expect(jobs).toHaveLength(1);
  });

  it.each(['vhd', 'vmdk', 'zvhd'] as const)('writes %s', async (fileFormat) => {
    const started = await startExport(rig.client, rig.input({ image: 'dataDisk', fileFormat }), {
      taskQueue: rig.taskQueue,
    });
    expect(await started.result()).toMatchObject({ fileFormat, verification: { state: 'verified' } });
  });

  it('of 200 GiB is a quick export and writes zvhd2', async () => {
    const input = rig.input({ image: 'large', isQuickExport: true });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    expect(await started.result()).toMatchObject({ fileFormat: 'zvhd2', verification: { state: 'verified' } });
  });

  it('has its job in the memo while it runs, and its outcome at the end', async () => {
    const input = rig.input({ image: 'dataDisk', fileFormat: 'vhd' });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    const running = await readExport(rig.client, started.workflowId);
    const { imageId, bucketUrl } = input;
    expect(running.memo).toEqual({ jobId: started.jobId, imageId, bucketUrl });
    await started.result();
    const ended = await readExport(rig.client, started.workflowId);
    expect(ended.memo).toEqual({ jobId: started.jobId, imageId, bucketUrl, outcome: 'succeeded', remoteJob: 'ended' });
    expect(ended.status).toMatchObject({ phase: 'ended', outcome: 'succeeded', remoteJob: 'ended', progress: 1 });
  });

  it('polls its job at once on pollNow', async () => {
    const slow = { minInterval: '5m', maxInterval: '5m' };
    const input = rig.input({ image: 'encrypted', fileFormat: 'vmdk', options: slow });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await untilStatus(rig.client, started.workflowId, ({ nextPollAt }) => nextPollAt !== null);
    rig.simulator.clock.advance(60_000);
    await rig.client.workflow.getHandle(started.workflowId).signal('pollNow');
    const result = await started.result();
    expect(result.polls).toBe(2);
  });

  it('survives failed polls, and does not report them at the end', async () => {
    rig.simulator.faults.add({ method: 'GET', path: '/v1/*/jobs/*', nth: 2, times: 4, action: { status: 503 } });
    const input = rig.input({ image: 'windowsFromFile', fileFormat: 'qcow2' });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    expect(await started.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  });

  it('fails with the code and reason of the cloud when the job fails', async () => {
    const { input } = new OneExport(rig, { image: 'huge', isQuickExport: true }).withLongJob();
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    rig.simulator.changeJob(String(started.jobId), {
      status: 'FAIL',
      error_code: 'IMG.0061',
      fail_reason: `disk read error${', and again'.repeat(20)}`,
    });
    const failure = await started.result().catch((error: unknown) => error as ExportError);
    expect(failure).toMatchObject({
      code: 'ExportFailed',
      message: expect.stringContaining('IMG.0061: disk read error'),
      details: { jobId: started.jobId, code: 'IMG.0061', imageId: input.imageId },
    });
    const { memo } = await readExport(rig.client, started.workflowId);
    expect(memo).toMatchObject({ outcome: 'failed', remoteJob: 'ended', failure: { type: 'ExportFailed' } });
    const { message = '' } = memo.failure ?? {};
    expect(Buffer.byteLength(message)).toBeGreaterThan(190);
    expect(Buffer.byteLength(message)).toBeLessThanOrEqual(200);
    expect((failure as ExportError).message.startsWith(message.slice(0, -1))).toBe(true);
  });

  it('ends as unknown, not as failed, when the deadline passes while the job runs', async () => {
    const options = { deadline: '8s' };
    const { input } = new OneExport(rig, { image: 'exactly128GiB', fileFormat: 'zvhd', options }).withLongJob();
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await expect(started.result()).rejects.toMatchObject({
      code: 'ExportOutcomeUnknown',
      details: { jobId: started.jobId, reason: 'deadline', remoteJob: 'running' },
    });
    const { memo } = await readExport(rig.client, started.workflowId);
    expect(memo).toMatchObject({ outcome: 'unknown', remoteJob: 'running', jobId: started.jobId });
  });

  it('is not a success when the object is missing', async () => {
    rig.simulator.faults.add({
      service: 'obs',
      method: 'HEAD',
      path: '*/gone',
      nth: 2,
      times: 1_000,
      action: { status: 404 },
    });
    const input = rig.input({ bucketUrl: `${rig.simulator.info.bucket}:export-test/gone` });
    const started = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    await expect(started.result()).rejects.toMatchObject({
      code: 'ExportedObjectInvalid',
      details: { problem: 'missing' },
    });
  });

  it('runs with a warning under a workflow id that does not match its destination', async () => {
    const input = rig.input({ image: 'dataDisk', fileFormat: 'qcow2' });
    const handle = await rig.startWorkflow(input, `my-own-${Date.now()}`);
    const { warnings } = await handle.result();
    expect(warnings).toEqual([expect.stringContaining(`not as ims-export:${input.bucketUrl}`)]);
  });

  it('costs at most 11 events a poll and 24 more', async () => {
    const started = await startExport(rig.client, rig.input(), { taskQueue: rig.taskQueue });
    const { polls } = await started.result();
    const { events } = await rig.client.workflow.getHandle(started.workflowId).fetchHistory();
    const messages = (events ?? []).filter(
      ({
        workflowExecutionUpdateAcceptedEventAttributes: accepted,
        workflowExecutionUpdateCompletedEventAttributes: done,
      }) => accepted || done,
    );
    expect((events ?? []).length - messages.length).toBeLessThanOrEqual(11 * polls + 24);
  });
});
