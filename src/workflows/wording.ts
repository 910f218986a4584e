/**
 * The words that people read in the Web UI: summaries of timers and activities, and the current details.
 *
 * @module
 */
import type { DiscardOutcome, ExportRequest, NotExecutedReason } from '../contract';
import { formatDuration } from './format-duration';
import { fractionDone, remainingMs } from './progress';
import { iso, stalled } from './status';
import type { Tracking } from './tracking';

/** `image d164b5df… → ims-image:centos7_5.qcow2 (qcow2)`. */
export function describeExport(request: ExportRequest): string {
  return `image ${request.imageId} → ${request.bucketUrl} (${describeFormat(request)})`;
}

/** `qcow2`, `zvhd2, quick export`, `format not known`. */
export function describeFormat(request: ExportRequest): string {
  const format = request.fileFormat ?? 'format not known';
  return request.isQuickExport ? `${format}, quick export` : format;
}

/** Where the job stands: `RUNNING 37 % - 3h 10m left`. */
export function describeProgress(tracking: Tracking, nowMs: number): string {
  if (tracking.paused) return `polling paused - last seen: ${describeJob(tracking, nowMs)}`;
  return describeJob(tracking, nowMs);
}

function describeJob(tracking: Tracking, nowMs: number): string {
  if (tracking.parked) return 'access denied';
  if (tracking.lastError !== null) return `poll failed (${tracking.lastError.code})`;
  const status = tracking.lastJob?.status ?? 'accepted';
  const fraction = fractionDone(tracking.progress);
  const leftMs = remainingMs(tracking.progress, nowMs);
  const percent = fraction === null ? '' : ` ${Math.floor(fraction * 100)} %`;
  const left = leftMs === null ? '' : ` - ${formatDuration(leftMs)} left`;
  return `${status}${percent}${left}`;
}

const WAITING_FOR: { [reason in NotExecutedReason]: string } = {
  throttled: 'the cloud throttles',
  imageBusy: 'another export of this image runs',
  unauthorized: 'there were no valid credentials',
  unreachable: 'the cloud was not reached',
  staleAttempt: 'no worker could submit',
};

/** Summary of the timer between two tries to submit. */
export function waitSummary(reason: NotExecutedReason, code: string, delayMs: number): string {
  return `waiting: ${WAITING_FOR[reason]} (${code}) - next try in ${formatDuration(delayMs)}`;
}

/** Summary of the timer between two polls: with one for each poll, the Timeline reads as a progress log. */
export function timerSummary(tracking: Tracking, nowMs: number): string {
  return `${describeProgress(tracking, nowMs)} - next check #${tracking.polls + 1}`;
}

/** The current details, as Markdown that the Web UI shows well: bold, headings, bullet lists and code, no tables. */
export function currentDetails(tracking: Tracking, nowMs: number): string {
  const { request } = tracking;
  if (request === null) return '**Validating** the request and the image. Nothing was submitted yet.';
  const lines = [`### ${headline(tracking, nowMs)}`, ''];
  lines.push(`- **Image** \`${request.imageId}\``);
  lines.push(`- **To** \`${request.bucketUrl}\` (${describeFormat(request)})`);
  if (tracking.jobId !== null) lines.push(`- **Job** \`${tracking.jobId}\``);
  lines.push(...speedLines(tracking, nowMs));
  if (tracking.nextPollAtMs !== null) {
    const next = tracking.jobId === null ? nextStep(tracking) : `**Next check** #${tracking.polls + 1}`;
    lines.push(`- ${next} at ${iso(tracking.nextPollAtMs)}`);
  }
  if (tracking.deadlineAtMs !== null && tracking.ended === null) {
    lines.push(`- **Deadline** ${iso(tracking.deadlineAtMs)}`);
  }
  if (tracking.lastError !== null && tracking.ended === null) {
    lines.push(`- **Last error** \`${tracking.lastError.code}\` ${tracking.lastError.message}`);
  }
  const failure = tracking.ended?.failure;
  if (failure) lines.push(`- **Why** \`${failure.type}\` ${failure.message}`);
  const found = tracking.lostSubmit?.candidate?.object;
  if (found) lines.push(`- **Found at the destination** ${found.size} bytes, last modified ${found.lastModified}`);
  for (const warning of tracking.warnings) lines.push(`- **Warning** ${warning}`);
  lines.push('', whatToDo(tracking, nowMs));
  return lines.join('\n');
}

/** How quickly the job moves, and when it will be done by that; nothing where that cannot be told. */
function speedLines(tracking: Tracking, nowMs: number): string[] {
  const fraction = fractionDone(tracking.progress);
  const leftMs = remainingMs(tracking.progress, nowMs);
  if (tracking.ended !== null || fraction === null || !leftMs) return [];
  const percentPerHour = ((1 - fraction) * 100 * 3_600_000) / leftMs;
  return [`- **Rate** ${percentPerHour.toPrecision(2)} % an hour, done about ${iso(nowMs + leftMs)}`];
}

