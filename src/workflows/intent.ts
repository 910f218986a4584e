/**
 * What two callers mean by the same destination: joining a running export is right only for the same image and format.
 *
 * @module
 */
import { workflowInfo } from '@temporalio/workflow';
import { type ExportIntent, JOB_ID, type SubmissionResolution } from '../contract';
import { answerUnderWay, beingCanceled, destinationBusy, invalidField, nothingToResolve } from '../export/failures';
import {
  compareJobs,
  isSameImageAndFormat,
  type RunningExport,
  readAttachedJob,
  readImageAndFormat,
} from '../export/same-export';
import { iso } from '../export/time';
import type { Tracking } from './state';
import { isOfWorker } from './submission/next-step';

const INTENT = '{imageId} with fileFormat or isQuickExport, as in the input of the export';
const RESOLUTION = '{"jobId": "<id of the job>"} or {"notSubmitted": true}';

/** Throws DestinationBusy as the column `client` of `export/joining.ts` says. An intent without format fits any. */
export function refuseOtherIntent(tracking: Tracking, intent: ExportIntent): void {
  const imageAndFormat = readImageAndFormat(intent);
  if (imageAndFormat === undefined) throw invalidField('intent', intent, INTENT);
  const wanted = { ...imageAndFormat, jobId: intent.jobId };
  const running = runningExport(tracking);
  // An export of unreadable input fails by itself: the caller may wait for that failure.
  if (running === undefined) return;
  const { bucketUrl } = (tracking.carried.request ?? tracking.run.input) as { bucketUrl?: unknown };
  const context = { imageId: wanted.imageId, bucketUrl: typeof bucketUrl === 'string' ? bucketUrl : '' };
  const job = compareJobs(running, wanted, tracking.carried.lostSubmit !== null);
  // A caller that names its job helps a drain; any other would get an object that is about to be deleted.
  if (tracking.run.draining && job === 'unnamed')
    throw beingCanceled({ ...context, imageId: running.imageId }, running, true);
  if (!isSameImageAndFormat(running, wanted) || job === 'other' || job === 'none')
    throw destinationBusy(context, running, wanted);
}

function runningExport({
  carried: { request, jobId, startedAtMs },
  run: { input },
}: Tracking): RunningExport | undefined {
  const of = readImageAndFormat(request ?? input);
  return of && { ...of, jobId: jobId ?? readAttachedJob(input) ?? null, startedAt: iso(startedAtMs) };
}

/**
 * Throws when the answer cannot be read, or when there is no ambiguous submit.
 *
 * @param waits the answer waits until it is known whether there is one
 */
export function refuseResolution(tracking: Tracking, resolution: SubmissionResolution, waits = false): void {
  if (!isResolution(resolution)) throw invalidField('resolution', resolution, RESOLUTION);
  if (waits) return;
  const { carried, run } = tracking;
  if (carried.lostSubmit === null || run.ended !== null) throw nothingToResolve(carried.jobId, run.phase);
  // The worker knows the job that it has submitted; no person's word replaces that.
  if (isOfWorker(carried.resolution) && !isOfWorker(asSaidBy(tracking, resolution)))
    throw answerUnderWay(carried.resolution);
}

/** A run that has sent no submit of this export makes it the word of a person, which the cloud must confirm. */
export function asSaidBy({ carried }: Tracking, resolution: SubmissionResolution): SubmissionResolution {
  if (!isOfWorker(resolution)) return resolution;
  const { runId, firstExecutionRunId, originalExecutionRunId } = workflowInfo();
  const runs = [runId, firstExecutionRunId, originalExecutionRunId, ...(carried.lostSubmit?.runIds ?? [])];
  return runs.includes(resolution.runId) ? resolution : { jobId: resolution.jobId };
}

/** Either a job or that there is none: they contradict each other. */
function isResolution(resolution: unknown): boolean {
  if (typeof resolution !== 'object' || resolution === null) return false;
  const { jobId, runId, notSubmitted, ...others } = resolution as { [field: string]: unknown };
  if (Object.keys(others).length > 0) return false;
  if (jobId === undefined) return notSubmitted === true && runId === undefined;
  const isJob = typeof jobId === 'string' && JOB_ID.test(jobId.trim());
  return isJob && notSubmitted === undefined && (runId === undefined || (typeof runId === 'string' && runId !== ''));
}
