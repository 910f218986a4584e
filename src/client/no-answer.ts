/**
 * A start that no worker answers: what is certain of it is said, by what Temporal knows now.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { workflowCommand } from '../export/quoting';
import { describeRun, type Run } from '../temporal/runs';
import { ExportError } from './errors';
import { shortCall } from './temporal-calls';
import { awaitWorkers, workerCommand } from './workers';

/** A worker that is alive takes a new workflow within this time. */
export const ACCEPT_TIMEOUT_MS = 15_000;

export interface Unanswered {
  what: 'export' | 'batch' | 'dry run';
  workflowId: string;
  /** By this call, or joined by it. */
  how: 'started' | 'joined';
}

/**
 * The error of a start that no worker answers. The workflow is there, and goes on as soon as a worker comes: not the same as one
 * that was never started.
 *
 * @param taskQueue of this call; a workflow that it joined may be on another one
 */
export async function noAnswer(
  client: Client,
  taskQueue: string,
  { what, workflowId, how }: Unanswered,
): Promise<ExportError> {
  const run = await shortCall(client, () => describeRun(client, workflowId)).catch(() => null);
  const queue = run?.raw.taskQueue || taskQueue;
  const sentences =
    how === 'started' && run !== null && isUntouched(run)
      ? [
          `The ${what} ${workflowId} was started, but no worker has taken it yet.`,
          `It runs as soon as a worker of the task queue ${queue} takes it. \`${workflowCommand('cancel', workflowId)}\` cancels it.`,
        ]
      : [
          `The ${what} ${workflowId} is running, but no worker answers for it.`,
          `It continues as soon as a worker of the task queue ${queue} takes it. \`${workflowCommand('status', workflowId)}\` shows what Temporal knows of it.`,
        ];
  sentences.push(await workersText(client, queue));
  return new ExportError('NoWorker', sentences.join(' '), { started: true, workflowId });
}

/** Its start and its first task: whatever else is in a history, a worker may have written. */
function isUntouched({ runId, firstRunId, raw: { historyLength } }: Run): boolean {
  return runId === firstRunId && Number(historyLength) <= 2;
}

async function workersText(client: Client, taskQueue: string): Promise<string> {
  const workers = await awaitWorkers(client, taskQueue, 'workflows').catch(() => null);
  if (workers?.length === 0)
    return `No worker polls this task queue now. Start one with \`${workerCommand(taskQueue)}\`.`;
  return '`ims-export doctor` checks whether a worker runs.';
}
