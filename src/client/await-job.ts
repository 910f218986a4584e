/**
 * Update-with-start: one round trip starts the export, or finds the running one and compares what both mean to export.
 *
 * @module
 */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  type WorkflowUpdateHandle,
} from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import {
  CONTINUED_AS_NEW,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageInput,
  type ExportIntent,
  type ExportRequest,
  type ExportStatus,
  exportWorkflowId,
  MESSAGES,
} from '../contract';
import { ExportError, isUnreachable } from './errors';
import { followExport } from './follow';
import { exportResult } from './result';
import { throughOutages } from './temporal-calls';
import { noWorker } from './workers';

/** A worker that is alive takes a new workflow within this time. */
const ACCEPT_TIMEOUT_MS = 15_000;

/** Temporal's word for an update whose workflow ended before the update did. */
const WORKFLOW_ENDED = 'AcceptedUpdateCompletedWorkflow';

export interface SubmittedJob {
  jobId: string;
  /** The run that was started or joined. */
  runId: string;
}

/** Starts or joins the export and waits until the cloud has accepted its job. */
export async function startAndAwaitJob(
  client: Client,
  input: ExportImageInput,
  request: ExportRequest,
  taskQueue: string,
): Promise<SubmittedJob> {
  const startWorkflowOperation = new WithStartWorkflowOperation(EXPORT_IMAGE_WORKFLOW, {
    workflowId: exportWorkflowId(request.bucketUrl),
    taskQueue,
    args: [input],
    workflowIdConflictPolicy: 'USE_EXISTING',
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    staticSummary: summaryOf(request),
    staticDetails: detailsOf(request),
  });
  const intent = intentOf(request);
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
    if (!isUnreachable(error)) throw error;
    return await jobByStatus(client, request, taskQueue);
  }
  return { jobId: await jobIdOf(client, update, intent), runId: update.workflowRunId ?? '' };
}

async function jobIdOf(client: Client, update: WorkflowUpdateHandle<string>, intent: ExportIntent): Promise<string> {
  const { workflowId, workflowRunId } = update;
  try {
    return await throughOutages(() => update.result());
  } catch (error) {
    switch (updateFailureType(error)) {
      case CONTINUED_AS_NEW: {
        const args: [ExportIntent] = [intent];
        const next = await client.workflow
          .getHandle(workflowId)
          .startUpdate<string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted, { args, waitForStage: 'ACCEPTED' });
        return await jobIdOf(client, next, intent);
      }
      case WORKFLOW_ENDED:
        return (await exportResult(client, workflowId, workflowRunId)).jobId;
      default:
        throw error;
    }
  }
}

function updateFailureType(error: unknown): string | null | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  return error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
}

/**
 * The same by looking, where the update was not taken in time: the worker may be gone, or more callers wait than Temporal
 * lets wait by update.
 */
async function jobByStatus(client: Client, request: ExportRequest, taskQueue: string): Promise<SubmittedJob> {
  const workflowId = exportWorkflowId(request.bucketUrl);
  let seen = false;
  for await (const { status, runId, closedAt, memo } of followExport(client, workflowId)) {
    if (closedAt !== null) return { jobId: memo.jobId ?? (await exportResult(client, workflowId, runId)).jobId, runId };
    if (status === null && !seen) throw notTaken(client, taskQueue, workflowId);
    seen = true;
    if (status !== null) refuseOtherExport(status, request);
    if (status?.jobId) return { jobId: status.jobId, runId };
  }
  throw notTaken(client, taskQueue, workflowId);
}

function refuseOtherExport({ imageId, fileFormat, startedAt }: ExportStatus, request: ExportRequest): void {
  if (imageId === null || (imageId === request.imageId && fileFormat === request.fileFormat)) return;
  throw new ExportError(
    'DestinationBusy',
    `${request.bucketUrl} is already the destination of image ${imageId} (${fileFormat}, since ${startedAt}). Choose another object key, or wait for that export.`,
    { imageId: request.imageId, bucketUrl: request.bucketUrl, running: { imageId, fileFormat, startedAt } },
  );
}

/** The export is there, and begins as soon as a worker comes: not the same as one that was never started. */
function notTaken(client: Client, taskQueue: string, workflowId: string): ExportError {
  const { code, message } = noWorker(client, taskQueue);
  const started = `The export ${workflowId} was started, but no worker has taken it yet: it begins as soon as one comes, and \`ims-export cancel ${workflowId}\` gives it up.`;
  return new ExportError(code, `${started} ${message}`, { started: true, workflowId });
}

function intentOf({ imageId, fileFormat, isQuickExport }: ExportRequest): ExportIntent {
  if (isQuickExport || fileFormat === null || fileFormat === 'zvhd2') return { imageId, isQuickExport };
  return { imageId, fileFormat };
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

function formatOf({ fileFormat, isQuickExport }: ExportRequest): string {
  return isQuickExport ? 'quick export, zvhd2' : String(fileFormat);
}
