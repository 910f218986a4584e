/**
 * The words of summaries: lines that stand beside timers and activities on the Timeline, and in messages.
 *
 * @module
 */
import type { ExportRequest, NotExecutedReason } from '../contract';
import { formatDuration } from './format-duration';
import { fractionDone, remainingMs } from './progress';
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

/** The same in at most 200 bytes, whatever the key. */
export function summarizeExport(request: ExportRequest): string {
  return describeExport({ ...request, bucketUrl: shortDestination(request) });
}

/** Summary of the submit. The image stands beside the Timeline anyway, as the input. */
export function submitSummary(request: ExportRequest): string {
  return `submit to ${shortDestination(request)} (${describeFormat(request)})`;
}

/** The Timeline cuts a label, an activity's name in it, after 120 characters; a static summary has 200 bytes. */
const SHORT_DESTINATION_BYTES = 70;

/** The destination, of a long one the beginning and the end: `ims-image:exports/2026/very-…/centos7_5.qcow2`. */
export function shortDestination({ bucketUrl }: Pick<ExportRequest, 'bucketUrl'>): string {
  const characters = [...bucketUrl];
  if (bytesOf(bucketUrl) <= SHORT_DESTINATION_BYTES) return bucketUrl;
  const half = (SHORT_DESTINATION_BYTES - bytesOf('…')) / 2;
  const start = fitting(characters, half);
  const end = fitting(characters.reverse(), half).reverse();
  return `${start.join('')}…${end.join('')}`;
}

function fitting(characters: string[], bytes: number): string[] {
  let count = 0;
  for (let left = bytes - bytesOf(characters[0] ?? ''); left >= 0; left -= bytesOf(characters[count] ?? '')) count += 1;
  return characters.slice(0, count);
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Where the job stands: `RUNNING 37 % - 3h 10m left`. */
export function describeProgress(tracking: Tracking, nowMs: number): string {
  if (tracking.parked) return 'access denied';
  if (tracking.lastError !== null) return `poll failed (${tracking.lastError.code})`;
  const status = tracking.lastJob?.status ?? 'accepted';
  const leftMs = remainingMs(tracking.progress, nowMs);
  const left = leftMs === null ? '' : ` - ${formatDuration(leftMs)} left`;
  return `${status}${percent(tracking, ' ')}${left}`;
}

/** `37 %` with what stands before it, or nothing where the cloud told none. */
export function percent({ progress }: Tracking, before = ''): string {
  const fraction = fractionDone(progress);
  return fraction === null ? '' : `${before}${Math.floor(fraction * 100)} %`;
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
  const next = `check #${tracking.polls + 1}`;
  if (tracking.paused) return `paused at ${lastSeen(tracking)} - ${next} only before the deadline`;
  return `${describeProgress(tracking, nowMs)} - next ${next}`;
}

/** The last that the cloud told of the job, without an estimate that grows old: `RUNNING 37 %`. */
function lastSeen(tracking: Tracking): string {
  return `${tracking.lastJob?.status ?? 'accepted'}${percent(tracking, ' ')}`;
}

/** By which a warning says of a job that it was not taken; whoever named it looks for these words. */
export function notTakenText(jobId: string): string {
  return `job ${jobId}, which was not taken`;
}

/** The command that tracks a job again, ready to be typed. */
export function attachCommand(
  jobId: string,
  { imageId, bucketUrl }: Pick<ExportRequest, 'imageId' | 'bucketUrl'>,
  { isQuickExport, fileFormat }: Partial<Pick<ExportRequest, 'isQuickExport' | 'fileFormat'>> = {},
): string {
  const known = fileFormat ? ` --format ${fileFormat}` : '';
  const format = isQuickExport ? ' --quick' : known;
  return `ims-export attach --job ${jobId} --image ${imageId} --to ${bucketUrl}${format}`;
}
