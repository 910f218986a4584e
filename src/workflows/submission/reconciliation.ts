/**
 * Finding out what became of a submit whose answer was lost.
 *
 * The cloud has no list of jobs and no idempotency token, so the evidence is the destination, and a further submit as a
 * probe. The rules: never two live jobs of one intent; no POST after an object that may be ours was seen; no POST after a
 * cancel request.
 *
 * @module
 */
import { CancelledFailure } from '@temporalio/workflow';
import type { CloudErrorInfo, ReconcileOutcome } from '../../contract';
import { atLeast } from '../../export/time';
import { cancelRequested } from '../cancellation';
import { continueInNewRunWhenDue } from '../continuation';
import { nextDelayMs } from '../poll-schedule';
import { SUBMIT_LIMITS } from '../submit-limits';
import { tellReconciled } from '../telemetry';
import { deadlineOf, requestOf, type Tracking, warn } from '../tracking';
import { submitLost } from '../verdict';
import { lookAtDestination } from './destination-look';
import type { LostSubmit } from './lost-submit';
import { post } from './post';
import { followResolution } from './resolution';
import {
  type NotExecuted,
  REFUSED_CREDENTIALS_TRIES,
  refusedCredentials,
  sleepOrWake,
  waitForNextTry,
} from './waiting';

/** Returns once a job is known, or an object was taken for ours without one; throws ExportOutcomeUnknown otherwise. */
export async function reconcile(tracking: Tracking): Promise<void> {
  if (nothingToFindOut(tracking)) throw submitLost(tracking, null);
  while (tracking.lostSubmit !== null && tracking.unconfirmed === null) {
    await continueInNewRunWhenDue(tracking);
    await step(tracking, tracking.lostSubmit);
  }
  tellReconciled(tracking.unconfirmed === null ? 'jobFound' : 'unconfirmed');
}

/** Moves one step on: a person's answer first, then time, then the destination, then a probe. */
async function step(tracking: Tracking, lost: LostSubmit): Promise<void> {
  // A message that comes from here on is not slept over.
  tracking.wake = false;
  if (tracking.resolution !== null) return await followResolution(tracking, lost, tracking.resolution);
  tracking.phase = 'reconciling';
  const nowMs = Date.now();
  if (nowMs < lost.settledAtMs) {
    const atMs = nowMs + atLeast(lost.settledAtMs - nowMs);
    return await sleepUntil(tracking, atMs, 'until the lost submit is surely over');
  }
  const look = await lookAtDestination(tracking);
  if (look.kind === 'candidate') rememberCandidate(lost, look);
  // Somebody knows better by now.
  if (tracking.resolution !== null) return;
  switch (look.kind) {
    case 'unreachable':
      tracking.lastError = look.error;
      return await sleepUntil(
        tracking,
        Date.now() + SUBMIT_LIMITS.firstWaitMs,
        `OBS was not reached (${look.error.code})`,
      );
    case 'denied':
      return await waitForAccess(tracking, look.error);
    case 'candidate':
      return await judgeCandidate(tracking, lost, look);
    case 'free':
      return await goOnWithout(tracking, lost);
  }
}

/** Without probes, people and `acceptUnconfirmed`, nothing that could be found would change the verdict. */
function nothingToFindOut(tracking: Tracking): boolean {
  const { maxProbes, onAmbiguousSubmit, acceptUnconfirmed } = requestOf(tracking).options;
  return onAmbiguousSubmit === 'probe' && maxProbes === 0 && !acceptUnconfirmed;
}

/** OBS does not tell. Where it did before, that may be mended; where it never did, it is not waited for. */
async function waitForAccess(tracking: Tracking, error: CloudErrorInfo): Promise<void> {
  tracking.lastError = error;
  if (tracking.destinationFreeAt === null && !asksAPerson(tracking)) {
    return giveUp(tracking, 'the destination cannot be read, so whether an object appeared there is not known');
  }
  tracking.phase = asksAPerson(tracking) ? 'needsAnswer' : 'parked';
  const { maxIntervalMs } = requestOf(tracking).options;
  await sleepUntil(tracking, Date.now() + maxIntervalMs, `until the destination can be read (${error.code})`);
}

