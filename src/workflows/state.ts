/**
 * What the workflow knows of its export: one plain object, moved forward by the steps. What continue-as-new hands on is one
 * half of it, what it does not is the other.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type {
  CloudErrorInfo,
  DiscardOutcome,
  EarlierExport,
  ExportAttention,
  ExportedObject,
  ExportImageResult,
  ExportMemo,
  ExportOutcome,
  ExportPhase,
  ExportRequest,
  ObservedJob,
  PollOutcome,
  RemoteJob,
  ResolutionStatus,
  SEARCH_ATTRIBUTES,
  SubmissionResolution,
  SubmitOutcome,
} from '../contract';
import { JOB_ID } from '../contract';
import { type HandedOn, readAttachedJob } from '../export/same-export';
import { observeProgress, type Progress } from './progress';
import type { JobCheck } from './submission/job-check';
import type { AmbiguousSubmit } from './submission/next-step';

/** Facts that outlive a run: carried by continue-as-new as they are. */
export interface ExportState extends HandedOn {
  version: 1;
  /** Null until the input was validated. */
  request: ExportRequest | null;
  /** Absolute, so that neither a restart nor continue-as-new moves it. Null until the input was validated. */
  deadlineAtMs: number | null;
  /** The clock of OBS when the destination was seen to be free. */
  destinationFreeAt: string | null;
  /** An earlier attempt of this run, one before a reset or a retry, may have submitted: this one knows nothing of it. */
  mayHaveSubmitted: boolean;
  /** When `submitBudget` is spent; the deadline may come sooner. Null until the first submit. */
  submitUntilMs: number | null;
  /** Waits of a throttled or busy submit so far. */
  submitWaits: number;
  /** The last try of a submit that was surely not executed. */
  lastTry: Extract<SubmitOutcome, { kind: 'notExecuted' }> | null;
  /** Tries in a row whose credentials the cloud refused. */
  refusedTries: number;
  /** When the last refusal was that counted. */
  refusedAtMs?: number;
  /** When the next try is due; null while none is waited for. */
  nextTryAtMs: number | null;
  submissions: number;
  /** The ambiguous submit; null while there is none, and once a job is known. The name is that of continue-as-new. */
  lostSubmit: AmbiguousSubmit | null;
  /** An answer by `resolveSubmission` that was not followed yet, or names a job that is not confirmed yet. */
  resolution: SubmissionResolution | null;
  /** How far the check of the job in `resolution`, or of the one to attach to, is; null before its first read. */
  resolutionCheck: JobCheck | null;
  /** What became of the job that `resolveSubmission` or `attach` named last; null when none was named. */
  resolutionStatus: ResolutionStatus | null;
  /** The earlier run of this workflow id, as the starter passed it in the memo. */
  earlier: EarlierExport | null;
  jobId: string | null;
  /** The job was named by a person, to attach to or as that of an ambiguous submit: its destination is not proven. */
  jobNamed: boolean;
  submittedAtMs: number | null;
  polls: number;
  observations: { [status: string]: number };
  lastJob: ObservedJob | null;
  progress: Progress;
  /** Start of the current unbroken stretch of failing polls. */
  pollErrorsSinceMs: number | null;
  /** Start of the current unbroken stretch of statuses that the API does not name. */
  unknownStatusSinceMs: number | null;
  /** When the cloud first answered that there is no such job, since it last returned it. */
  jobNotFoundSinceMs: number | null;
  /** What the last poll or submit failed with; null after a good one. */
  lastError: CloudErrorInfo | null;
  /** No worker took the last activity: nothing was asked of the cloud. */
  noWorker: boolean;
  /** Up to when the stretches are counted: the last poll, answered or not. Null before the first. */
  countedUntilMs: number | null;
  /** When the last poll was answered; null while the next one is due. */
  polledAtMs: number | null;
  /** How long the cloud asked to wait in the answer to the last poll. */
  retryAfterMs: number | null;
  /** The credentials were refused: polls are slow until they are fixed. */
  parked: boolean;
  /** Between `pausePolling` and `resumePolling`: no polls but those that a person asks for. */
  paused: boolean;
  /** A `pollNow` that no poll has answered yet. */
  wake: boolean;
  warnings: string[];
  /** The search attributes as they were upserted last; null before the first time, and without the option. */
  shownAttributes: ShownAttributes | null;
}

/** A value for each search attribute; null where there is none. */
export type ShownAttributes = { [name in keyof typeof SEARCH_ATTRIBUTES]: string | number | null };

