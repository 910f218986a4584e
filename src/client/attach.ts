/**
 * Tracking a job that was started elsewhere.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import {
  type AttachExportInput,
  EXPORT_IMAGE_WORKFLOW,
  type ExportMemo,
  type ExportRequest,
  exportWorkflowId,
} from '../contract';
import { invalidField } from '../export/failures';
import { otherJobTracked } from '../export/failures/before-submit';
import { decide } from '../export/joining';
import { parseExportStart } from '../request/export';
import { listRuns, readMemo } from '../temporal/runs';
import { isInvalidArgument } from '../temporal/unreachable';
import { ExportError, toExportError } from './errors';
import { type ExportReport, readExport } from './follow';
import { foundByStatus, wantedBy } from './joining';
import { type StartedExport, type StartOptions, startExport } from './start';
import { reportStartProgress, startProgress } from './start-progress';
import { resolveSubmission, untilChecked } from './steer';
import { shortCall } from './temporal-calls';

/** How many exports are searched, newest first, for one that tracks the job: of its image, of those that run, and of the rest. */
const MAX_SEARCHED = { ofImage: 100, running: 200, ended: 100 };

/**
 * Tracks a job that was started elsewhere: by the console, or by an export that was canceled or lost. The job must be an
 * export of this image, and must not be tracked for another destination, or have been lately. A running export of the same
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
  const read = async () => startProgress(await readExport(client, workflowId));
  return await reportStartProgress(attach(client, input, options), read, onWaiting);
}

async function attach(client: Client, input: AttachExportInput, options: StartOptions): Promise<StartedExport> {
  const workflowId = exportWorkflowId(String(input?.bucketUrl));
  try {
    // What is wrong with the input is reported before Temporal is asked.
    const request = parseExportStart(input);
    const { jobId = '' } = request.attach ?? {};
    const own = await reportIfAny(client, workflowId);
    // What has begun it here needs no search.
    const isOwn = own?.memo.jobId === jobId && own.memo.attached !== true;
    if (!isOwn) await refuseJobOfOtherDestination(client, request, jobId);
    if (own !== null && seeksItsJob(own, request)) await nameItsJob(client, workflowId, jobId);
  } catch (error) {
    throw toExportError(error, workflowId);
  }
  const started = await startExport(client, input, options);
  if (started.jobId === input.attach.jobId) return started;
  throw toExportError(otherJobTracked(input, input.attach.jobId, started.jobId), workflowId);
}

/**
 * The cloud does not say where a job exports to, but an export that started or tracked it does. It is looked for among the
 * newest, those that run first, and where search attributes tell them among those of the image: of each the job id alone is
 * decoded.
 */
async function refuseJobOfOtherDestination(
  client: Client,
  { imageId, bucketUrl }: ExportRequest,
  jobId: string,
): Promise<void> {
  const exports = `WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'`;
  const newest = (query: string, limit: number) =>
    shortCall(client, () => listRuns(client, `${exports} AND ${query}`, limit));
  const found = await Promise.all([
    newest(`ImsExportImageId = '${imageId}'`, MAX_SEARCHED.ofImage).catch((error: unknown) => {
      // The namespace does not have the search attribute.
      if (isInvalidArgument(error)) return [];
      throw error;
    }),
    newest("ExecutionStatus = 'Running'", MAX_SEARCHED.running),
    newest("ExecutionStatus != 'Running'", MAX_SEARCHED.ended),
  ]);
  for (const run of found.flat()) {
    if ((await readMemo<ExportMemo>(client, run, ['jobId'])).value.jobId !== jobId) continue;
    const { value: memo } = await readMemo<ExportMemo>(client, run, ['bucketUrl', 'attached']);
    const isOther = memo.bucketUrl !== undefined && memo.bucketUrl !== bucketUrl;
    // One that only attached to it, and has ended, may have been a mistake.
    if (!isOther || (run.closeTime !== undefined && memo.attached === true)) continue;
    const expected = `${memo.bucketUrl}, the destination of job ${jobId} by ${run.workflowId}`;
    throw invalidField('bucketUrl', bucketUrl, expected);
  }
}

async function reportIfAny(client: Client, workflowId: string): Promise<ExportReport | null> {
  return await readExport(client, workflowId).catch((error: unknown) => {
    if (error instanceof ExportError && error.code === 'NoSuchExport') return null;
    throw error;
  });
}

function seeksItsJob({ status, closedAt }: ExportReport, request: ExportRequest): boolean {
  if (status === null || closedAt !== null) return false;
  // A job is of an image. Whether the format is the same, the start that follows compares.
  const wanted = { ...wantedBy(request), fileFormat: null };
  return decide('status', wanted, foundByStatus(status)) === 'nameJob';
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
