/**
 * What the workflow knows of its export: one plain object, moved forward by the steps.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type {
  CloudErrorInfo,
  DiscardOutcome,
  ExportAttention,
  ExportedObject,
  ExportMemo,
  ExportOutcome,
  ExportPhase,
  ExportRequest,
  ObservedJob,
  PollOutcome,
  RemoteJob,
  SEARCH_ATTRIBUTES,
  SubmissionResolution,
} from '../contract';
import { type HandedOn, readAttachedJob } from '../export/same-export';
import { observeProgress, type Progress } from './progress';
import type { LostSubmit } from './submission/next-step';

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
  submissions: number;
  /** A submit whose answer was lost; null while there is none, and once a job is known. */
  lostSubmit: LostSubmit | null;
  /** An answer of a person, `resolveSubmission`, that was not followed yet. */
  resolution: SubmissionResolution | null;
  jobId: string | null;
  /** The job was named by a person, to attach to or as that of a lost submit: where it exports to is taken on trust. */
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
  /** When the cloud first answered that there is no such job, since it last told of it. */
  jobNotFoundSinceMs: number | null;
  /** What the last poll or submit failed with; null after a good one. */
  lastError: CloudErrorInfo | null;
  /** The credentials were refused: polls are slow until they are mended. */
  parked: boolean;
  /** Between `pausePolling` and `resumePolling`: no polls but those that somebody asks for. */
  paused: boolean;
  /** A `pollNow` that no poll has answered yet. */
  wake: boolean;
  warnings: string[];
  /** The search attributes as they were upserted last; null before the first time, and without the option. */
  shownAttributes: ShownAttributes | null;
}

/** A value for each search attribute; null where there is none. */
export type ShownAttributes = { [name in keyof typeof SEARCH_ATTRIBUTES]: string | number | null };

/** The state of this run: what outlives it, and what does not. */
export interface Tracking extends ExportState {
  /** The input as it came; read only for what it may mean, since it can be anything. */
  input: unknown;
  phase: ExportPhase;
  remoteJob: RemoteJob;
  nextPollAtMs: number | null;
  /** How long the cloud asked to wait in its last answer. */
  retryAfterMs: number | null;
  /** An object that was taken for ours although its job was never seen. */
  unconfirmed: ExportedObject | null;
  /** What is waited for may have changed, by a message: to be thought over, without a poll. */
  replan: boolean;
  /** A cancel is drained: the job is followed to its end, and its object deleted. */
  draining: boolean;
  /** What became of the object of a cancel that was drained. */
  discard: DiscardOutcome | null;
  /** What the log was told last. */
  toldAttention: ExportAttention | null;
  /** This run is about to continue as new. */
  continuing: boolean;
  ended: { outcome: ExportOutcome; atMs: number; failure: ApplicationFailure | null } | null;
}

/** Job statuses that the API names. */
const KNOWN_STATUSES: ReadonlySet<string> = new Set(['INIT', 'RUNNING', 'SUCCESS', 'FAIL']);

export function beginTracking(input: unknown, startedAtMs: number, mayHaveSubmitted = false): Tracking {
  return {
    version: 1,
    startedAtMs,
    request: null,
    deadlineAtMs: null,
    destinationFreeAt: null,
    mayHaveSubmitted,
    submitUntilMs: null,
    submitWaits: 0,
    submissions: 0,
    lostSubmit: null,
    resolution: null,
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
    parked: false,
    paused: false,
    wake: false,
    warnings: [],
    shownAttributes: null,
    ...freshRun(input, 'validating', mayHaveSubmitted ? 'unknown' : 'none'),
  };
}

/** @param followsAnEarlierAttempt this run was reset or retried: what it was handed may be outdated */
export function resumeTracking(input: unknown, carried: ExportState, followsAnEarlierAttempt = false): Tracking {
  const state: ExportState = {
    // The state of an older version lacks what came later.
    ...carriedState(beginTracking(input, carried.startedAtMs)),
    ...carried,
    mayHaveSubmitted: carried.mayHaveSubmitted || followsAnEarlierAttempt,
  };
  if (carried.jobId !== null) return { ...state, ...freshRun(input, pollingPhase(state), 'running') };
  if (carried.lostSubmit === null)
    return { ...state, ...freshRun(input, 'waitingToSubmit', state.mayHaveSubmitted ? 'unknown' : 'none') };
  const seenByThisRun = carried.lostSubmit.seenByThisRun && !followsAnEarlierAttempt;
  const lostSubmit = { ...carried.lostSubmit, seenByThisRun };
  return { ...state, lostSubmit, ...freshRun(input, 'reconciling', 'unknown') };
}

