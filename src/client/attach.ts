/**
 * Tracking a job that was begun elsewhere.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { type AttachExportInput, type ExportPhase, exportWorkflowId } from '../contract';
import { notTakenText } from '../export/summaries';
import { parseExportStart } from '../request/export';
import { ExportError, toExportError } from './errors';
import { followExport, listExports, readExport } from './follow';
import { type StartedExport, type StartOptions, startExport } from './start';
import { reportStartProgress } from './start-progress';
import { resolveSubmission } from './steer';

/** So many exports, newest first, are asked whether they track the job. */
const ASKED_EXPORTS = 1_000;

/**
 * Tracks a job that was begun elsewhere: by the console, or by an export that was canceled or lost. The job must be an
 * export of this image, and must not be tracked, or have been, for another destination. A running export of the same
 * image and destination that does not know what became of its submit is told that it is this job.
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
    // Whatever is wrong with it is told before anything is asked.
    const jobId = parseExportStart(input).attach?.jobId ?? '';
    await refuseJobOfOtherDestination(client, jobId, input.bucketUrl);
    if (await looksForItsJob(client, workflowId, input.imageId)) await tellItsJob(client, workflowId, jobId);
  } catch (error) {
    throw toExportError(error, workflowId);
  }
  const started = await startExport(client, input, options);
  if (started.jobId === input.attach.jobId) return started;
  throw new ExportError(
    'DestinationBusy',
    `${input.bucketUrl} is the destination of job ${started.jobId}, which is tracked by ${workflowId}, not of job ${input.attach.jobId}.`,
    { imageId: input.imageId, bucketUrl: input.bucketUrl },
  );
}

/** Phases of an export that may look for the job of a lost submit. */
const LOOKING_PHASES: ReadonlySet<ExportPhase> = new Set(['reconciling', 'needsAnswer', 'parked', 'draining']);

/** The cloud does not tell where a job exports to, but an export that began it, or tracked it, does. */
async function refuseJobOfOtherDestination(client: Client, jobId: string, bucketUrl: string): Promise<void> {
  const exports = await listExports(client, ASKED_EXPORTS);
  // One that only attached to it, and has ended, may have been a mistake.
  const other = exports.find(
    ({ memo, closedAt }) =>
      memo.jobId === jobId && memo.bucketUrl !== bucketUrl && (closedAt === null || memo.attached !== true),
  );
  if (other === undefined) return;
  throw invalid(
    'bucketUrl',
    bucketUrl,
    `${other.memo.bucketUrl}, the destination of job ${jobId} by ${other.workflowId}`,
  );
}

async function looksForItsJob(client: Client, workflowId: string, imageId: string): Promise<boolean> {
  const report = await readExport(client, workflowId).catch((error: unknown) => {
    if (error instanceof ExportError && error.code === 'NoSuchExport') return null;
    throw error;
  });
  const { status, closedAt } = report ?? {};
  const knowsNoJob = status?.jobId === null && LOOKING_PHASES.has(status.phase);
  return closedAt === null && knowsNoJob && status.imageId === imageId.toLowerCase();
}

/** Names the job to the export and waits until it has looked at it. */
async function tellItsJob(client: Client, workflowId: string, jobId: string): Promise<void> {
  await resolveSubmission(client, workflowId, { jobId });
  for await (const { status } of followExport(client, workflowId, 500)) {
    if (status?.jobId) return;
    const refusal = status?.warnings.find((warning) => warning.includes(notTakenText(jobId)));
    if (refusal !== undefined) throw invalid('attach.jobId', jobId, `the job of the export that runs. ${refusal}`);
  }
}

function invalid(field: string, found: string, expected: string): ExportError {
  const problem = { field, value: JSON.stringify(found), expected };
  return new ExportError(
    'InvalidExportRequest',
    `Invalid export request: ${field} is ${problem.value}; expected ${expected}`,
    { ...problem, problems: [problem] },
  );
}
