/**
 * Summaries: lines that stand beside timers and activities on the Timeline, and in messages.
 *
 * @module
 */
import {
  BATCH_VERDICTS,
  type BatchCounts,
  type ExportRequest,
  type ExportSettings,
  type NotExecutedReason,
} from '../contract';
import { cutInTheMiddle, forTerminal, inMarkdown } from './quoting';
import { formatDuration } from './time';

/** What is exported where. */
type Described = Pick<ExportRequest, 'imageId' | 'bucketUrl' | 'fileFormat' | 'isQuickExport'>;

/** What is known of an export before it is started. */
export interface StartedWith extends Described, Pick<ExportRequest, 'attach'> {
  options: Pick<ExportSettings, 'onCancel'>;
}

/** `image d164b5df… → ims-image:centos7_5.qcow2 (qcow2)`. */
export function describeExport(request: Described): string {
  return `image ${request.imageId} → ${request.bucketUrl} (${describeFormat(request)})`;
}

/** `qcow2`, `zvhd2, quick export`, `format not known`. */
export function describeFormat(request: Pick<Described, 'fileFormat' | 'isQuickExport'>): string {
  const format = request.fileFormat ?? 'format not known';
  return request.isQuickExport ? `${format}, quick export` : format;
}

/** The same in at most 200 bytes, whatever the key. */
function summarizeExport(request: Described): string {
  return describeExport({ ...request, bucketUrl: shortDestination(request) });
}

/** Summary of the workflow: one line, at most 200 bytes, which its starter gives it. */
export function startSummary(request: StartedWith): string {
  return `${request.attach === null ? 'Export' : 'Track a job:'} ${summarizeExport(request)}`;
}

/** Summary of the submit. The image stands beside the Timeline anyway, as the input. */
export function submitSummary(request: ExportRequest): string {
  return `submit to ${shortDestination(request)} (${describeFormat(request)})`;
}

/** The Timeline cuts a label, an activity's name in it, after 120 characters; a static summary has 200 bytes. */
const SHORT_DESTINATION_BYTES = 70;

/** The destination, of a long one the beginning and the end: `ims-image:exports/2026/very-…/centos7_5.qcow2`. */
export function shortDestination({ bucketUrl }: Pick<ExportRequest, 'bucketUrl'>): string {
  return inLabel(bucketUrl, SHORT_DESTINATION_BYTES);
}

/** Words of others in a label: Markdown, as a static summary is shown, and short whatever they are. */
export function inLabel(words: string, bytes: number): string {
  // A run of backticks would take a fence that is longer still.
  return inMarkdown(cutInTheMiddle(forTerminal(words).replace(/`+/g, '`'), bytes));
}

const WORD_BYTES = 40;

/** What is known of a job, as far as a line of the Timeline says it. */
export interface JobSeen {
  /** No worker took the last poll. */
  noWorker: boolean;
  parked: boolean;
  paused: boolean;
  polls: number;
  /** What the last poll failed with; null after a good one. */
  lastError: { code: string } | null;
  /** The last status that the cloud reported; null before the first. */
  jobStatus: string | null;
  /** 0..1; null when the cloud reports none. */
  fraction: number | null;
  /** Milliseconds by the recent rate; null without credible progress. */
  remainingMs: number | null;
}

/** Where the job stands: `RUNNING 37 % - 3 h 10 min left`. */
export function describeProgress(seen: JobSeen): string {
  if (seen.noWorker) return `no worker took the check, ${lastSeen(seen)} before`;
  if (seen.parked) return 'access denied';
  if (seen.lastError !== null) return `poll failed (${inLabel(seen.lastError.code, WORD_BYTES)})`;
  const left = seen.remainingMs === null ? '' : ` - ${formatDuration(seen.remainingMs)} left`;
  return `${lastSeen(seen)}${left}`;
}

/** `37 %` with what stands before it, or nothing where the cloud reports none. */
export function percent(fraction: number | null, before = ''): string {
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
  return `waiting: ${WAITING_FOR[reason]} (${inLabel(code, WORD_BYTES)}) - next try in ${formatDuration(delayMs)}`;
}

/** Summary of the timer between two polls: with one for each poll, the Timeline reads as a progress log. */
export function timerSummary(seen: JobSeen): string {
  const next = `check #${seen.polls + 1}`;
  if (seen.paused) return `paused at ${lastSeen(seen)} - ${next} only before the deadline`;
  return `${describeProgress(seen)} - next ${next}`;
}

/** The last status of the job, without an estimate that grows old: `RUNNING 37 %`. No dash after a blank one begins a list. */
function lastSeen({ jobStatus, fraction }: JobSeen): string {
  return `${inLabel(jobStatus ?? '', WORD_BYTES) || 'accepted'}${percent(fraction, ' ')}`;
}

/** Why there can be no export by the id of its destination. @param which the id, as the subject of the sentence */
export function takenIdText(which: string, workflowType: string): string {
  return `${which} was taken by a workflow of type ${workflowType}, which is not an export. Choose another object key.`;
}

/** `118 succeeded, 2 failed`, of the verdicts that there are; nothing where there is none yet. */
export function describeCounts(counts: Partial<BatchCounts>): string {
  return BATCH_VERDICTS.flatMap((verdict) => (counts[verdict] ? [`${counts[verdict]} ${verdict}`] : [])).join(', ');
}
