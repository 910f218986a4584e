/**
 * Tracking a job that was started elsewhere.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { type AttachExportInput, type ExportRequest, exportWorkflowId } from '../contract';
import { invalidField } from '../export/failures';
import { otherJobTracked } from '../export/failures/before-submit';
import { decide } from '../export/joining';
import { parseExportStart } from '../request/export';
import { ExportError, toExportError } from './errors';
import { listExports, readExport } from './follow';
import { foundByStatus, wantedBy } from './joining';
import { type StartedExport, type StartOptions, startExport } from './start';
import { reportStartProgress } from './start-progress';
import { resolveSubmission, untilChecked } from './steer';

/** The number of exports, newest first, that are searched for one that tracks the job. */
const ASKED_EXPORTS = 1_000;

/**
 * Tracks a job that was started elsewhere: by the console, or by an export that was canceled or lost. The job must be an
 * export of this image, and must not be tracked, or have been, for another destination. A running export of the same
 * image and destination that searches for the job of an ambiguous submit gets this job as the answer.
 *
 * @throws ExportError InvalidExportRequest when the job is of another image, type or destination, or not known;
 *   DestinationBusy when another job is tracked there, and as {@link startExport}
 * @example
 * ```ts
 * const { result } = await attachExport(client, { imageId, bucketUrl: 'ims-image:a.qcow2', attach: { jobId } });
 * ```
 */
export async function attachExport(
  client: Client,
  input: AttachExportInput,
  { onWaiting, ...options }: StartOptions = {},
): Promise<StartedExport> {
  const workflowId = exportWorkflowId(String(input?.bucketUrl));
  return await reportStartProgress(client, workflowId, attach(client, input, options), onWaiting);
}

async function attach(client: Client, input: AttachExportInput, options: StartOptions): Promise<StartedExport> {
  const workflowId = exportWorkflowId(String(input?.bucketUrl));
  try {
    // What is wrong with the input is reported before Temporal is asked.
    const request = parseExportStart(input);
    const jobId = request.attach?.jobId ?? '';
    await refuseJobOfOtherDestination(client, jobId, input.bucketUrl);
    if (await seeksItsJob(client, workflowId, request)) await nameItsJob(client, workflowId, jobId);
  } catch (error) {
    throw toExportError(error, workflowId);
  }
  const started = await startExport(client, input, options);
  if (started.jobId === input.attach.jobId) return started;
  throw toExportError(otherJobTracked(input, input.attach.jobId, started.jobId), workflowId);
}

/** The cloud does not say where a job exports to, but an export that started or tracked it does. */
async function refuseJobOfOtherDestination(client: Client, jobId: string, bucketUrl: string): Promise<void> {
  const exports = await listExports(client, ASKED_EXPORTS);
  // One that only attached to it, and has ended, may have been a mistake.
  const other = exports.find(
    ({ memo, closedAt }) =>
      memo.jobId === jobId && memo.bucketUrl !== bucketUrl && (closedAt === null || memo.attached !== true),
  );
  if (other === undefined) return;
  throw invalidField(
    'bucketUrl',
    bucketUrl,
    `${other.memo.bucketUrl}, the destination of job ${jobId} by ${other.workflowId}`,
  );
}

async function seeksItsJob(client: Client, workflowId: string, request: ExportRequest): Promise<boolean> {
  const report = await readExport(client, workflowId).catch((error: unknown) => {
    if (error instanceof ExportError && error.code === 'NoSuchExport') return null;
    throw error;
  });
  if (report === null || report.status === null || report.closedAt !== null) return false;
  // A job is of an image. Whether the format is the same, the start that follows compares.
  const wanted = { ...wantedBy(request), fileFormat: null };
  return decide('status', wanted, foundByStatus(report.status)) === 'nameJob';
}

/** Names the job to the export and waits until it has confirmed or refused it. */
async function nameItsJob(client: Client, workflowId: string, jobId: string): Promise<void> {
  try {
    await resolveSubmission(client, workflowId, { jobId });
  } catch (error) {
    // It has learnt of its job meanwhile: the start that follows compares.
    if (error instanceof ExportError && error.code === 'NothingToResolve') return;
    throw error;
  }
  const { taken, objection } = await untilChecked(client, workflowId, jobId);
  if (taken === false) {
    throw invalidField('attach.jobId', jobId, `the job of the export that runs. It was not taken: ${objection}`);
  }
}