function freshRun(input: unknown, phase: ExportPhase, remoteJob: RemoteJob) {
  return {
    input,
    phase,
    remoteJob,
    nextPollAtMs: null,
    retryAfterMs: null,
    unconfirmed: null,
    replan: false,
    draining: false,
    discard: null,
    toldAttention: null,
    continuing: false,
    ended: null,
  };
}

/** What continue-as-new hands to the next run. */
export function carriedState(tracking: Tracking): ExportState {
  const {
    input,
    phase,
    remoteJob,
    nextPollAtMs,
    retryAfterMs,
    unconfirmed,
    replan,
    draining,
    discard,
    toldAttention,
    continuing,
    ended,
    ...carried
  } = tracking;
  return carried;
}

/** What the memo tells of the job, so that it outlives the run; nothing before there is one. */
export function jobMemo({ jobId, request, jobNamed }: Tracking): { [key in keyof ExportMemo]: ExportMemo[key] } {
  if (jobId === null || request === null) return {};
  const { imageId, bucketUrl, attach } = request;
  return { jobId, imageId, bucketUrl, ...(attach !== null && jobNamed ? { attached: true } : {}) };
}

/** The job that the input names, which can be anything; undefined where it names none. */
export function attachedJobId({ request, input }: Pick<Tracking, 'request' | 'input'>): string | undefined {
  return readAttachedJob(request ?? input);
}

/** The validated request. Only steps after validation ask for it. */
export function requestOf(tracking: Tracking): ExportRequest {
  if (tracking.request === null) throw new Error('the input was not validated yet');
  return tracking.request;
}

/** The deadline, known since validation. */
export function deadlineOf(tracking: Tracking): number {
  if (tracking.deadlineAtMs === null) throw new Error('the input was not validated yet');
  return tracking.deadlineAtMs;
}

/** The job, known since it was accepted. */
export function jobIdOf(tracking: Tracking): string {
  if (tracking.jobId === null) throw new Error('no job was accepted yet');
  return tracking.jobId;
}

/** The phase of an export whose job is known and goes on. */
export function pollingPhase({
  draining,
  paused,
  parked,
}: Pick<Tracking, 'paused' | 'parked'> & { draining?: boolean }): ExportPhase {
  if (draining) return 'draining';
  if (paused) return 'paused';
  return parked ? 'parked' : 'exporting';
}

/** When submitting is given up: nothing is submitted at the deadline either. */
export function submitEndsAtMs(tracking: Tracking): number {
  return Math.min(tracking.submitUntilMs ?? Number.POSITIVE_INFINITY, deadlineOf(tracking));
}

/** Takes the answer of one poll in. */
export function recordPoll(tracking: Tracking, outcome: PollOutcome, nowMs: number): void {
  tracking.polls += 1;
  tracking.retryAfterMs = outcome.kind === 'error' ? outcome.retryAfterMs : null;
  if (outcome.kind === 'observed') {
    recordObservation(tracking, outcome.job, nowMs);
    return;
  }
  tracking.lastError = outcome.error;
  tracking.parked = outcome.kind === 'denied';
  if (outcome.kind === 'notFound') tracking.jobNotFoundSinceMs ??= nowMs;
  // A refusal of the credentials says nothing of the job, and mending them may take a night: only the deadline ends it.
  tracking.pollErrorsSinceMs = tracking.parked ? null : (tracking.pollErrorsSinceMs ?? nowMs);
}

function recordObservation(tracking: Tracking, job: ObservedJob, nowMs: number): void {
  tracking.lastError = null;
  tracking.parked = false;
  tracking.pollErrorsSinceMs = null;
  tracking.jobNotFoundSinceMs = null;
  tracking.lastJob = job;
  tracking.observations[job.status] = (tracking.observations[job.status] ?? 0) + 1;
  tracking.unknownStatusSinceMs = KNOWN_STATUSES.has(job.status) ? null : (tracking.unknownStatusSinceMs ?? nowMs);
  // At the end the cloud may still show an old percentage; SUCCESS and FAIL speak for themselves.
  if (job.status === 'RUNNING' || job.status === 'INIT') {
    tracking.progress = observeProgress(tracking.progress, job.progress, nowMs);
  }
}

/** Polls begin again: what failed before the pause says nothing of the time in which nobody looked. */
export function forgetStreaks(tracking: Tracking): void {
  tracking.pollErrorsSinceMs = null;
  tracking.unknownStatusSinceMs = null;
  tracking.jobNotFoundSinceMs = null;
}

/** Adds a warning once. */
export function warn(tracking: Tracking, warning: string): void {
  if (!tracking.warnings.includes(warning)) tracking.warnings.push(warning);
}
