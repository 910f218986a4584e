import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ExportError } from './errors';
import { shortCall } from './temporal-calls';

/** `TASK_QUEUE_TYPE_WORKFLOW` of the Temporal API. */
const WORKFLOW_TASK_QUEUE = 1;
/** A live worker polls at least once a minute. */
const STALE_POLLER_MS = 90_000;
/** A worker that was started this moment shows up this soon. */
const PATIENCE_MS = 3_000;

/**
 * Makes sure that a worker polls the task queue: without one, an export would be accepted by Temporal and never begin.
 *
 * @throws ExportError NoWorker
 */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  while (!(await hasWorker(client, taskQueue))) {
    if (Date.now() >= giveUpAtMs) throw noWorker(client, taskQueue);
    await sleep(300);
  }
}

async function hasWorker(client: Client, taskQueue: string): Promise<boolean> {
  const { pollers } = await shortCall(client, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_TASK_QUEUE,
    }),
  );
  return (pollers ?? []).some(({ lastAccessTime }) => {
    const seconds = lastAccessTime?.seconds;
    return seconds == null || Date.now() - Number(seconds) * 1000 < STALE_POLLER_MS;
  });
}

/** The error of a task queue that nobody serves. */
export function noWorker(client: Client, taskQueue: string): ExportError {
  return new ExportError(
    'NoWorker',
    `No worker polls the task queue ${taskQueue} in namespace ${client.options.namespace}. Start one with \`ims-export worker\`, or name the queue that yours polls (IMS_EXPORT_TASK_QUEUE).`,
  );
}