/** What only this run knows. */
export interface RunState {
  /** The input as it came; read only for what it may mean, since it can be anything. */
  input: unknown;
  phase: ExportPhase;
  remoteJob: RemoteJob;
  nextPollAtMs: number | null;
  /** An object that was taken for ours although its job was never seen. */
  unconfirmed: ExportedObject | null;
  /** The answer, where an earlier export has succeeded and its object is still there: nothing is submitted. */
  earlierResult: ExportImageResult | null;
  /** What is waited for may have changed, by a message: to be thought over, without a poll. */
  replan: boolean;
  /** A cancel is drained: the job is followed to its end, and its object deleted. */
  draining: boolean;
  /** What became of the object of a cancel that was drained. */
  discard: DiscardOutcome | null;
  /** What was logged last. */
  recordedAttention: ExportAttention | null;
  /** Whether this run may do what version 0.3 does; null until that was asked. */
  is03: boolean | null;
  /** This run is about to continue as new. */
  continuing: boolean;
  /** Updates that a reset handed to this run before it can answer them; each returns true once it was answered. */
  deferred: Array<() => boolean>;
  ended: { outcome: ExportOutcome; atMs: number; failure: ApplicationFailure | null } | null;
}

/** All that is known of an export. */
export interface Tracking {
  carried: ExportState;
  run: RunState;
}

/** Once the input was validated. */
export type Validated = Tracking & { carried: { request: ExportRequest; deadlineAtMs: number } };

/** Once a job is known. */
export type Submitted = Validated & { carried: { jobId: string } };

export function isValidated(tracking: Tracking): tracking is Validated {
  return tracking.carried.request !== null && tracking.carried.deadlineAtMs !== null;
}

/** Takes the validated request in, or the one that `retune` has made of it; the deadline counts from the start. */
export function takeRequest(tracking: Tracking, request: ExportRequest): Validated {
  const { carried } = tracking;
  carried.request = request;
  carried.deadlineAtMs = carried.startedAtMs + request.options.deadlineMs;
  return tracking as Validated;
}

export function isSubmitted(tracking: Tracking): tracking is Submitted {
  return isValidated(tracking) && tracking.carried.jobId !== null;
}

/** Job statuses that the API names. */
const KNOWN_STATUSES: ReadonlySet<string> = new Set(['INIT', 'RUNNING', 'SUCCESS', 'FAIL']);

/** @param earlier what the starter found of an earlier run of this workflow id */
export function beginTracking(
  input: unknown,
  startedAtMs: number,
  mayHaveSubmitted = false,
  earlier: EarlierExport | null = null,
): Tracking {
  const carried: ExportState = {
    version: 1,
    startedAtMs,
    request: null,
    deadlineAtMs: null,
    destinationFreeAt: null,
    mayHaveSubmitted,
    submitUntilMs: null,
    submitWaits: 0,
    lastTry: null,
    refusedTries: 0,
    nextTryAtMs: null,
    submissions: 0,
    lostSubmit: null,
    resolution: null,
    resolutionCheck: null,
    resolutionStatus: null,
    earlier,
    jobId: null,
    jobNamed: false,
    submittedAtMs: null,
    polls: 0,
    observations: {},
    lastJob: null,
    progress: [],
    pollErrorsSinceMs: null,
    unknownStatusSinceMs: null,
    jobNotFoundSinceMs: null,
    lastError: null,
    noWorker: false,
    countedUntilMs: null,
    polledAtMs: null,
    retryAfterMs: null,
    parked: false,
    paused: false,
    wake: false,
    warnings: [],
    shownAttributes: null,
  };
  return { carried, run: freshRun(input, 'validating', mayHaveSubmitted ? 'unknown' : 'none') };
}

/** @param followsAnEarlierAttempt this run was reset or retried: what it was handed may be outdated */
export function resumeTracking(input: unknown, handedOn: ExportState, followsAnEarlierAttempt = false): Tracking {
  const carried: ExportState = {
    // The state of an older version lacks what came later.
    ...beginTracking(input, handedOn.startedAtMs).carried,
    ...handedOn,
    mayHaveSubmitted: handedOn.mayHaveSubmitted || followsAnEarlierAttempt,
  };
  if (carried.jobId !== null) {
    const remoteJob = carried.lastJob?.status === 'SUCCESS' ? 'ended' : 'running';
    return { carried, run: freshRun(input, pollingPhase(carried), remoteJob) };
  }
  const { lostSubmit, mayHaveSubmitted } = carried;
  if (lostSubmit === null) {
    const isAttached = carried.request !== null && carried.request.attach !== null;
    const isUnread = carried.request === null || isAttached;
    return {
      carried,
      run: freshRun(
        input,
        isUnread ? 'validating' : 'waitingToSubmit',
        isAttached || mayHaveSubmitted ? 'unknown' : 'none',
      ),
    };
  }
  const seenByThisRun = lostSubmit.seenByThisRun && !followsAnEarlierAttempt;
  return {
    carried: { ...carried, lostSubmit: { ...lostSubmit, seenByThisRun } },
    run: freshRun(input, 'reconciling', 'unknown'),
  };
}

function freshRun(input: unknown, phase: ExportPhase, remoteJob: RemoteJob): RunState {
  return {
    input,
    phase,
    remoteJob,
    nextPollAtMs: null,
    unconfirmed: null,
    earlierResult: null,
    replan: false,
    draining: false,
    discard: null,
    recordedAttention: null,
    is03: null,
    continuing: false,
    deferred: [],
    ended: null,
  };
}

