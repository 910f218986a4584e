/**
 * Starting an export, or joining the one that runs.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import { parseExportInput } from '../activities/export-request';
import {
  CONTINUED_AS_NEW,
  DEFAULT_TASK_QUEUE,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageInput,
  type ExportImageResult,
  type ExportIntent,
  type ExportMemo,
  type ExportRequest,
  exportWorkflowId,
  MESSAGES,
} from '../contract';
import { ExportError, isUnreachable, OUTAGE_PATIENCE_MS, toExportError } from './errors';
import { noWorker, requireWorker } from './workers';

export interface StartOptions {
  /** @default 'ims-export' */
  taskQueue?: string;
}

export interface StartedExport {
  workflowId: string;
  jobId: string;
  /** How this call came to its export: it began it, joined one that runs, or found one that had succeeded before. */
  how: 'started' | 'joined' | 'alreadySucceeded';
  /** Things to know, such as a job that an earlier run left in the cloud. */
  notes: string[];
  /**
   * The result, once the export has ended.
   *
   * @throws ExportError
   */
  result(): Promise<ExportImageResult>;
}

/** A server that is there describes a workflow at once. */
const DESCRIBE_TIMEOUT_MS = 8_000;
/** A worker that is alive takes a new workflow within this time. */
const ACCEPT_TIMEOUT_MS = 15_000;

/**
 * Starts an export under the id of its destination and waits until the cloud has accepted the job.
 *
 * The same intent joins a running export; after a success the earlier result is given.
 *
 * @throws ExportError InvalidExportRequest and the other failure types; DestinationBusy when another image or format is
 *   being exported there; DestinationExists when another one was; NoWorker; TemporalUnreachable
 * @example
 * ```ts
 * const started = await startExport(client, { imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' });
 * const { object } = await started.result();
 * ```
 */
export async function startExport(
  client: Client,
  input: ExportImageInput,
  { taskQueue = DEFAULT_TASK_QUEUE }: StartOptions = {},
): Promise<StartedExport> {
  const workflowId = workflowIdOf(input);
  let notes: string[] = [];
  try {
    const request = parseExportInput(input);
    const before = await describe(client, workflowId);
    if (before?.status.name === 'COMPLETED') return await earlierSuccess(client, workflowId, request);
    notes = notesOf(before);
    await requireWorker(client, taskQueue);
    const jobId = await startAndAwaitJob(client, input, request, taskQueue);
    return {
      workflowId,
      jobId,
      how: before?.status.name === 'RUNNING' ? 'joined' : 'started',
      notes,
      result: () => exportResult(client, workflowId),
    };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) {
      return await earlierSuccess(client, workflowId, parseExportInput(input));
    }
    throw withNotes(toExportError(error, workflowId), notes);
  }
}

/**
 * Waits for the end of an export, across restarts of Temporal and continue-as-new.
 *
 * @throws ExportError
 */
