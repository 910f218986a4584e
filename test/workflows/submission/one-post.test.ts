import { randomUUID } from 'node:crypto';
import type { WorkflowFailedError, WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FIRST_TASK, type Rig, resetTo, startRig, until, untilStatus, whatRemains } from '../../rigs/rig';
import { bundleWithQuickSubmits } from '../../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits() });
});
afterAll(() => rig.close());

async function failureOf(handle: WorkflowHandle): Promise<ApplicationFailure> {
  const error = await handle.result().catch((failed: unknown) => failed);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

describe('an export', () => {
  it('sends no POST when no worker comes before the deadline', async () => {
    const input = rig.input({ options: { deadline: '1s' } });
    let handle: WorkflowHandle | undefined;
    await rig.withoutWorker(async () => {
      handle = await rig.startWorkflow(input);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
    });
    const failure = await failureOf(handle as WorkflowHandle);
    expect(failure).toMatchObject({
      type: 'SubmitRejected',
      message: expect.stringContaining('Nothing was submitted'),
    });
    expect(rig.posts()).toBe(0);
    expect((await whatRemains(rig.client, (handle as WorkflowHandle).workflowId)).memo).toMatchObject({
      remoteJob: 'none',
    });
  });

  it('that is reset to its start after its end, when its object was replaced, sends no second POST, and ends as unknown', async () => {
    const input = rig.input({ image: 'dataDisk' });
    const handle = await rig.startWorkflow(input);
    await handle.result();
    rig.simulator.putObject(input.bucketUrl.replace(/^[^:]*:/, ''), 'put there by somebody else');
    const before = rig.posts();
    expect(await failureOf(await resetTo(FIRST_TASK, rig, handle))).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [
        expect.objectContaining({ remoteJob: 'unknown', reason: 'submitAmbiguous', bucketUrl: input.bucketUrl }),
      ],
    });
    expect(rig.posts()).toBe(before);
    expect((await whatRemains(rig.client, handle.workflowId)).memo).toMatchObject({
      outcome: 'unknown',
      remoteJob: 'unknown',
    });
  });

  it('that is reset before the submit while the earlier job runs starts no second job: the probe finds the image busy', async () => {
    rig.simulator.jobSeconds = 600;
    const input = rig.input({ image: 'large', isQuickExport: true });
    const handle = await rig.startWorkflow(input);
    await untilStatus(rig.client, handle.workflowId, ({ jobId }) => jobId !== null);
    const jobs = rig.simulator.jobs().length;
    const reset = await resetTo(FIRST_TASK, rig, handle);
    await untilStatus(rig.client, handle.workflowId, ({ lastError }) => lastError?.startsWith('IMG.0148') === true);
    rig.simulator.clock.advance(600_000);
    expect(await failureOf(reset)).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [
        expect.objectContaining({ reason: 'submitAmbiguous', object: expect.objectContaining({ format: 'zvhd2' }) }),
      ],
    });
    expect(rig.simulator.jobs()).toHaveLength(jobs);
  });

  it('that is reset to a task in the middle of the submit starts no second job', async () => {
    rig.simulator.clock.advance(600_000);
    const input = rig.input({ image: 'encrypted' });
    rig.simulator.faults.add({ method: 'POST', path: '*/file', action: { delayMs: 1_500 } });
    const handle = await rig.startWorkflow(input);
    await until('the POST is under way', () => rig.simulator.requests().some(({ status }) => status === null));
    await handle.signal('pollNow');
    await untilStatus(rig.client, handle.workflowId, ({ jobId }) => jobId !== null);
    const { events } = await handle.fetchHistory();
    const signaled = (events ?? []).findIndex((event) => event.workflowExecutionSignaledEventAttributes);
    const taskAfter = (events ?? []).findIndex(
      (event, index) => index > signaled && event.workflowTaskCompletedEventAttributes,
    );
    const jobs = rig.simulator.jobs().length;
    const reset = await resetTo(taskAfter + 1, rig, handle);
    await untilStatus(rig.client, handle.workflowId, ({ phase }) => phase === 'reconciling');
    rig.simulator.clock.advance(600_000);
    expect(await failureOf(reset)).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [expect.objectContaining({ reason: 'submitAmbiguous', remoteJob: 'unknown' })],
    });
    expect(rig.simulator.jobs()).toHaveLength(jobs);
  });

  it('that Temporal retries sends no second POST', async () => {
    rig.simulator.clock.advance(600_000);
    const input = rig.input({ image: 'linux', options: { maxProbes: 0 } });
    const before = rig.posts();
    const handle = await rig.client.workflow.start('exportImageWorkflow', {
      workflowId: `retried-${randomUUID()}`,
      taskQueue: rig.taskQueue,
      args: [input],
      workflowRunTimeout: '6s',
      retry: { maximumAttempts: 2, initialInterval: 100 },
    });
    expect(await failureOf(handle)).toMatchObject({
      type: 'ExportOutcomeUnknown',
      details: [expect.objectContaining({ reason: 'submitAmbiguous', remoteJob: 'unknown' })],
    });
    expect(rig.posts()).toBe(before + 1);
  });
});

describe('awaitSubmitted', () => {
  it.each([
    ['nothing', []],
    ['null', [null]],
    ['an array', [[]]],
    ['a number', [7]],
    ['a misspelled key', [{ image: 'x' }]],
    ['an image id that is a number', [{ imageId: 7 }]],
  ])('rejects %s, and the export continues', async (_, args) => {
    rig.simulator.jobSeconds = 600;
    const input = rig.input({ image: 'huge', isQuickExport: true });
    const handle = await rig.startWorkflow(input);
    const { jobId } = await untilStatus(rig.client, handle.workflowId, (status) => status.jobId !== null);
    const asked = handle.executeUpdate('awaitSubmitted', { args } as never);
    await expect(asked).rejects.toMatchObject({ cause: { type: 'InvalidExportRequest' } });
    const { imageId } = input;
    expect(await handle.executeUpdate('awaitSubmitted', { args: [{ imageId }] } as never)).toBe(jobId);
    await handle.cancel();
    await failureOf(handle);
    rig.simulator.clock.advance(600_000);
  });
});