/** What the memo holds of the job, so that it outlives the run; nothing before there is one. */
export function jobMemo({ carried: { jobId, request, jobNamed } }: Tracking): {
  [key in keyof ExportMemo]: ExportMemo[key];
} {
  if (jobId === null || request === null) return {};
  const { imageId, bucketUrl, attach } = request;
  return { jobId, imageId, bucketUrl, ...(attach !== null && jobNamed ? { attached: true } : {}) };
}

/** A job that was named, and that is neither tracked nor refused: only the memo of the run names it to the next one. */
export function namedMemo(tracking: Tracking): Pick<ExportMemo, 'namedJobId'> {
  const { jobId, resolutionStatus: named } = tracking.carried;
  if (jobId !== null || tracking.run.remoteJob !== 'unknown') return {};
  const namedJobId = named === null ? attachedJobId(tracking) : named.jobId;
  return named?.taken !== false && JOB_ID.test(namedJobId ?? '') ? { namedJobId } : {};
}

/** What the input asks for, as far as it can be read: the validated request, or the input as it came. */
export function askedFor({ carried, run }: Tracking): unknown {
  return carried.request ?? run.input;
}

/** The job that the input names, which can be anything; undefined where it names none. */
export function attachedJobId(tracking: Tracking): string | undefined {
  return readAttachedJob(askedFor(tracking));
}

/**
 * True where it is certain that no run of this export has submitted anything: this one has not, and none before it by a reset,
 * a retry or continue-as-new. An export that attaches to a job never submits.
 */
export function surelyNotSubmitted(tracking: Tracking): boolean {
  const { mayHaveSubmitted, lostSubmit, submissions, jobId } = tracking.carried;
  if (jobId !== null) return false;
  return attachedJobId(tracking) !== undefined || (!mayHaveSubmitted && lostSubmit === null && submissions === 0);
}

/** The phase of an export whose job is known and goes on. */
export function pollingPhase({ paused, parked }: ExportState, draining = false): ExportPhase {
  if (draining) return 'draining';
  if (paused) return 'paused';
  return parked ? 'parked' : 'exporting';
}

/** When submitting is given up: nothing is submitted at the deadline either. */
export function submitEndsAtMs({ carried }: Validated): number {
  return Math.min(carried.submitUntilMs ?? Number.POSITIVE_INFINITY, carried.deadlineAtMs);
}

/** Takes the answer of one poll in. */
export function recordPoll({ carried }: Tracking, outcome: PollOutcome, nowMs: number): void {
  carried.polls += 1;
  carried.countedUntilMs = nowMs;
  carried.retryAfterMs = outcome.kind === 'error' ? outcome.retryAfterMs : null;
  if (outcome.kind === 'observed') {
    recordObservation(carried, outcome.job, nowMs);
    return;
  }
  carried.lastError = outcome.error;
  carried.parked = outcome.kind === 'denied';
  if (outcome.kind === 'notFound') carried.jobNotFoundSinceMs ??= nowMs;
  // Refused credentials say nothing about the job, and fixing them may take a night: only the deadline ends it.
  carried.pollErrorsSinceMs = carried.parked ? null : (carried.pollErrorsSinceMs ?? nowMs);
}

function recordObservation(carried: ExportState, job: ObservedJob, nowMs: number): void {
  carried.lastError = null;
  carried.parked = false;
  carried.pollErrorsSinceMs = null;
  carried.jobNotFoundSinceMs = null;
  carried.lastJob = job;
  carried.observations[job.status] = (carried.observations[job.status] ?? 0) + 1;
  carried.unknownStatusSinceMs = KNOWN_STATUSES.has(job.status) ? null : (carried.unknownStatusSinceMs ?? nowMs);
  // At the end the cloud may still show an old percentage; SUCCESS and FAIL speak for themselves.
  if (job.status === 'RUNNING' || job.status === 'INIT') {
    carried.progress = observeProgress(carried.progress, job.progress, nowMs);
  }
}

/** Polls begin again: what failed before the pause says nothing about the time without polls. */
export function forgetStreaks({ carried }: Tracking): void {
  carried.pollErrorsSinceMs = null;
  carried.unknownStatusSinceMs = null;
  carried.jobNotFoundSinceMs = null;
}

/** Since the last poll nobody could ask the cloud: that is no part of any stretch. */
export function stopStreaks({ carried }: Tracking, nowMs: number): void {
  const durationMs = nowMs - (carried.countedUntilMs ?? nowMs);
  carried.countedUntilMs = nowMs;
  if (carried.pollErrorsSinceMs !== null) carried.pollErrorsSinceMs += durationMs;
  if (carried.unknownStatusSinceMs !== null) carried.unknownStatusSinceMs += durationMs;
  if (carried.jobNotFoundSinceMs !== null) carried.jobNotFoundSinceMs += durationMs;
}

/** Adds a warning once. */
export function warn({ carried }: Tracking, warning: string): void {
  if (!carried.warnings.includes(warning)) carried.warnings.push(warning);
}
