import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { WorkflowHandle, WorkflowHandleWithFirstExecutionRunId } from '@temporalio/client';
import type { WorkflowBundle } from '@temporalio/worker';
import {
  BATCH_MESSAGES,
  type BatchStatus,
  type BatchVerdict,
  EXPORT_IMAGES_WORKFLOW,
  type ExportImagesInput,
  type ExportImagesResult,
  exportBatchWorkflowId,
} from '../../src/contract';
import { QUICK_POLLS, type Rig } from './rig';
import { exactProblemsBy } from './schema-validator';
import { bundleOnce, QUICK_SUBMITS } from './temporal';

export const fixture = (name: string) => join(__dirname, 'fixtures', name);

/** The bundle whose batches check silent exports after a moment, and have long histories after some six images. */
export function bundleOfBatches(workflowInterceptorModules: string[] = []): Promise<WorkflowBundle> {
  return bundleOnce({
    workflowInterceptorModules,
    replace: {
      ...QUICK_SUBMITS,
      './liveness-limits': fixture('quick-liveness-limits.ts'),
      '../history-budget': fixture('short-batch-history.ts'),
    },
  });
}

/** Starts a batch plainly, with any input and quick polls. */
export function startBatchWorkflow(
  { client, taskQueue }: Rig,
  input: ExportImagesInput,
  name: string = randomUUID().slice(0, 8),
): Promise<WorkflowHandleWithFirstExecutionRunId> {
  return client.workflow.start(EXPORT_IMAGES_WORKFLOW, {
    workflowId: exportBatchWorkflowId(name),
    taskQueue,
    args: [{ ...input, options: { ...QUICK_POLLS, ...input.options } }],
    // A batch that was canceled or terminated may be started again by its name.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
  });
}

/** Every status that any test asks for is held against the schema that is shipped. */
export async function statusOf(handle: WorkflowHandle): Promise<BatchStatus> {
  const status = await handle.query<BatchStatus>(BATCH_MESSAGES.queries.batchStatus);
  refuseOther('batch/status', status);
  return status;
}

function refuseOther(schema: string, value: unknown): void {
  const problems = exactProblemsBy(schema, value);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** Asks a batch until it shows what is waited for. */
export async function untilBatch(
  handle: WorkflowHandle,
  shows: (status: BatchStatus) => boolean,
  limitMs = 40_000,
): Promise<BatchStatus> {
  const giveUpAtMs = Date.now() + limitMs;
  for (;;) {
    const status = await statusOf(handle);
    if (shows(status)) return status;
    if (Date.now() > giveUpAtMs) throw new Error(`the batch did not get there; last seen ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The verdict on each image, in the order of the plan. */
export function verdictsOf(result: ExportImagesResult): BatchVerdict[] {
  refuseOther('batch/result', result);
  return result.items.map(({ verdict }) => verdict);
}
