/**
 * The earlier run of a workflow id, as its starter passes it in the memo: what it was, and what it may have left in the cloud.
 * It never decides whether an export is submitted.
 *
 * @module
 */
import { type EarlierExport, EXPORT_OUTCOMES, JOB_ID, type ObjectFormat, type RemoteJob } from '../contract';
import { attachCommand } from './guidance';
import { inMarkdown, oneLine } from './quoting';

const REMOTE_JOBS: readonly RemoteJob[] = ['none', 'running', 'ended', 'unknown'];

/** Reads what a memo says, which can be anything; null where it names no run. What cannot be read of it is null. */
export function readEarlier(value: unknown): EarlierExport | null {
  const said = (value ?? {}) as { [field in keyof EarlierExport]?: unknown };
  const runId = text(said.runId);
  if (runId === null) return null;
  const { size, etag, lastModified } = (said.object ?? {}) as { [field: string]: unknown };
  const isObject = typeof size === 'number' && typeof etag === 'string' && typeof lastModified === 'string';
  return {
    runId,
    outcome: EXPORT_OUTCOMES.find((outcome) => outcome === said.outcome) ?? null,
    remoteJob: REMOTE_JOBS.find((remoteJob) => remoteJob === said.remoteJob) ?? null,
    jobId: typeof said.jobId === 'string' && JOB_ID.test(said.jobId) ? said.jobId : null,
    fileFormat: text(said.fileFormat) as ObjectFormat | null,
    object: isObject ? { size, etag: oneLine(etag, MAX_TEXT), lastModified: oneLine(lastModified, MAX_TEXT) } : null,
    finishedAt: text(said.finishedAt),
  };
}

const MAX_TEXT = 100;

function text(value: unknown): string | null {
  return typeof value === 'string' ? oneLine(value, MAX_TEXT) || null : null;
}

/** True when its job may still run. One that was terminated, or timed out, could not say any more what it left. */
export function leftJob({ outcome, remoteJob, jobId }: EarlierExport): boolean {
  return outcome === null ? jobId !== null : remoteJob === 'running' || remoteJob === 'unknown';
}

/**
 * What it left, with the command that tracks it.
 *
 * @param of its image and destination; null where the caller has no use for that command
 */
export function describeEarlier(
  { outcome, jobId }: EarlierExport,
  of: { imageId: string; bucketUrl: string } | null,
): string {
  const job = jobId === null ? 'a job of unknown id' : `job ${inMarkdown(jobId)}`;
  const offer = jobId === null || of === null ? '' : ` \`${attachCommand(jobId, of)}\` tracks it.`;
  const how = outcome === null ? 'was terminated' : `ended as ${outcome}`;
  return `An earlier run to this destination ${how}. In the cloud, ${job} may still run.${offer}`;
}
