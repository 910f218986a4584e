/**
 * Steering exports that run.
 *
 * @module
 */
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import {
  type ExportStatus,
  MESSAGES,
  type ResolutionStatus,
  type RetuneInput,
  type RetuneOutcome,
  type SubmissionResolution,
} from '../contract';
import { command } from '../export/quoting';
import { ExportError, isBatchId, isUnreachable, toExportError } from './errors';
import { followExport } from './follow';
import { firstRunOf, shortCall } from './temporal-calls';

/**
 * Sends the signal `pollNow`: check the job at once.
 *
 * @throws ExportError NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function pollNow(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.pollNow));
}

/**
 * Sends the signal `pausePolling`: the job is not polled any more, except by {@link pollNow}. Job and deadline run on.
 *
 * @throws ExportError NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function pausePolling(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.pausePolling));
}

/**
 * Sends the signal `resumePolling`: the job is polled at once, and on by the schedule.
 *
 * @throws ExportError NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function resumePolling(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.resumePolling));
}

/**
 * Changes options of a running export and returns what is in force from then on.
 *
 * @example await retuneExport(client, workflowId, { deadline: '+6h', maxInterval: '2m' })
 * @throws ExportError InvalidExportRequest, NotValidatedYet, NoWorker, NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function retuneExport(client: Client, workflowId: string, changes: RetuneInput): Promise<RetuneOutcome> {
  return await steer(client, workflowId, (handle) =>
    answered(
      workflowId,
      handle.executeUpdate<RetuneOutcome, [RetuneInput]>(MESSAGES.updates.retune, { args: [changes] }),
    ),
  );
}

/**
 * Asks the workflow to cancel. It stops tracking, or with `onCancel: 'drain'` follows the job to its end and deletes its
 * object; the cloud has no way to cancel the job itself.
 *
 * @throws ExportError NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function cancelExport(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.cancel());
}

/**
 * Answers an ambiguous submit: its job, which the export checks before it tracks it, or that there
 * is none, so that it submits again. What came of a named job is in the status, as `resolution`. A newer answer replaces an
 * older one.
 *
 * @throws ExportError NothingToResolve, InvalidExportRequest, NoWorker, NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function resolveSubmission(
  client: Client,
  workflowId: string,
  resolution: SubmissionResolution,
): Promise<void> {
  await steer(client, workflowId, (handle) =>
    answered(
      workflowId,
      handle.executeUpdate<void, [SubmissionResolution]>(MESSAGES.updates.resolveSubmission, { args: [resolution] }),
    ),
  );
}

const CHECK_INTERVAL_MS = 500;

/**
 * What became of the job that an answer named, once the export has checked it.
 *
 * @param limitMs how long to wait for it: `taken` is null when it is not decided then
 * @throws ExportError NoSuchExport, TemporalUnreachable
 */
export async function untilChecked(
  client: Client,
  workflowId: string,
  jobId: string,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<ResolutionStatus> {
  const giveUpAtMs = Date.now() + limitMs;
  let last: ResolutionStatus = { jobId, taken: null, objection: null };
  for await (const { status } of followExport(client, workflowId, CHECK_INTERVAL_MS)) {
    if (status !== null) last = checkedJob(status, jobId) ?? last;
    if (last.taken !== null || Date.now() >= giveUpAtMs) return last;
  }
  return { jobId, taken: false, objection: last.objection ?? 'the export has ended before it was checked' };
}

/** Null where the status says nothing of it, as that of an older worker. */
function checkedJob({ jobId: tracked, resolution }: ExportStatus, jobId: string): ResolutionStatus | null {
  if (tracked === jobId) return { jobId, taken: true, objection: null };
  if (tracked !== null) return { jobId, taken: false, objection: `the export tracks job ${tracked}` };
  if (!resolution) return null;
  if (resolution.jobId === jobId) return resolution;
  return { jobId, taken: false, objection: `a newer answer names job ${resolution.jobId}` };
}

/**
 * Sends something to a workflow that runs. A cancel or an update never reaches one that was started by that id meanwhile.
 *
 * @throws ExportError NoSuchExport, ExportEnded, TemporalUnreachable
 */
export async function steer<T>(
  client: Client,
  workflowId: string,
  send: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  try {
    // Temporal refuses a signal to an ended workflow as if there were none, and takes a cancel of one without a word.
    const description = await shortCall(client, () => client.workflow.getHandle(workflowId).describe());
    if (description.closeTime !== undefined) throw ended(workflowId, description.status.name);
    const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunOf(description) });
    return await shortCall(client, () => send(handle)).catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? ended(workflowId, 'a moment ago') : error;
    });
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** The server was there a moment ago: an update without an answer waits for a worker, which takes it when it comes. */
export async function answered<T>(workflowId: string, update: Promise<T>): Promise<T> {
  try {
    return await update;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    throw new ExportError(
      'NoWorker',
      `No worker has answered for ${workflowId} in time. What you asked for may still be done once one comes: look at \`${command('ims-export', 'status', workflowId)}\` before you ask again.`,
      undefined,
      { cause: error },
    );
  }
}

/** @param how as Temporal spells it, or when */
function ended(workflowId: string, how: string): ExportError {
  return new ExportError(
    'ExportEnded',
    `The ${isBatchId(workflowId) ? 'batch' : 'export'} ${workflowId} has ended (${how}). \`${command('ims-export', 'status', workflowId)}\` tells how, and what remains in the cloud.`,
  );
}