type CandidateSeen = Extract<ReconcileOutcome, { kind: 'candidate' }>;

/** There is an object that may be ours: nothing is submitted any more. */
function rememberCandidate(lost: LostSubmit, { object, doubt }: CandidateSeen): void {
  const seen = lost.candidate?.object;
  const isAtRest =
    seen != null && seen.etag === object.etag && seen.size === object.size && seen.lastModified === object.lastModified;
  const sinceMs = isAtRest && lost.candidate !== null ? lost.candidate.sinceMs : Date.now();
  lost.candidate = { object, doubt, sinceMs };
}

async function judgeCandidate(
  tracking: Tracking,
  lost: LostSubmit,
  { object, doubt, passing = false }: CandidateSeen,
): Promise<void> {
  const { acceptUnconfirmed } = requestOf(tracking).options;
  const nowMs = Date.now();
  if (acceptUnconfirmed && passing && nowMs < deadlineOf(tracking)) {
    return await sleepUntil(tracking, nowMs + SUBMIT_LIMITS.firstWaitMs, 'whether the object found can be read');
  }
  if (!acceptUnconfirmed || doubt !== null) {
    if (asksAPerson(tracking)) return await askAPerson(tracking);
    return giveUp(tracking, doubt ?? 'acceptUnconfirmed is not set');
  }
  const atRestAtMs = (lost.candidate?.sinceMs ?? nowMs) + SUBMIT_LIMITS.objectRestMs;
  if (nowMs < atRestAtMs) return await sleepUntil(tracking, atRestAtMs, 'whether the object found stays as it is');
  tracking.unconfirmed = object;
  warn(
    tracking,
    'The answer to the submit was lost and its job was never seen; the new object at the destination was taken as its result (acceptUnconfirmed).',
  );
}

/** There is no object. What is left is another probe, or a busy image to watch, or a person to ask. */
async function goOnWithout(tracking: Tracking, lost: LostSubmit): Promise<void> {
  if (lost.candidate !== null) {
    if (asksAPerson(tracking)) return await askAPerson(tracking);
    return giveUp(tracking, 'the object that was there is gone');
  }
  const isBusy = lost.busyUntilMs !== null;
  if (mayProbe(tracking, lost)) return await probe(tracking, lost);
  if (isBusy) return await watchDestination(tracking, lost);
  if (asksAPerson(tracking)) return await askAPerson(tracking);
  giveUp(
    tracking,
    probesLeft(tracking, lost) > 0
      ? 'the time to submit is over'
      : `there is no object at the destination, and maxProbes (${requestOf(tracking).options.maxProbes}) is used up`,
  );
}

function mayProbe(tracking: Tracking, lost: LostSubmit): boolean {
  const nowMs = Date.now();
  const isInTime = lost.probeUntilMs === null || nowMs < lost.probeUntilMs;
  return isInTime && probesLeft(tracking, lost) > 0 && nowMs >= (lost.busyUntilMs ?? 0);
}

/** Ends as unknown, unless somebody has said in the meantime what became of the submit: that is followed first. */
function giveUp(tracking: Tracking, finding: string): void {
  if (tracking.resolution === null) throw submitLost(tracking, finding);
}

function probesLeft(tracking: Tracking, lost: LostSubmit): number {
  const own = asksAPerson(tracking) ? 0 : requestOf(tracking).options.maxProbes;
  return own + lost.granted - lost.probes;
}

/**
 * Submits again: what the cloud answers tells what became of the first one, and where nothing did, this is the export.
 * One that was surely not executed for now is not counted, and comes back here after a wait and another look.
 */
async function probe(tracking: Tracking, lost: LostSubmit): Promise<void> {
  if (cancelRequested()) throw new CancelledFailure('Canceled before it was found out whether the export had begun');
  const { submissions } = tracking;
  lost.probeUntilMs ??= Date.now() + requestOf(tracking).options.submitBudgetMs;
  const untilMs = () => Math.min(lost.probeUntilMs ?? Number.POSITIVE_INFINITY, deadlineOf(tracking));
  if (Date.now() >= untilMs()) return giveUp(tracking, 'the time to submit is over');
  const outcome = await post(tracking, lost.seenByThisRun, untilMs());
  switch (outcome.kind) {
    case 'accepted':
      if (submissions > 0) warn(tracking, MAY_HAVE_FAILED_BEFORE);
      return;
    case 'ambiguous':
      // The answer was lost again: post() has begun another time of settling.
      return;
    case 'rejected':
      tracking.lastError = outcome.error;
      if (outcome.error.code !== DESTINATION_EXISTS) return giveUp(tracking, 'a further submit was refused');
      lost.probes += 1;
      lost.candidate = { object: null, doubt: null, sinceMs: Date.now() };
      return;
    case 'notExecuted':
      return await afterNotExecuted(tracking, lost, outcome, untilMs);
  }
}

