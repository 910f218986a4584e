/**
 * The current details, as the Web UI shows them on the tab User Metadata: a picture of the last step; the key R fetches a new one.
 *
 * @module
 */
import type { ExportStatus, ResolutionStatus } from '../contract';
import { describeEarlier, leftJob } from '../export/earlier';
import { guidanceOf, type Insight, inWebUi, nextPollLabel } from '../export/guidance';
import { codeSpan, inMarkdown } from '../export/quoting';
import { describeFormat } from '../export/summaries';
import { iso } from '../export/time';
import { attachedJobId, type Tracking } from './state';
import { statusOf } from './status';

/** Markdown that the Web UI shows well: bold, headings, bullet lists and code, no tables. */
export function currentDetails(tracking: Tracking, nowMs: number): string {
  const status = statusOf(tracking, nowMs);
  const { headline, why, actions } = guidanceOf(status, insightOf(tracking));
  const parts = [`### ${headline}`, factLines(tracking, status, nowMs).join('\n'), why];
  if (actions.length > 0) parts.push('**What you can do**', actions.map(inWebUi).join('\n'));
  return parts.filter(Boolean).join('\n\n');
}

function insightOf(tracking: Tracking): Insight {
  const { lastError, lostSubmit } = tracking.carried;
  const found = lostSubmit?.busyUntilMs == null ? 'nothing' : 'busyImage';
  return {
    errorCode: lastError?.code,
    found: lostSubmit?.candidate ? 'object' : found,
    attachedJobId: attachedJobId(tracking),
  };
}

function factLines(tracking: Tracking, status: ExportStatus, nowMs: number): string[] {
  const { request, lastError, lostSubmit } = tracking.carried;
  const { jobId, stalled, outcome, nextPollAt, deadlineAt, failure, resolution, earlier } = status;
  const lines = [];
  if (request !== null) {
    lines.push(`- **Image** ${codeSpan(request.imageId)}`);
    lines.push(`- **To** ${codeSpan(request.bucketUrl)} (${describeFormat(request)})`);
  }
  if (jobId !== null) lines.push(`- **Job** ${codeSpan(jobId)}${lastSeenText(status)}`);
  lines.push(...speedLines(status, nowMs));
  if (stalled) lines.push(`- **Stalled** ${sinceWhen(tracking)}`);
  if (nextPollAt !== null) lines.push(`- ${nextLine(status)} at ${clock(nextPollAt)}`);
  if (outcome === null && deadlineAt !== null) lines.push(`- **Deadline** ${clock(deadlineAt)}`);
  if (outcome === null && lastError !== null) {
    lines.push(`- **Last error** ${codeSpan(lastError.code)} ${inMarkdown(lastError.message)}`);
  }
  if (failure !== null) lines.push(`- **Why** ${codeSpan(failure.type)} ${inMarkdown(failure.message)}`);
  if (resolution?.objection != null)
    lines.push(`- **Job** ${codeSpan(resolution.jobId)} ${resolutionText(resolution)}`);
  if (earlier !== null && leftJob(earlier)) lines.push(`- **Earlier** ${describeEarlier(earlier, request)}`);
  const found = lostSubmit?.candidate?.object;
  if (found)
    lines.push(`- **Found at the destination** ${found.size} bytes, last modified ${inMarkdown(found.lastModified)}`);
  for (const warning of status.warnings) lines.push(`- **Warning** ${inMarkdown(warning)}`);
  return lines;
}

function resolutionText({ taken, objection }: ResolutionStatus): string {
  return `${taken === false ? 'was not taken' : 'is not confirmed yet'}: ${inMarkdown(objection ?? '')}`;
}

/** `, RUNNING at check #12`: after a check that failed, what an earlier one saw. */
function lastSeenText({ jobStatus, lastError, polls }: ExportStatus): string {
  if (jobStatus === null) return '';
  return `, ${inMarkdown(jobStatus)} ${lastError === null && polls > 0 ? `at check #${polls}` : 'when last seen'}`;
}

function sinceWhen({ carried: { progress } }: Tracking): string {
  const level = progress.at(-1);
  return level === undefined ? 'no progress was reported' : `no progress since ${clock(iso(level.atMs))}`;
}

/** How quickly the job moves, and when it will be done by that; nothing where that is not known, or the job is not polled. */
function speedLines({ progress, remainingMs, lastError, jobStatus, pollingPaused }: ExportStatus, nowMs: number) {
  const isFollowed = !pollingPaused && lastError === null && jobStatus === 'RUNNING';
  if (!isFollowed || progress === null || !remainingMs) return [];
  return [`- **Rate** ${rate(((1 - progress) * 100) / remainingMs)}, done about ${clock(iso(nowMs + remainingMs))}`];
}

/** `12 % an hour`, or of the shorter unit in which it is not too large a number. */
function rate(percentPerMs: number): string {
  const per = (ms: number) => Number((percentPerMs * ms).toPrecision(2));
  if (per(3_600_000) < 100) return `${per(3_600_000)} % an hour`;
  return per(60_000) < 100 ? `${per(60_000)} % a minute` : `${per(1_000)} % a second`;
}

/** `2026-11-25 14:00:47 UTC`, of ISO 8601. */
function clock(at: string): string {
  return at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

function nextLine(status: ExportStatus): string {
  const { jobId, polls, pollingPaused } = status;
  const check = jobId === null ? '' : ` #${polls + 1}${pollingPaused ? ' only' : ''}`;
  return `**${nextPollLabel(status)}**${check}`;
}
