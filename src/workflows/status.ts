import type { ApplicationFailure } from '@temporalio/workflow';
import type { ExportAttention, ExportStatus } from '../contract';
import type { JobSeen } from '../export/summaries';
import { iso } from '../export/time';
import { fractionDone, isStalled, remainingMs } from './progress';
import type { Tracking } from './tracking';

/** The answer to `exportStatus`, derived from the tracking at a moment. */
export function statusOf(tracking: Tracking, nowMs: number): ExportStatus {
  const { request, ended } = tracking;
  const atMs = ended?.atMs ?? nowMs;
  return {
    phase: tracking.phase,
    outcome: ended?.outcome ?? null,
    remoteJob: tracking.remoteJob,
    imageId: request?.imageId ?? null,
    bucketUrl: request?.bucketUrl ?? null,
    fileFormat: request?.fileFormat ?? null,
    isQuickExport: request?.isQuickExport ?? null,
    jobId: tracking.jobId,
    jobStatus: tracking.lastJob?.status ?? null,
    progress: fractionOf(tracking),
    remainingMs: ended ? null : remainingMs(tracking.progress, atMs),
    stalled: stalled(tracking, atMs),
    pollingPaused: tracking.paused,
    attention: attentionOf(tracking, atMs),
    polls: tracking.polls,
    submissions: tracking.submissions,
    observations: { ...tracking.observations },
    failure: failureOf(ended?.failure ?? null),
    lastError: tracking.lastError === null ? null : `${tracking.lastError.code}: ${tracking.lastError.message}`,
    startedAt: iso(tracking.startedAtMs),
    submittedAt: isoOrNull(tracking.submittedAtMs),
    deadlineAt: isoOrNull(tracking.deadlineAtMs),
    nextPollAt: isoOrNull(tracking.nextPollAtMs),
    endedAt: isoOrNull(ended?.atMs ?? null),
    discard: tracking.discard,
    options: request?.options ?? null,
    warnings: [...tracking.warnings],
  };
}

function failureOf(failure: ApplicationFailure | null): ExportStatus['failure'] {
  return failure === null ? null : { type: failure.type ?? '', message: failure.message };
}

/** The fraction that is done, 0..1; a SUCCESS is all of it, whatever percentage the cloud still shows. */
export function fractionOf({ lastJob, progress }: Tracking): number | null {
  return lastJob?.status === 'SUCCESS' ? 1 : fractionDone(progress);
}

/** What is known of the job, for the lines of the Timeline. */
export function jobSeen(tracking: Tracking, nowMs: number): JobSeen {
  const { parked, paused, polls, lastError, lastJob, progress } = tracking;
  return {
    parked,
    paused,
    polls,
    lastError,
    jobStatus: lastJob?.status ?? null,
    fraction: fractionDone(progress),
    remainingMs: remainingMs(progress, nowMs),
  };
}

/** Why a person should look; null when nothing calls for one. */
export function attentionOf(tracking: Tracking, nowMs: number): ExportAttention | null {
  if (tracking.ended !== null) return tracking.ended.outcome === 'unknown' ? 'outcomeUnknown' : null;
  if (tracking.phase === 'needsAnswer') return 'needsAnswer';
  if (tracking.phase === 'parked' || (tracking.parked && tracking.jobId !== null)) return 'parked';
  return stalled(tracking, nowMs) ? 'stalled' : null;
}

/** True while the job runs and its progress has not moved for `stallAfter`. */
export function stalled(tracking: Tracking, nowMs: number): boolean {
  const { request, submittedAtMs, startedAtMs, phase } = tracking;
  if (request === null || submittedAtMs === null || phase !== 'exporting') return false;
  // Nobody could look: that says nothing of the job.
  if (tracking.pollErrorsSinceMs !== null) return false;
  // A job that was begun elsewhere may be older than its tracking.
  const sinceMs = Math.max(submittedAtMs, startedAtMs);
  return isStalled(tracking.progress, sinceMs, request.options.stallAfterMs, nowMs);
}

function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : iso(atMs);
}
