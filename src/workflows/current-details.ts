/**
 * The current details: what a person reads in the Web UI on the tab User Metadata. In ten seconds they tell what is exported
 * where, how far it is, what it waits for and what to press. They are a picture of the last step; the key R fetches a new one.
 *
 * @module
 */
import type { DiscardOutcome } from '../contract';
import { oneLine } from '../export/quoting';
import { attachCommand, describeFormat, percent } from '../export/summaries';
import { formatDuration, iso } from '../export/time';
import { fractionDone, remainingMs } from './progress';
import { stalled } from './status';
import { attachedJobId, type Tracking } from './tracking';

/** Markdown that the Web UI shows well: bold, headings, bullet lists and code, no tables. */
export function currentDetails(tracking: Tracking, nowMs: number): string {
  const { request, ended } = tracking;
  if (request === null && ended === null) {
    return '### Validating the request and the image\n\nNothing was submitted yet.';
  }
  const lines = [`### ${headline(tracking, nowMs)}`, '', ...factLines(tracking, nowMs)];
  for (const warning of tracking.warnings) lines.push(`- **Warning** ${oneLine(warning)}`);
  const explanation = explain(tracking);
  if (explanation !== null) lines.push('', explanation);
  const actions = whatToPress(tracking);
  if (actions.length > 0) lines.push('', '**What you can do**', '', ...actions.map((action) => `- ${action}`));
  return lines.join('\n');
}

function factLines(tracking: Tracking, nowMs: number): string[] {
  const { request, ended, lastError, nextPollAtMs, deadlineAtMs } = tracking;
  const lines = [];
  if (request !== null) {
    lines.push(`- **Image** \`${request.imageId}\``);
    lines.push(`- **To** \`${request.bucketUrl}\` (${describeFormat(request)})`);
  }
  if (tracking.jobId !== null) lines.push(`- **Job** \`${tracking.jobId}\`${jobSeen(tracking)}`);
  lines.push(...speedLines(tracking, nowMs));
  if (stalled(tracking, nowMs)) lines.push(`- **Stalled** ${sinceWhen(tracking)}`);
  if (ended === null && nextPollAtMs !== null) lines.push(`- ${nextStep(tracking)} at ${clock(nextPollAtMs)}`);
  if (ended === null && deadlineAtMs !== null) lines.push(`- **Deadline** ${clock(deadlineAtMs)}`);
  if (ended === null && lastError !== null) {
    lines.push(`- **Last error** \`${lastError.code}\` ${oneLine(lastError.message)}`);
  }
  if (ended?.failure) lines.push(`- **Why** \`${ended.failure.type}\` ${oneLine(ended.failure.message)}`);
  const found = tracking.lostSubmit?.candidate?.object;
  if (found) lines.push(`- **Found at the destination** ${found.size} bytes, last modified ${found.lastModified}`);
  return lines;
}

/** `, RUNNING at check #12`: after a check that failed, what an earlier one saw. */
function jobSeen({ lastJob, lastError, polls }: Tracking): string {
  if (lastJob === null) return '';
  return `, ${lastJob.status} ${lastError === null && polls > 0 ? `at check #${polls}` : 'when last seen'}`;
}

function sinceWhen({ progress }: Tracking): string {
  const level = progress.at(-1);
  return level === undefined ? 'no progress was ever told' : `no progress since ${clock(level.atMs)}`;
}

/** How quickly the job moves, and when it will be done by that; nothing where that cannot be told, or is not looked at. */
function speedLines(tracking: Tracking, nowMs: number): string[] {
  const fraction = fractionDone(tracking.progress);
  const leftMs = remainingMs(tracking.progress, nowMs);
  const isSeen = tracking.lastError === null && tracking.lastJob?.status === 'RUNNING';
  const isFollowed = tracking.ended === null && !tracking.paused && isSeen;
  if (!isFollowed || fraction === null || !leftMs) return [];
  return [`- **Rate** ${rate(((1 - fraction) * 100) / leftMs)}, done about ${clock(nowMs + leftMs)}`];
}

/** `12 % an hour`, or of the shorter unit in which it is not too large a number. */
function rate(percentPerMs: number): string {
  for (const [unit, ms] of [
    ['an hour', 3_600_000],
    ['a minute', 60_000],
  ] as const) {
    const value = percentPerMs * ms;
    if (value < 100) return `${Number(value.toPrecision(2))} % ${unit}`;
  }
  return `${Number((percentPerMs * 1000).toPrecision(2))} % a second`;
}

/** `2026-11-25 14:00:47 UTC`. */
function clock(atMs: number): string {
  return iso(atMs)
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC');
}

function nextStep({ jobId, paused, polls, lostSubmit }: Tracking): string {
  if (jobId === null) return lostSubmit === null ? '**Next try**' : '**Next look**';
  return paused ? `**Next check** #${polls + 1} only` : `**Next check** #${polls + 1}`;
}

function headline(tracking: Tracking, nowMs: number): string {
  const { ended, jobId } = tracking;
  if (ended !== null) return `Ended: ${ended.outcome} after ${formatDuration(ended.atMs - tracking.startedAtMs)}`;
  switch (tracking.phase) {
    case 'validating':
      return 'Looking at the job before it is tracked';
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
      return `Polling is paused${percent(fractionDone(tracking.progress), ' - last seen at ')}`;
    case 'draining':
      return `Canceled, draining - ${jobId === null ? 'watching the destination' : howFar(tracking, nowMs)}`;
    case 'parked':
      return `Parked - the cloud denies access to the ${jobId === null ? 'destination' : 'job'}`;
    default:
      return `Exporting - ${howFar(tracking, nowMs)}`;
  }
}

