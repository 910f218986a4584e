/**
 * Steering exports that run.
 *
 * @module
 */
import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import {
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  MESSAGES,
  type ResolutionStatus,
  type RetuneInput,
  type RetuneOutcome,
  type SubmissionResolution,
} from '../contract';
import { workflowCommand } from '../export/quoting';
import { type DescribedRun, describeRun, stateText } from '../temporal/runs';
import { wasNotProcessed } from '../temporal/unreachable';
import { ExportError, isBatchId, isUnreachable, readable, toExportError, unreadable } from './errors';
import { type ExportReport, followExport } from './follow';
import { requireReadable, shortCall } from './temporal-calls';

/**
 * Sends the signal `pollNow`: check the job at once.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function pollNow(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.pollNow));
}

/**
 * Sends the signal `pausePolling`: the job is not polled any more, except by {@link pollNow}. Job and deadline run on.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function pausePolling(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.pausePolling));
}

/**
 * Sends the signal `resumePolling`: the job is polled at once, and on by the schedule.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function resumePolling(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.resumePolling));
}

/**
 * Changes options of a running export and returns what is in force from then on.
 *
 * @example await retuneExport(client, workflowId, { deadline: '+6h', maxInterval: '2m' })
 * @throws ExportError InvalidExportRequest, NotValidatedYet, NoWorker, NoSuchExport, ExportEnded, Unreadable, TemporalUnreachable;
 *   TemporalConfigurationError
 */
export async function retuneExport(client: Client, workflowId: string, changes: RetuneInput): Promise<RetuneOutcome> {
  return await update(client, workflowId, (handle) =>
    handle.executeUpdate<RetuneOutcome, [RetuneInput]>(MESSAGES.updates.retune, { args: [changes] }),
  );
}

/**
 * Asks the workflow to cancel. It stops tracking, or with `onCancel: 'drain'` follows the job to its end and deletes its
 * object; the cloud has no way to cancel the job itself.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function cancelExport(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.cancel());
}

/**
 * Answers an ambiguous submit: its job, which the export checks before it tracks it, or that there
 * is none, so that it submits again. What came of a named job is in the status, as `resolution`. A newer answer replaces an
 * older one.
 *
 * @throws ExportError NothingToResolve, InvalidExportRequest, NoWorker, NoSuchExport, ExportEnded, Unreadable, TemporalUnreachable;
 *   TemporalConfigurationError
 */
export async function resolveSubmission(
  client: Client,
  workflowId: string,
  resolution: SubmissionResolution,
): Promise<void> {
  await update(client, workflowId, (handle) =>
    handle.executeUpdate<void, [SubmissionResolution]>(MESSAGES.updates.resolveSubmission, { args: [resolution] }),
  );
}

const CHECK_INTERVAL_MS = 500;

/** @property ended the export has ended, so that nothing more comes of it */
export type CheckedResolution = ResolutionStatus & { ended: boolean };

/**
 * What became of the job that an answer named, once the export has checked it.
 *
 * @param limitMs how long to wait for it: `taken` is null when it is not decided then, or when the export has ended and left no
 *   word of it
 * @throws ExportError NoSuchExport, Unreadable, TemporalUnreachable; TemporalConfigurationError
 */
export async function untilChecked(
  client: Client,
  workflowId: string,
  jobId: string,
  limitMs = Number.POSITIVE_INFINITY,
): Promise<CheckedResolution> {
  const giveUpAtMs = Date.now() + limitMs;
  let last: CheckedResolution = { jobId, taken: null, objection: null, ended: false };
  for await (const report of followExport(client, workflowId, CHECK_INTERVAL_MS)) {
    last = { ...last, ...checkedJob(report, jobId), ended: report.closedAt !== null };
    if (last.taken !== null || Date.now() >= giveUpAtMs) break;
    if (report.statusUnreadable && !last.ended) throw unreadable(workflowId);
  }
  return last;
}

/** Null where neither memo nor status say anything of it, as where no worker answers, or an older one. */
function checkedJob({ memo, status }: ExportReport, jobId: string): ResolutionStatus | null {
  const tracked = status?.jobId ?? memo.jobId;
  const resolution = status?.resolution;
  if (tracked === jobId) return { jobId, taken: true, objection: null };
  if (tracked !== undefined) return { jobId, taken: false, objection: `the export tracks job ${tracked}` };
  if (!resolution) return null;
  if (resolution.jobId === jobId) return resolution;
  return { jobId, taken: false, objection: `a newer answer names job ${resolution.jobId}` };
}

/**
 * Sends something to a workflow that runs. A cancel or an update never reaches one that was started by that id meanwhile.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function steer<T>(
  client: Client,
  workflowId: string,
  send: (handle: WorkflowHandle) => Promise<T>,
  check: (run: DescribedRun) => Promise<void> = async () => {},
): Promise<T> {
  try {
    // Temporal refuses a signal to an ended workflow as if there were none, and takes a cancel of one without a word.
    const run = await shortCall(client, () => describeRun(client, workflowId));
    if (!STEERABLE.includes(run.type)) throw invalidType(run);
    if (run.closeTime !== undefined) throw ended(workflowId, stateText(run.status));
    await check(run);
    const handle = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: run.firstRunId });
    return await shortCall(client, () => send(handle)).catch((error: unknown) => {
      throw error instanceof WorkflowNotFoundError ? ended(workflowId, 'a moment ago') : error;
    });
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

const STEERABLE: readonly string[] = [EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW];

/** Its namespace may have workflows of other programs. */
function invalidType({ workflowId, type }: DescribedRun): ExportError {
  return new ExportError(
    'InvalidExportRequest',
    `${workflowId} is a workflow of type ${type}, not an export or a batch. \`ims-export list\` shows both.`,
  );
}

/** Sends an update to a workflow that runs, and waits for its answer. @throws ExportError NoWorker, Unreadable, and as {@link steer} */
export async function update<T>(
  client: Client,
  workflowId: string,
  send: (handle: WorkflowHandle) => Promise<T>,
): Promise<T> {
  const check = (run: DescribedRun) => requireReadable(client, run);
  return await steer(
    client,
    workflowId,
    (handle) =>
      answered(
        workflowId,
        processed(() => send(handle)),
      ),
    check,
  );
}

/** Of one update that the server takes back. More than a few are not to be expected. */
const MAX_SENT = 10;

/** Sends an update that the server has taken back once more. */
async function processed<T>(send: () => Promise<T>): Promise<T> {
  for (let sent = 1; ; sent += 1) {
    try {
      return await send();
    } catch (error) {
      if (sent === MAX_SENT || !wasNotProcessed(error)) throw error;
    }
  }
}

/** The server was there a moment ago: an update without an answer waits for a worker, which takes it when it comes. */
async function answered<T>(workflowId: string, update: Promise<T>): Promise<T> {
  try {
    return await readable(workflowId, update);
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    throw new ExportError(
      'NoWorker',
      `No worker answered for ${workflowId} in time. A worker may still do what you asked: check \`${workflowCommand('status', workflowId)}\` before you ask again.`,
      undefined,
      { cause: error },
    );
  }
}

/** @param how a word for its state, or when */
function ended(workflowId: string, how: string): ExportError {
  return new ExportError(
    'ExportEnded',
    `The ${isBatchId(workflowId) ? 'batch' : 'export'} ${workflowId} has ended (${how}). \`${workflowCommand('status', workflowId)}\` shows how, and what remains in the cloud.`,
  );
}