export async function exportResult(client: Client, workflowId: string): Promise<ExportImageResult> {
  const handle: WorkflowHandle = client.workflow.getHandle(workflowId);
  try {
    return (await throughOutages(() => handle.result())) as ExportImageResult;
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

function workflowIdOf(input: ExportImageInput): string {
  const { bucketUrl } = (input ?? {}) as { bucketUrl?: unknown };
  return exportWorkflowId(String(bucketUrl));
}

async function describe(client: Client, workflowId: string): Promise<WorkflowExecutionDescription | undefined> {
  try {
    return await client.withDeadline(Date.now() + DESCRIBE_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** Update-with-start: one round trip starts the export or finds the running one, which refuses another intent. */
async function startAndAwaitJob(
  client: Client,
  input: ExportImageInput,
  request: ExportRequest,
  taskQueue: string,
): Promise<string> {
  const workflowId = exportWorkflowId(request.bucketUrl);
  const intent = intentOf(request);
  const startWorkflowOperation = new WithStartWorkflowOperation(EXPORT_IMAGE_WORKFLOW, {
    workflowId,
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    staticSummary: summaryOf(request),
    staticDetails: detailsOf(request),
  });
  let update: WorkflowUpdateHandle<string>;
  try {
    update = await client.withDeadline(Date.now() + ACCEPT_TIMEOUT_MS, () =>
      client.workflow.startUpdateWithStart<Workflow, string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted, {
        args: [intent],
        waitForStage: 'ACCEPTED',
        startWorkflowOperation,
      }),
    );
  } catch (error) {
    // The server was there a moment ago: what did not answer is the worker.
    throw isUnreachable(error) ? noWorker(client, taskQueue) : error;
  }
  return await jobIdOf(client, update, intent);
}

async function jobIdOf(client: Client, update: WorkflowUpdateHandle<string>, intent: ExportIntent): Promise<string> {
  try {
    return await throughOutages(() => update.result());
  } catch (error) {
    if (!continuedAsNew(error)) throw error;
    const next = await client.workflow
      .getHandle(update.workflowId)
      .startUpdate<string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted, {
        args: [intent],
        waitForStage: 'ACCEPTED',
      });
    return await jobIdOf(client, next, intent);
  }
}

function continuedAsNew(error: unknown): boolean {
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && error.cause.type === CONTINUED_AS_NEW;
}

/** Repeats a wait while the Temporal server is away. */
async function throughOutages<T>(wait: () => Promise<T>): Promise<T> {
  let awaySinceMs: number | null = null;
  for (;;) {
    const begunAtMs = Date.now();
    try {
      return await wait();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // A wait that held for a while before it broke was answered: the outage begins now.
      if (awaySinceMs === null || Date.now() - begunAtMs > 60_000) awaySinceMs = Date.now();
      if (Date.now() - awaySinceMs > OUTAGE_PATIENCE_MS) throw error;
      await sleep(1_000);
    }
  }
}

async function earlierSuccess(client: Client, workflowId: string, request: ExportRequest): Promise<StartedExport> {
  const result = await exportResult(client, workflowId);
  if (result.imageId !== request.imageId || result.fileFormat !== request.fileFormat) {
    throw new ExportError(
      'DestinationExists',
      `${request.bucketUrl} already holds image ${result.imageId} (${result.fileFormat}), exported ${result.finishedAt}. Choose another object key.`,
      { imageId: request.imageId, bucketUrl: request.bucketUrl, object: result.object },
    );
  }
  return { workflowId, jobId: result.jobId, how: 'alreadySucceeded', notes: [], result: async () => result };
}

function notesOf(before: WorkflowExecutionDescription | undefined): string[] {
  const { jobId, outcome, remoteJob } = (before?.memo ?? {}) as ExportMemo;
  if (outcome === undefined || remoteJob === 'none' || remoteJob === 'ended') return [];
  const job = jobId === undefined ? 'a job of unknown id' : `job ${jobId}`;
  return [`An earlier run to this destination ended as ${outcome} and left ${job} in the cloud, which may still run.`];
}

/** A refusal is better understood with what an earlier run left behind. */
function withNotes(error: unknown, notes: string[]): unknown {
  if (!(error instanceof ExportError) || notes.length === 0) return error;
  return new ExportError(error.code, [error.message, ...notes].join(' '), error.details, { cause: error.cause });
}

function intentOf({ imageId, fileFormat, isQuickExport }: ExportRequest): ExportIntent {
  if (isQuickExport || fileFormat === null || fileFormat === 'zvhd2') return { imageId, isQuickExport };
  return { imageId, fileFormat };
}

function formatOf({ fileFormat, isQuickExport }: ExportRequest): string {
  return isQuickExport ? 'quick export, zvhd2' : String(fileFormat);
}

/** One line, at most 200 bytes, for lists in the Web UI. */
function summaryOf(request: ExportRequest): string {
  return `Export image ${request.imageId} (${formatOf(request)})`;
}

function detailsOf(request: ExportRequest): string {
  return [
    `Exports the private image \`${request.imageId}\` to OBS as \`${request.bucketUrl}\` (${formatOf(request)}).`,
    '',
    '- **Check now**: send the signal `pollNow`',
    '- **Status**: the query `exportStatus`',
    '- **Cancel** stops the tracking; the job in the cloud goes on, since the cloud cannot cancel it',
  ].join('\n');
}
