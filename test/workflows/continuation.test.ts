import { join } from 'node:path';
import type { WorkflowFailedError } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readExport, startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import { eventually, OneExport } from '../rigs/one-export';
import { FIRST_TASK, type Rig, resetTo, startRig, untilStatus } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  const replace = { './history-budget': join(__dirname, '../rigs/fixtures/tiny-history.ts') };
  rig = await startRig({ bundle: await bundleOnce({ replace }) });
});
afterAll(() => rig.close());

it('a caller that waits for the job of an export gets it when that export continues as new', async () => {
  const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
  rig.simulator.faults.add({ method: 'POST', path: '*/file', times: 8, action: { status: 400, body: throttled } });
  const input = rig.input();
  const workflowId = exportWorkflowId(input.bucketUrl);
  const [started] = await Promise.all([
    startExport(rig.client, input, { taskQueue: rig.taskQueue }),
    hurry(workflowId),
  ]);
  const result = await started.result();
  expect(result).toMatchObject({ jobId: started.jobId, submissions: 1 });
  expect(rig.posts()).toBe(9);
  const { events } = await rig.client.workflow.getHandle(workflowId, started.runId ?? '').fetchHistory();
  expect(
    events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ||
      events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes,
  ).toBeTruthy();
});

it('an export that is terminated after it has continued as new leaves its job in the memo', async () => {
  const bucketUrl = `${rig.simulator.info.bucket}:memo/across-runs`;
  const one = new OneExport(rig, { image: 'large', isQuickExport: true, bucketUrl }).withLongJob();
  const handle = await rig.startWorkflow(one.input);
  const { jobId } = await untilStatus(rig.client, handle.workflowId, (status) => status.jobId !== null);
  await eventually('it goes on in a new run', async () => {
    const { runId } = await readExport(rig.client, handle.workflowId);
    return runId === handle.firstExecutionRunId ? undefined : runId;
  });
  await rig.client.workflow.getHandle(handle.workflowId).terminate();
  const { memo } = await readExport(rig.client, handle.workflowId);
  expect(memo).toEqual({ jobId, imageId: one.imageId, bucketUrl });
});

it('an export that waits to submit and is reset after it has continued as new never submits', async () => {
  const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
  const throttle = () =>
    rig.simulator.faults.add({ method: 'POST', path: '*/file', times: 8, action: { status: 400, body: throttled } });
  throttle();
  const input = rig.input({ image: 'dataDisk' });
  const handle = await rig.startWorkflow(input);
  await hurry(handle.workflowId);
  await handle.result();
  // Another object than the one that it has exported, which would be its result.
  rig.simulator.putObject(input.bucketUrl.replace(/^[^:]*:/, ''), 'put there by somebody else');
  const before = rig.posts();
  const reset = await resetTo(FIRST_TASK, rig, handle);
  const error = await reset.result().catch((failed: unknown) => failed);
  expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'ExportOutcomeUnknown' });
  expect(rig.posts()).toBe(before);
});

/** Skips the waits of a throttled submit until its job is there. */
async function hurry(workflowId: string): Promise<void> {
  for (let submitted = false; !submitted; ) {
    const { phase, jobId } = await untilStatus(
      rig.client,
      workflowId,
      (status) => status.phase === 'waitingToSubmit' || status.jobId !== null,
    );
    submitted = jobId !== null;
    if (phase === 'waitingToSubmit') await rig.client.workflow.getHandle(workflowId).signal('pollNow');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
