/**
 * An earlier success at the destination of an export. A history says what was exported, not what is there now: before it is
 * answered with, the object is compared.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type EarlierExport,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageResult,
  type ExportMemo,
  type ExportRequest,
  exportWorkflowId,
} from '../contract';
import { leftJob } from '../export/earlier';
import { earlierRun } from '../export/earlier-run';
import { decide } from '../export/joining';
import type { ObjectInfo } from '../huaweicloud';
import { listRuns, type Run, readMemo } from '../temporal/runs';
import { isUnreachable, textOf } from '../temporal/unreachable';
import type { Reading } from './preflight/facts';

const CALL_LIMIT_MS = 5_000;

/** What is at the destination, compared with the object of the earlier success. */
export type Found =
  /** The same object: of what was asked for, or of another image, format or job. */
  | { kind: 'same'; result: ExportImageResult }
  | { kind: 'sameOfOther'; result: ExportImageResult }
  /** It cannot be read now, or was not read then. */
  | { kind: 'unreadable'; result: ExportImageResult }
  /** Another object, or none. */
  | { kind: 'changed' | 'gone' }
  /** No earlier success that this request could be answered with. */
  | { kind: 'nothing' };

/** @param destination what was read there just now */
export function compare(
  request: ExportRequest,
  result: ExportImageResult | null,
  destination: Reading<{ object: ObjectInfo | null }>,
): Found {
  if (result === null) return { kind: 'nothing' };
  const { imageId, fileFormat, attach } = request;
  const answer = decide('run', { imageId, fileFormat, jobId: attach?.jobId }, { state: 'succeeded', of: result });
  const isMeant = answer === 'earlierResult';
  if (destination.kind === 'refused') {
    // A bucket of that name in another region is another bucket.
    const isMoved = destination.code === 'PermanentRedirect';
    return isMeant && !isMoved ? unreadable(result, destination.text) : { kind: 'nothing' };
  }
  const { object } = destination.value;
  if (object === null) return { kind: isMeant ? 'gone' : 'nothing' };
  if (result.object === null) {
    return isMeant ? unreadable(result, 'its object was not read then either') : { kind: 'nothing' };
  }
  const isSame = object.etag === result.object.etag && object.size === result.object.size;
  if (isSame && isMeant) return { kind: 'same', result: { ...result, verification: { state: 'verified' } } };
  if (isSame) return { kind: 'sameOfOther', result };
  return { kind: isMeant ? 'changed' : 'nothing' };
}

/** The earlier result as of its date. It keeps its object, for the next run to compare. */
export function unreadable(result: ExportImageResult, why: string): Extract<Found, { kind: 'unreadable' }> {
  const reason = `as of ${result.finishedAt}: the object of that earlier export could not be read again (${why})`;
  return { kind: 'unreadable', result: { ...result, verification: { state: 'skipped', reason } } };
}

/**
 * The result of the last success at a destination; null when there is none that can be read.
 *
 * @param earlier the earlier run that the starter found; when it was no success, or none was found, Temporal is asked
 * @throws ApplicationFailure TemporalUnavailable, retryable, while Temporal cannot be asked
 */
export async function lastSuccess(
  { bucketUrl }: ExportRequest,
  earlier: EarlierExport | null,
): Promise<ExportImageResult | null> {
  const workflowId = exportWorkflowId(bucketUrl);
  const runId = earlier?.outcome === 'succeeded' ? earlier.runId : await lastCompletedRun(workflowId);
  if (runId === null) return null;
  const { client } = Context.current();
  const result = await asked(() => client.workflow.getHandle(workflowId, runId).result());
  return isResult(result) ? result : null;
}

/** How many runs back a job is searched for that was left. */
const MAX_RUNS_BACK = 10;

/**
 * The last run of an export of this image to this destination that has left a job, where none has succeeded since: for a starter
 * that looks for no earlier run, as a batch. Null also where Temporal does not answer: it is only named in a message.
 */
export async function lastLeftJob({ imageId, bucketUrl }: ExportRequest): Promise<EarlierExport | null> {
  const runs = await endedRuns(exportWorkflowId(bucketUrl), ENDED, MAX_RUNS_BACK).catch(() => []);
  const endedJobs = new Set<string>();
  for (const run of runs) {
    const { value: memo, unreadable } = await readMemo<ExportMemo>(Context.current().client, run);
    const read = earlierRun({ ...run, memo, unreadable });
    if (read === null) continue;
    const { outcome, remoteJob, jobId } = read.earlier;
    if (outcome === 'succeeded') return null;
    if (jobId !== null && remoteJob === 'ended') endedJobs.add(jobId);
    // A later run may have attached to its job.
    const isOver = jobId !== null && endedJobs.has(jobId);
    if (leftJob(read.earlier) && !isOver) return read.imageId === imageId ? read.earlier : null;
  }
  return null;
}

/** A run that continued as new has no outcome of its own, and its job is that of the next run. */
const ENDED = "!= 'Running' AND ExecutionStatus != 'ContinuedAsNew'";

async function lastCompletedRun(workflowId: string): Promise<string | null> {
  const [last] = await endedRuns(workflowId, "= 'Completed'", 1);
  return last?.runId ?? null;
}

/** Newest first. */
async function endedRuns(workflowId: string, status: string, limit: number): Promise<Run[]> {
  // The cloud exports to no key with one of these, and they would end the text of the query.
  if (/['"\\]/.test(workflowId)) return [];
  const query = `WorkflowId = '${workflowId}' AND WorkflowType = '${EXPORT_IMAGE_WORKFLOW}' AND ExecutionStatus ${status}`;
  const runs = (await asked(() => listRuns(Context.current().client, query, limit))) ?? [];
  // One that is paused in Temporal goes on; servers that cannot pause refuse a query that names this status.
  return runs.filter(({ closeTime }) => closeTime !== undefined);
}

/** Null for what Temporal refuses to show, knows no more, or shows in a form that cannot be decoded. */
async function asked<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await Context.current().client.withDeadline(Date.now() + CALL_LIMIT_MS, call);
  } catch (error) {
    if (!isUnreachable(error)) return null;
    const message = `Could not read whether there was an earlier export to this destination: ${textOf(error)}`;
    throw ApplicationFailure.create({ type: 'TemporalUnavailable', message });
  }
}

/** A workflow of that type may have been of any version, or of others. */
function isResult(value: unknown): value is ExportImageResult {
  const { imageId, verdict, finishedAt, object } = (value ?? {}) as { [field: string]: unknown };
  if (typeof imageId !== 'string' || verdict !== 'succeeded' || typeof finishedAt !== 'string') return false;
  const { size, etag } = (object ?? {}) as { [field: string]: unknown };
  return object === null || (typeof size === 'number' && typeof etag === 'string');
}