async function afterNotExecuted(
  tracking: Tracking,
  lost: LostSubmit,
  outcome: NotExecuted,
  untilMs: () => number,
): Promise<void> {
  tracking.lastError = outcome.error;
  if (outcome.reason === 'imageBusy') {
    lost.probes += 1;
    lost.busyUntilMs = Date.now() + SUBMIT_LIMITS.busyImageMs * 2 ** lost.timesBusy;
    lost.timesBusy += 1;
    return;
  }
  lost.refusals = refusedCredentials(outcome) ? lost.refusals + 1 : 0;
  if (lost.refusals >= REFUSED_CREDENTIALS_TRIES) return giveUp(tracking, 'the credentials are refused');
  const isInTime = await waitForNextTry(tracking, outcome, untilMs);
  // A busy image is watched all the same, and a person can be asked again.
  if (!isInTime) lost.probeUntilMs = Date.now();
}

/** An export of this image runs, ours or somebody's to another object. Ours would end with the object at our destination. */
async function watchDestination(tracking: Tracking, lost: LostSubmit): Promise<void> {
  const { minIntervalMs, maxIntervalMs } = requestOf(tracking).options;
  const nowMs = Date.now();
  const delayMs = nextDelayMs({
    elapsedMs: nowMs - lost.settledAtMs,
    remainingMs: null,
    minIntervalMs,
    maxIntervalMs,
    untilLastLookMs: deadlineOf(tracking) - nowMs,
    random: Math.random(),
  });
  await sleepUntil(tracking, nowMs + delayMs, 'the image is being exported; is the object there');
}

async function askAPerson(tracking: Tracking): Promise<void> {
  tracking.phase = 'needsAnswer';
  await sleepUntil(tracking, Number.POSITIVE_INFINITY, 'for resolveSubmission');
}

/**
 * After a cancel that is drained nothing is submitted any more: the destination is watched until an object appears, somebody
 * says what became of the submit, or the deadline has passed (then it throws ExportOutcomeUnknown).
 */
export async function watchAfterCancel(tracking: Tracking): Promise<void> {
  for (let lost = tracking.lostSubmit; lost !== null; lost = tracking.lostSubmit) {
    tracking.wake = false;
    if (tracking.resolution !== null && 'notSubmitted' in tracking.resolution) {
      tracking.remoteJob = 'none';
      return;
    }
    if (tracking.resolution !== null) {
      await followResolution(tracking, lost, tracking.resolution);
      continue;
    }
    const look = await lookAtDestination(tracking);
    if (look.kind === 'candidate') {
      rememberCandidate(lost, look);
      warn(
        tracking,
        'An object is at the destination. It may be of this export or of somebody else, so it was not deleted.',
      );
      return;
    }
    if (look.kind !== 'free') tracking.lastError = look.error;
    await watchDestination(tracking, lost);
  }
}

function asksAPerson(tracking: Tracking): boolean {
  return requestOf(tracking).options.onAmbiguousSubmit === 'ask';
}

/** The deadline is the longest sleep, and there is none after it. */
async function sleepUntil(tracking: Tracking, atMs: number, what: string): Promise<void> {
  if (Date.now() >= deadlineOf(tracking)) return giveUp(tracking, 'the deadline has passed');
  await sleepOrWake(tracking, () => Math.min(atMs, deadlineOf(tracking)), `waiting: ${what}`);
}

/** IMG.0070. */
const DESTINATION_EXISTS = 'IMG.0070';

const MAY_HAVE_FAILED_BEFORE =
  'The answer to an earlier submit was lost. It may have begun another export of this image, which had ended without an object here before this one was accepted.';