/** `37 % done, 3h 10m left`; after a failed check, how far the job was before. */
function howFar(tracking: Tracking, nowMs: number): string {
  if (tracking.lastError !== null)
    return `the last check failed${percent(fractionDone(tracking.progress), ', ')}${percent(fractionDone(tracking.progress)) && ' before'}`;
  if (stalled(tracking, nowMs)) return `stalled${percent(fractionDone(tracking.progress), ' at ')}`;
  const leftMs = remainingMs(tracking.progress, nowMs);
  const left = leftMs === null ? '' : `, ${formatDuration(leftMs)} left`;
  return percent(fractionDone(tracking.progress)) === ''
    ? 'just begun'
    : `${percent(fractionDone(tracking.progress))} done${left}`;
}

/** What is waited for and why, where the headline does not say it all. */
function explain(tracking: Tracking): string | null {
  const { ended, lostSubmit } = tracking;
  if (ended !== null) return whatRemains(tracking);
  switch (tracking.phase) {
    case 'draining':
      return tracking.jobId === null
        ? 'The cancel is obeyed once it is known what became of the submit.'
        : 'The cancel is obeyed once the job has ended and its object is deleted.';
    case 'paused':
      return 'Nobody looks at the job now. The job and the deadline run on.';
    case 'parked':
      return "What runs in the cloud goes on. Mend the worker's credentials or their permissions, then check again.";
    case 'needsAnswer':
      return 'Look in the console of IMS for an export of this image, then answer.';
    case 'waitingToSubmit':
      return tracking.remoteJob === 'none' ? 'No job was begun yet; it is tried again by itself.' : null;
  }
  if (lostSubmit?.candidate) {
    return 'An object is there, and it is seen whether it stays as it is. Nothing is submitted any more.';
  }
  if (lostSubmit?.busyUntilMs != null) {
    return 'The image is being exported, by this export or by somebody else, so the destination is watched.';
  }
  if (lostSubmit !== null) return 'It waits until the lost submit is surely over, then looks for the object.';
  return null;
}

/** The buttons and messages that do something now, the likeliest first. */
function whatToPress(tracking: Tracking): string[] {
  const { ended, phase, jobId, lostSubmit } = tracking;
  if (ended !== null) return toTrackAgain(tracking);
  // An object that may be ours rules a further submit out, unless a person is asked for.
  const maySubmitAgain = phase === 'needsAnswer' || !lostSubmit?.candidate;
  const answer = [
    '**Say that it was begun**: update `resolveSubmission` with `{"jobId": "…"}`',
    ...(maySubmitAgain ? ['**Say that it was not**: update `resolveSubmission` with `{"notSubmitted": true}`'] : []),
  ];
  const later = '**Wait longer**: update `retune` with `{"deadline": "+6h"}`';
  switch (phase) {
    case 'validating':
      return ['**Look now**: signal `pollNow`', '**Give up**: Request Cancellation; the job in the cloud goes on'];
    case 'verifying':
    case 'submitting':
      return [];
    case 'draining':
      return [
        ...(tracking.paused ? ['**Go on**: the polling is paused; signal `resumePolling`'] : []),
        '**Wait less**: update `retune` with a shorter `deadline`',
      ];
    case 'needsAnswer':
    case 'reconciling':
      return [...answer, later, whatCancelDoes(tracking)];
    case 'waitingToSubmit':
      return ['**Try now**: signal `pollNow`', later, whatCancelDoes(tracking)];
    case 'paused':
      return ['**Go on**: signal `resumePolling`', '**Check once**: signal `pollNow`', later, whatCancelDoes(tracking)];
    case 'parked':
      return ['**Check again**: signal `pollNow`', ...(jobId === null ? answer : []), later, whatCancelDoes(tracking)];
    default:
      return [
        '**Check now**: signal `pollNow`',
        '**Pause the polls**: signal `pausePolling`',
        later,
        whatCancelDoes(tracking),
      ];
  }
}

function whatCancelDoes({ request, jobId }: Tracking): string {
  if (jobId === null) return '**Give up**: Request Cancellation; nothing is submitted any more';
  return request?.options.onCancel === 'drain'
    ? '**Give up**: Request Cancellation follows the job to its end and deletes its object'
    : '**Give up**: Request Cancellation stops the tracking; the job in the cloud goes on';
}

/** A job that nothing tracks any more can be tracked again. */
function toTrackAgain({ jobId, remoteJob, request }: Tracking): string[] {
  if (jobId === null || request === null || remoteJob === 'ended') return [];
  return [`**Track it again**: \`${attachCommand(jobId, request, request)}\``];
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
    case 'unknown': {
      const jobId = tracking.jobId ?? attachedJobId(tracking);
      return jobId === undefined
        ? 'Whether a job was begun in the cloud is not known: look for the object before you export again.'
        : `The job \`${jobId}\` may still run in the cloud; nothing tracks it any more.`;
    }
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
