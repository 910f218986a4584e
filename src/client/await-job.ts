/**
 * Update-with-start: one round trip starts the export, or finds the running one and compares what both mean to export.
 *
 * @module
 */
import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, type Workflow } from '@temporalio/common';
import {
  CONTINUED_AS_NEW,
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_UNCONFIRMED,
  type ExportImageInput,
  type ExportImageResult,
  type ExportIntent,
  type ExportRequest,
  exportWorkflowId,
  MESSAGES,
} from '../contract';
import type { ClosedRun } from '../export/earlier-run';
import { JOINING_POLICY } from '../export/reuse-policy';
import { wasNotProcessed } from '../temporal/unreachable';
import { earlierOf } from './earlier';
import { ExportError, isUnreachable, readable, unreadable } from './errors';
import { followExport } from './follow';
import { foundByStatus, refuseToJoin } from './joining';
import { ACCEPT_TIMEOUT_MS, noAnswer } from './no-answer';
import { exportResult } from './result';
import { exportStartOptions } from './start-options';
import { shortCall, throughOutages } from './temporal-calls';

/** Temporal's word for an update whose workflow ended before the update did. */
const WORKFLOW_ENDED = 'AcceptedUpdateCompletedWorkflow';

export interface SubmittedJob {
  /** Null when the export succeeded without its job ever being seen (`acceptUnconfirmed`). */
  jobId: string | null;
  /** The run that was started or joined. */
  runId: string;
  /** Where it has succeeded without a job of its own. */
  result?: ExportImageResult;
}

/**
 * Starts or joins the export and waits until the cloud has accepted its job.
 *
 * @param before the latest run of that id before the start, if there was one
 */
export async function startAndAwaitJob(
  client: Client,
  input: ExportImageInput,
  request: ExportRequest,
  { taskQueue, before }: { taskQueue: string; before?: ClosedRun & { workflowId: string } },
): Promise<SubmittedJob> {
  const earlier = before?.closeTime === undefined ? null : await shortCall(client, () => earlierOf(client, before));
  const startWorkflowOperation = new WithStartWorkflowOperation(EXPORT_IMAGE_WORKFLOW, {
    ...exportStartOptions(input, request, earlier),
    ...(before !== undefined && before.closeTime === undefined ? { workflowIdReusePolicy: JOINING_POLICY } : {}),
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const args: [ExportIntent] = [intentOf(request)];
  const first = await acceptedInTime(client, () =>
    client.workflow.startUpdateWithStart<Workflow, string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted, {
      args,
      waitForStage: 'ACCEPTED',
      startWorkflowOperation,
    }),
  );
  for (let update = first; update !== undefined; ) {
    const { workflowId, workflowRunId: runId = '' } = update;
    const answer = update;
    try {
      return {
        jobId: await readable(
          workflowId,
          throughOutages(() => answer.result()),
        ),
        runId,
      };
    } catch (error) {
      if (wasNotProcessed(error)) break;
      const type = updateFailureType(error);
      if (type === WORKFLOW_ENDED || type === EXPORT_UNCONFIRMED) {
        return await succeeded(client, workflowId, runId);
      }
      if (type !== CONTINUED_AS_NEW) throw error;
      // The export waits on in a new run: ask that one.
      const handle = client.workflow.getHandle(workflowId);
      update = await acceptedInTime(client, () =>
        handle.startUpdate<string, [ExportIntent]>(MESSAGES.updates.awaitSubmitted, { args, waitForStage: 'ACCEPTED' }),
      );
    }
  }
  return await jobByStatus(client, request, { taskQueue, before });
}

async function succeeded(client: Client, workflowId: string, runId: string): Promise<SubmittedJob> {
  const result = await exportResult(client, workflowId, runId);
  return { jobId: result.jobId, runId, result };
}

/** Undefined when the update was not taken in time: the worker may be gone, or more callers wait than Temporal allows. */
async function acceptedInTime<T>(client: Client, request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await client.withDeadline(Date.now() + ACCEPT_TIMEOUT_MS, request);
  } catch (error) {
    // An export that ended between two runs is found by reading its status, too.
    if (isUnreachable(error) || wasNotProcessed(error) || error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function updateFailureType(error: unknown): string | null | undefined {
  if (!(error instanceof WorkflowUpdateFailedError)) return undefined;
  return error.cause instanceof ApplicationFailure ? error.cause.type : undefined;
}

/** The same by reading the status of the export: what it means to export, and its job once there is one. */
async function jobByStatus(
  client: Client,
  request: ExportRequest,
  { taskQueue, before }: { taskQueue: string; before?: { runId: string; closeTime?: Date } },
): Promise<SubmittedJob> {
  const workflowId = exportWorkflowId(request.bucketUrl);
  const how = before !== undefined && before.closeTime === undefined ? 'joined' : 'started';
  const refuse = () => noAnswer(client, taskQueue, { what: 'export', workflowId, how });
  let answered = false;
  try {
    for await (const report of followExport(client, workflowId)) {
      const { status, runId, closedAt, memo } = report;
      if (report.statusUnreadable && closedAt === null) throw unreadable(workflowId);
      if (closedAt !== null && runId === before?.runId) throw notStarted(request);
      if (status !== null) refuseToJoin('status', request, foundByStatus(status));
      if (status?.jobId) return { jobId: status.jobId, runId };
      if (closedAt !== null) return await succeeded(client, workflowId, runId);
      if (status === null && !answered) throw await refuse();
      answered ||= status !== null || memo.jobId !== undefined;
    }
  } catch (error) {
    throw error instanceof ExportError && error.code === 'NoSuchExport' ? notStarted(request) : error;
  }
  throw await refuse();
}

/** The server took too long to say that it had started the export, and now knows of none. */
function notStarted({ bucketUrl }: ExportRequest): ExportError {
  return new ExportError(
    'TemporalUnreachable',
    `The Temporal server did not answer in time, and has no run of the export to ${bucketUrl}. Start it again: if the first start did get through, the second joins it.`,
  );
}

function intentOf({ imageId, fileFormat, isQuickExport, attach }: ExportRequest): ExportIntent {
  const intent = attach === null ? { imageId } : { imageId, jobId: attach.jobId };
  if (isQuickExport || fileFormat === null || fileFormat === 'zvhd2') return { ...intent, isQuickExport };
  return { ...intent, fileFormat };
}
