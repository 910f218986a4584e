import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import { type Rig, startRig, untilStatus } from '../rig';
import { bundleOnce } from '../temporal';

let rig: Rig;
beforeAll(async () => {
  const replace = { './history-budget': join(__dirname, '../fixtures/tiny-history.ts') };
  rig = await startRig({ bundle: await bundleOnce({ replace }) });
});
afterAll(() => rig.close());

it('a caller that waits for the job is not lost when the waiting export continues as new', async () => {
  const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
  rig.simulator.faults.add({ method: 'POST', path: '*/file', times: 8, action: { status: 400, body: throttled } });
  const input = rig.input();
  const workflowId = exportWorkflowId(input.bucketUrl);
  let started: Awaited<ReturnType<typeof startExport>> | undefined;
  const starting = startExport(rig.client, input, { taskQueue: rig.taskQueue }).then((result) => {
    started = result;
  });
  while (started === undefined) {
    await untilStatus(rig.client, workflowId, ({ phase, jobId }) => phase === 'waitingToSubmit' || jobId !== null);
    await rig.client.workflow
      .getHandle(workflowId)
      .signal('pollNow')
      .catch(() => undefined);
    await Promise.race([starting, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
  const result = await started.result();
  expect(result).toMatchObject({ jobId: started.jobId, submissions: 1 });
  expect(rig.posts()).toBe(9);
  const { events } = await rig.client.workflow.getHandle(workflowId, started.runId ?? '').fetchHistory();
  expect(
    events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId ||
      events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes,
  ).toBeTruthy();
});
