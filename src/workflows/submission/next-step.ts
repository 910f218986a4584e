/**
 * What to do next about an ambiguous submit. Pure: what is known goes in, one step comes out.
 *
 * The cloud has no list of jobs and no idempotency token, so the evidence is the destination, and a further submit as a
 * probe. The rules: nothing is decided before the POST is surely over; no probe after an object that may be ours was seen; an
 * answer comes before everything else, and while a named job is neither confirmed nor clearly contradicted, nothing but its
 * check goes on.
 *
 * @module
 */
import type {
  CloudErrorInfo,
  ExportedObject,
  ExportPhase,
  ExportSettings,
  ReconcileOutcome,
  SubmissionResolution,
} from '../../contract';
import { SUBMIT_LIMITS } from '../submit-limits';
import type { JobCheck } from './job-check';

/** An ambiguous submit, and what was found out about it since. Carried by continue-as-new, so its fields keep their names. */
export interface AmbiguousSubmit {
  /** When the last POST without an answer is surely over. Nothing is decided before. */
  settledAtMs: number;
  /** Whether this very run saw the POSTs of this intent end: a run that was reset cannot know of those of the one before. */
  seenByThisRun: boolean;
  /** Further submits that were answered so far, each a probe. */
  probes: number;
  /** Probes that a person allowed by `resolveSubmission {notSubmitted: true}`. */
  granted: number;
  /** The last probe found the image busy, with our export or another caller's. When the next one may come. */
  busyUntilMs: number | null;
  /** Times that a probe found the image busy. */
  timesBusy: number;
  /** When probing is given up; null before the first probe. */
  probeUntilMs: number | null;
  /** Probes in a row whose credentials were refused. */
  refusals: number;
  /** What was found at the destination: it may be ours, so nothing is submitted any more. */
  candidate: Candidate | null;
  /** The runs that sent a POST of this intent: the worker that sent it names its run. Absent in the state of 0.2. */
  runIds?: string[];
}

export interface Candidate {
  /** Null when only the cloud's rejection says that there is an object (IMG.0070). */
  object: ExportedObject | null;
  /** Why its metadata or bytes do not prove it to be ours; null when they do. */
  doubt: string | null;
  /** Since when it has been seen as it is. */
  sinceMs: number;
}

/** What stands at the destination, as far as it could be read. */
export type DestinationReading = ReconcileOutcome | { kind: 'unreachable'; error: CloudErrorInfo };

/** What the next step depends on. */
export interface Known {
  lost: AmbiguousSubmit;
  /** What `resolveSubmission` said and was not followed yet. */
  answer: SubmissionResolution | null;
  /** How far the check of the job that it names is; null before its first read. */
  check: JobCheck | null;
  /** Read in this very step; null before it was. */
  destination: DestinationReading | null;
  /** The destination was seen to be free before the submit, so it can be read. */
  wasReadable: boolean;
  options: Pick<ExportSettings, 'onAmbiguousSubmit' | 'maxProbes' | 'acceptUnconfirmed' | 'maxIntervalMs'>;
  deadlineAtMs: number;
  nowMs: number;
}

type WaitingPhase = Extract<ExportPhase, 'reconciling' | 'needsAnswer' | 'parked'>;

export type NextStep =
  /** What needs no check: another submit is allowed, or the job is from the worker that submitted it. */
  | { do: 'followAnswer'; answer: SubmissionResolution }
  /** Read the job that a person named. */
  | { do: 'confirmAnswer'; answer: NamedJob }
  /** Until the last POST is surely over. */
  | { do: 'settle'; untilMs: number }
  /** At the latest until the deadline, which can be moved meanwhile. `for` is what follows "waiting:" on the Timeline. */
  | { do: 'wait'; as: WaitingPhase; untilMs: number; for: string }
  | { do: 'inspectDestination' }
  /** A further submit: what the cloud answers says what became of the first. */
  | { do: 'probe' }
  /** An export of this image runs, ours or another one. Ours would end with the object at our destination. */
  | { do: 'watchDestination' }
  | { do: 'takeObject'; object: ExportedObject }
  /** `finding` is a clause. */
  | { do: 'giveUp'; as: WaitingPhase; finding: string };

