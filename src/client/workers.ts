import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DEFAULT_TASK_QUEUE } from '../contract';
import { invalidField } from '../export/failures';
import { command } from '../export/quoting';
import { ExportError } from './errors';
import { shortCall } from './temporal-calls';

/** `TaskQueueType` of the Temporal API. */
const TASK_QUEUE_TYPES = { workflows: 1, activities: 2 } as const;
/** What a worker takes from a task queue. */
export type TaskKind = keyof typeof TASK_QUEUE_TYPES;
/** A live worker polls at least once a minute. */
const STALE_POLLER_MS = 90_000;
/** A worker that was started this moment shows up this soon. */
const PATIENCE_MS = 3_000;

/**
 * Makes sure that a worker polls the task queue: without one, an export would be accepted by Temporal and never begin.
 *
 * @throws ExportError NoWorker; ApplicationFailure InvalidExportRequest for a task queue without a name
 */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  refuseNoQueue(taskQueue);
  const workers = await awaitWorkers(client, taskQueue, 'workflows');
  if (workers.length === 0) throw noWorker(client, taskQueue);
}

/** @throws ApplicationFailure InvalidExportRequest */
export function refuseNoQueue(taskQueue: string): void {
  if (taskQueue === '') throw invalidField('taskQueue', taskQueue, 'the name of a task queue, such as ims-export');
}

/** The identities of the workers that take this kind of task from the queue; none only after they were waited for. */
export async function awaitWorkers(client: Client, taskQueue: string, kind: TaskKind): Promise<string[]> {
  const giveUpAtMs = Date.now() + PATIENCE_MS;
  for (;;) {
    const workers = await readWorkers(client, taskQueue, kind);
    if (workers.length > 0 || Date.now() >= giveUpAtMs) return workers;
    await sleep(300);
  }
}

async function readWorkers(client: Client, taskQueue: string, kind: TaskKind): Promise<string[]> {
  const { pollers } = await shortCall(client, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: TASK_QUEUE_TYPES[kind],
    }),
  );
  const live = (pollers ?? []).filter(({ lastAccessTime }) => {
    const seconds = lastAccessTime?.seconds;
    return seconds == null || Date.now() - Number(seconds) * 1000 < STALE_POLLER_MS;
  });
  return [...new Set(live.map(({ identity }) => identity || 'without a name'))];
}

/** The error of a task queue without a worker. */
export function noWorker(client: Client, taskQueue: string): ExportError {
  return new ExportError(
    'NoWorker',
    `No worker polls the task queue ${taskQueue} in namespace ${client.options.namespace}. ${startWorker(taskQueue)}`,
  );
}

/** What to do where no worker polls a task queue. */
export function startWorker(taskQueue: string): string {
  return `Start one with \`${workerCommand(taskQueue)}\`. If your worker polls another task queue, set IMS_EXPORT_TASK_QUEUE to it.`;
}

export function workerCommand(taskQueue: string): string {
  return command('ims-export', 'worker', ...(taskQueue === DEFAULT_TASK_QUEUE ? [] : ['--task-queue', taskQueue]));
}