function nextStep({ lostSubmit }: Tracking): string {
  return lostSubmit === null ? '**Next try**' : '**Next look**';
}

function headline(tracking: Tracking, nowMs: number): string {
  if (tracking.ended !== null) return `Ended: ${tracking.ended.outcome}`;
  switch (tracking.phase) {
    case 'waitingToSubmit':
      return `Waiting to submit - ${tracking.lastError?.code ?? 'the cloud is busy'}`;
    case 'submitting':
      return 'Submitting the export';
    case 'reconciling':
      return 'The answer to the submit was lost - finding out what became of it';
    case 'needsAnswer':
      return 'Needs an answer - was the export begun?';
    case 'verifying':
      return 'Job succeeded - verifying the object';
    case 'paused':
      return `Paused - ${describeProgress(tracking, nowMs)}`;
    case 'draining':
      return `Canceled, draining - ${tracking.jobId === null ? 'watching the destination' : describeProgress(tracking, nowMs)}`;
    case 'parked':
      return `Parked - the cloud denies access to the ${tracking.jobId === null ? 'destination' : 'job'}`;
    default:
      return `Exporting - ${describeProgress(tracking, nowMs)}`;
  }
}

function whatToDo(tracking: Tracking, nowMs: number): string {
  if (tracking.ended !== null) return whatRemains(tracking);
  if (tracking.phase === 'draining') {
    return 'Nothing to do: the cancel is obeyed once the job has ended and its object is deleted. To stop waiting for that, shorten the deadline with the update `retune`.';
  }
  if (tracking.phase === 'paused') {
    return 'Send the signal `resumePolling` to poll again, or `pollNow` to check once. The job and the deadline run on.';
  }
  if (tracking.phase === 'parked') {
    return "Mend the worker's credentials or their permissions, then send the signal `pollNow`. What runs in the cloud goes on.";
  }
  if (tracking.phase === 'needsAnswer') {
    return 'Look in the console of IMS for an export of this image. Then send the update `resolveSubmission` with `{"jobId": "…"}`, or with `{"notSubmitted": true}` to submit again.';
  }
  if (tracking.lostSubmit?.candidate) {
    return 'Nothing to do: an object is there, and it is seen whether it stays as it is. Nothing is submitted any more. If you know the job, send the update `resolveSubmission` with `{"jobId": "…"}`.';
  }
  if (tracking.lostSubmit?.busyUntilMs != null) {
    return 'Nothing to do: the image is being exported, by this export or by somebody else, so the destination is watched. If you know better, send the update `resolveSubmission` with `{"jobId": "…"}` or `{"notSubmitted": true}`.';
  }
  if (tracking.lostSubmit !== null) {
    return 'Nothing to do: it waits until the lost submit is surely over, then looks for the object. If you know better, send the update `resolveSubmission` with `{"jobId": "…"}` or `{"notSubmitted": true}`.';
  }
  if (stalled(tracking, nowMs)) {
    return 'The progress has not moved for a long time. Ask the cloud about the job; the export goes on until its deadline.';
  }
  if (tracking.jobId !== null) {
    return `Send the signal \`pollNow\` to check at once, or the update \`retune\` for another deadline. ${whatCancelDoes(tracking)}`;
  }
  return 'Nothing to do: the export goes on by itself.';
}

function whatCancelDoes({ request }: Tracking): string {
  return request?.options.onCancel === 'drain'
    ? 'Cancelling follows the job to its end and deletes its object.'
    : 'Cancelling stops the tracking; the job in the cloud goes on.';
}

function whatRemains(tracking: Tracking): string {
  if (tracking.discard !== null) return whatBecameOfTheObject(tracking.discard);
  switch (tracking.remoteJob) {
    case 'none':
      return 'No job was begun in the cloud.';
    case 'ended':
      return `The job \`${tracking.jobId}\` has ended in the cloud.`;
    case 'running':
      return `The job \`${tracking.jobId}\` goes on in the cloud; nothing tracks it any more.`;
    case 'unknown':
      return tracking.jobId === null
        ? 'Whether a job was begun in the cloud is not known: look for the object before you export again.'
        : `The job \`${tracking.jobId}\` may still run in the cloud; nothing tracks it any more.`;
  }
}

function whatBecameOfTheObject(discard: DiscardOutcome): string {
  switch (discard.kind) {
    case 'discarded':
      return 'The job has ended in the cloud, and its object was deleted.';
    case 'alreadyGone':
      return 'The job has ended in the cloud, and there was no object to delete.';
    case 'kept':
      return `The job has ended in the cloud. Its object was left where it is: ${discard.reason}.`;
  }
}