/** The one step that is right by what is known now. */
export function nextStep(known: Known): NextStep {
  const { lost, answer, destination, wasReadable, options, deadlineAtMs, nowMs } = known;
  if (answer !== null) {
    return 'jobId' in answer && !isOfWorker(answer) ? stepOfCheck(answer, known) : { do: 'followAnswer', answer };
  }
  // After the deadline the phase stays what it would be, so that a reader sees what was missing.
  const untilDeadline = (step: NextStep, as: WaitingPhase = 'reconciling'): NextStep =>
    nowMs < deadlineAtMs ? step : { do: 'giveUp', as, finding: 'the deadline has passed' };
  const wait = (untilMs: number, what: string, as: WaitingPhase = 'reconciling') =>
    untilDeadline({ do: 'wait', as, untilMs, for: what }, as);
  const giveUp = (finding: string): NextStep => ({ do: 'giveUp', as: 'reconciling', finding });
  const askOrGiveUp = (finding: string): NextStep =>
    asksAPerson(options) ? wait(Number.POSITIVE_INFINITY, 'for resolveSubmission', 'needsAnswer') : giveUp(finding);

  if (destination === null) {
    if (nowMs < lost.settledAtMs) return untilDeadline({ do: 'settle', untilMs: lost.settledAtMs });
    // Until then the worker that submitted may still report the job.
    if (nothingToFindOut(options) && lost.granted === 0) return giveUp('no job was reported, and maxProbes is 0');
    return { do: 'inspectDestination' };
  }
  switch (destination.kind) {
    case 'unreachable':
      return wait(nowMs + SUBMIT_LIMITS.firstWaitMs, `OBS was not reached (${destination.error.code})`);
    case 'denied': {
      // Where it could be read before, that may be fixed; where it never could, there is no wait.
      if (!wasReadable && !asksAPerson(options)) {
        const finding = 'the destination cannot be read, so whether an object appeared there is not known';
        return giveUp(finding);
      }
      const as = asksAPerson(options) ? 'needsAnswer' : 'parked';
      const what = `until the destination can be read (${destination.error.code})`;
      return wait(nowMs + options.maxIntervalMs, what, as);
    }
    case 'candidate': {
      const { object, doubt, passing = false } = destination;
      if (options.acceptUnconfirmed && passing && nowMs < deadlineAtMs) {
        return wait(nowMs + SUBMIT_LIMITS.firstWaitMs, 'for the object to be readable');
      }
      if (!options.acceptUnconfirmed || doubt !== null) return askOrGiveUp(doubt ?? 'acceptUnconfirmed is not set');
      const atRestAtMs = (lost.candidate?.sinceMs ?? nowMs) + SUBMIT_LIMITS.objectRestMs;
      if (nowMs < atRestAtMs) return wait(atRestAtMs, 'for the object to stay unchanged');
      return { do: 'takeObject', object };
    }
    case 'free': {
      if (lost.candidate !== null) return askOrGiveUp('the object that was there is gone');
      const probesLeft = probesLeftOf(lost, options);
      const isInTime = lost.probeUntilMs === null || nowMs < lost.probeUntilMs;
      if (isInTime && probesLeft > 0 && nowMs >= (lost.busyUntilMs ?? 0)) return { do: 'probe' };
      if (lost.busyUntilMs !== null) return untilDeadline({ do: 'watchDestination' });
      return askOrGiveUp(
        probesLeft > 0
          ? 'the time to submit is over'
          : `there is no object at the destination, and maxProbes (${options.maxProbes}) is used up`,
      );
    }
  }
}

/** A job that a person named: the cloud must confirm it. */
export type NamedJob = Extract<SubmissionResolution, { jobId: string }>;

/** Whether an answer is from the worker that has submitted the job, and not the word of a person. */
export function isOfWorker(answer: SubmissionResolution | null): answer is NamedJob & { runId: string } {
  return answer !== null && 'jobId' in answer && answer.runId !== undefined;
}

/** The job is read until the cloud's word is clear, at the deadline for the last time. */
function stepOfCheck(answer: NamedJob, { check, deadlineAtMs, nowMs }: Known): NextStep {
  if (check === null) return { do: 'confirmAnswer', answer };
  const isDue = nowMs < deadlineAtMs ? nowMs >= check.readAtMs : check.lastReadAtMs < deadlineAtMs;
  if (isDue) return { do: 'confirmAnswer', answer };
  const as = check.denied ? 'parked' : 'reconciling';
  if (nowMs < deadlineAtMs) {
    const untilMs = Math.min(check.readAtMs, deadlineAtMs);
    return { do: 'wait', as, untilMs, for: `job ${answer.jobId} could not be checked (${check.code})` };
  }
  const finding = `job ${answer.jobId} was named, and could not be checked by the deadline (${check.code})`;
  return { do: 'giveUp', as, finding };
}

/** Without probes, people and `acceptUnconfirmed`, nothing that could be found would change the verdict. */
export function nothingToFindOut({ maxProbes, onAmbiguousSubmit, acceptUnconfirmed }: Known['options']): boolean {
  return onAmbiguousSubmit === 'probe' && maxProbes === 0 && !acceptUnconfirmed;
}

function asksAPerson({ onAmbiguousSubmit }: Known['options']): boolean {
  return onAmbiguousSubmit === 'ask';
}

function probesLeftOf({ granted, probes }: AmbiguousSubmit, options: Known['options']): number {
  return (asksAPerson(options) ? 0 : options.maxProbes) + granted - probes;
}
