import type { ApplicationFailure } from '@temporalio/workflow';
import type { ExportAttention, ExportStatus } from '../contract';
import type { JobSeen } from '../export/summaries';
import { iso } from '../export/time';
import { fractionDone, isStalled, remainingMs } from './progress';
import type { Tracking } from './state';

/** The answer to `exportStatus`, derived from the tracking at a moment. */
export function statusOf(tracking: Tracking, nowMs: number): ExportStatus {
  const { request } = tracking.carried;
  const { ended } = tracking.run;
  const atMs = ended?.atMs ?? nowMs;
  return {
    phase: tracking.run.phase,
    outcome: ended?.outcome ?? null,
    remoteJob: tracking.run.remoteJob,
    imageId: request?.imageId ?? null,
    bucketUrl: request?.bucketUrl ?? null,
    fileFormat: request?.fileFormat ?? null,
    isQuickExport: request?.isQuickExport ?? null,
    jobId: tracking.carried.jobId,
    jobStatus: tracking.carried.lastJob?.status ?? null,
    progress: fractionOf(tracking),
    remainingMs: ended ? null : remainingMs(tracking.carried.progress, atMs),
    stalled: stalled(tracking, atMs),
    pollingPaused: tracking.carried.paused,
    attention: attentionOf(tracking, atMs),
    polls: tracking.carried.polls,
    submissions: tracking.carried.submissions,
    observations: { ...tracking.carried.observations },
    failure: failureOf(ended?.failure ?? null),
    lastError:
      tracking.carried.lastError === null
        ? null
        : `${tracking.carried.lastError.code}: ${tracking.carried.lastError.message}`,
    startedAt: iso(tracking.carried.startedAtMs),
    submittedAt: isoOrNull(tracking.carried.submittedAtMs),
    deadlineAt: isoOrNull(tracking.carried.deadlineAtMs),
    nextPollAt: isoOrNull(tracking.run.nextPollAtMs),
    endedAt: isoOrNull(ended?.atMs ?? null),
    discard: tracking.run.discard,
    options: request?.options ?? null,
    resolution: tracking.carried.resolutionStatus,
    earlier: tracking.carried.earlier,
    warnings: [...tracking.carried.warnings],
  };
}

function failureOf(failure: ApplicationFailure | null): ExportStatus['failure'] {
  return failure === null ? null : { type: failure.type ?? '', message: failure.message };
}

/** The fraction that is done, 0..1; a SUCCESS is all of it, whatever percentage the cloud still shows. */
export function fractionOf({ carried: { lastJob, progress } }: Tracking): number | null {
  return lastJob?.status === 'SUCCESS' ? 1 : fractionDone(progress);
}

/** What is known of the job, for the lines of the Timeline. */
export function jobSeen(tracking: Tracking, nowMs: number): JobSeen {
  const { noWorker, parked, paused, polls, lastError, lastJob, progress } = tracking.carried;
  return {
    noWorker,
    parked,
    paused,
    polls,
    lastError,
    jobStatus: lastJob?.status ?? null,
    fraction: fractionDone(progress),
    remainingMs: remainingMs(progress, nowMs),
  };
}

/** Why a person is needed; null when none is. */
export function attentionOf(tracking: Tracking, nowMs: number): ExportAttention | null {
  if (tracking.run.ended !== null) return tracking.run.ended.outcome === 'unknown' ? 'outcomeUnknown' : null;
  // An answer that was given is checked by a worker.
  if (tracking.carried.noWorker) return 'noWorker';
  if (tracking.run.phase === 'needsAnswer') return 'needsAnswer';
  if (tracking.run.phase === 'parked' || (tracking.carried.parked && tracking.carried.jobId !== null)) return 'parked';
  return stalled(tracking, nowMs) ? 'stalled' : null;
}

/** True while the job runs and its progress has not moved for `stallAfter`. */
export function stalled(tracking: Tracking, nowMs: number): boolean {
  const { request, submittedAtMs, startedAtMs } = tracking.carried;
  const { phase } = tracking.run;
  if (request === null || submittedAtMs === null || phase !== 'exporting') return false;
  // The job could not be read: that says nothing about the job.
  if (tracking.carried.pollErrorsSinceMs !== null || tracking.carried.noWorker) return false;
  // A job that was started elsewhere may be older than its tracking.
  const sinceMs = Math.max(submittedAtMs, startedAtMs);
  return isStalled(tracking.carried.progress, sinceMs, request.options.stallAfterMs, nowMs);
}

function isoOrNull(atMs: number | null): string | null {
  return atMs === null ? null : iso(atMs);
}
