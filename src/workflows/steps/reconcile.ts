/**
 * Finding out what became of an ambiguous submit.
 *
 * The cloud has no list of jobs and no idempotency token, so the evidence is the destination, and a further submit as a
 * probe. The rules: never two live jobs of one intent; no POST after an object that may be ours was seen; no POST after a
 * cancel request.
 *
 * @module
 */
import { CancelledFailure } from '@temporalio/workflow';
import type { ExportPhase } from '../../contract';
import { atLeast } from '../../export/time';
import { cancelRequested } from '../cancellation';
import { continueInNewRunWhenDue } from '../continuation';
import { is03 } from '../patches';
import { nextDelayMs } from '../poll-schedule';
import { type Validated, warn } from '../state';
import { inspectDestination } from '../submission/evidence';
import {
  type AmbiguousSubmit,
  type DestinationReading,
  type Known,
  type NamedJob,
  type NextStep,
  nextStep,
  nothingToFindOut,
} from '../submission/next-step';
import { post } from '../submission/post';
import { confirmAnswer, followAnswer, MAY_HAVE_BEGUN_BEFORE } from '../submission/resolution';
import {
  type NotExecuted,
  REFUSED_CREDENTIALS_TRIES,
  refusalsInARow,
  sleepOrWake,
  waitForNextTry,
} from '../submission/waiting';
import { SUBMIT_LIMITS } from '../submit-limits';
import { recordReconciled } from '../telemetry';
import { submitAmbiguous } from '../verdict';

/** Returns once a job is known, or an object was taken for ours without one; throws ExportOutcomeUnknown otherwise. */
export async function reconcile(tracking: Validated): Promise<void> {
  // Until 0.3 it was not waited for the worker that submitted.
  if (nothingToFindOut(tracking.carried.request.options) && !is03(tracking)) throw submitAmbiguous(tracking, null);
  for (
    let lost = tracking.carried.lostSubmit;
    lost !== null && tracking.run.unconfirmed === null;
    lost = tracking.carried.lostSubmit
  ) {
    await continueInNewRunWhenDue(tracking);
    // A message that comes from here on is not slept over.
    tracking.carried.wake = false;
    await take(tracking, lost, nextStep(known(tracking, lost, null)));
  }
  recordReconciled(tracking.run.unconfirmed === null ? 'jobFound' : 'unconfirmed');
}

function known(tracking: Validated, lost: AmbiguousSubmit, destination: DestinationReading | null): Known {
  return {
    lost,
    answer: tracking.carried.resolution,
    check: tracking.carried.resolutionCheck,
    destination,
    wasReadable: tracking.carried.destinationFreeAt !== null,
    options: tracking.carried.request.options,
    deadlineAtMs: tracking.carried.deadlineAtMs,
    nowMs: Date.now(),
  };
}

async function take(tracking: Validated, lost: AmbiguousSubmit, step: NextStep): Promise<void> {
  if (step.do === 'followAnswer') return followAnswer(tracking, lost, step.answer);
  if (step.do === 'confirmAnswer') return await confirmAndGoOn(tracking, lost, step.answer);
  showPhase(tracking, 'as' in step ? step.as : 'reconciling');
  switch (step.do) {
    case 'giveUp':
      return giveUp(tracking, step.finding);
    case 'settle': {
      // Exports that were cut off together do not all go on in the moment in which their submits have settled.
      const nowMs = Date.now();
      const atMs = nowMs + atLeast(step.untilMs - nowMs);
      return await waitUntil(tracking, atMs, 'until the submit can no longer take effect');
    }
    case 'wait':
      return await waitUntil(tracking, step.untilMs, step.for);
    case 'inspectDestination':
      return await inspectAndGoOn(tracking, lost);
    case 'takeObject':
      tracking.run.unconfirmed = step.object;
      return warn(tracking, TAKEN_UNCONFIRMED);
    case 'watchDestination':
      return await watchDestination(tracking, lost);
    case 'probe':
      return await probe(tracking, lost);
  }
}

/** A cancel that is drained stays in its own phase. */
function showPhase(tracking: Validated, phase: ExportPhase): void {
  if (!tracking.run.draining) tracking.run.phase = phase;
}

/** Reads the job that was named, and sleeps until the next read where this one decided nothing. */
async function confirmAndGoOn(tracking: Validated, lost: AmbiguousSubmit, answer: NamedJob): Promise<void> {
  await confirmAnswer(tracking, answer);
  const { resolution, resolutionCheck } = tracking.carried;
  if (resolution !== answer || resolutionCheck === null) return;
  await take(tracking, lost, nextStep(known(tracking, lost, null)));
  // The time is over, or a message asks for a read now.
  if (tracking.carried.resolutionCheck === resolutionCheck) resolutionCheck.readAtMs = Date.now();
}

async function inspectAndGoOn(tracking: Validated, lost: AmbiguousSubmit): Promise<void> {
  const destination = await inspectDestination(tracking, lost.candidate !== null);
  if (destination.kind === 'candidate') rememberCandidate(lost, destination);
  // A later answer is known by now.
  if (tracking.carried.resolution !== null) return;
  if ('error' in destination) tracking.carried.lastError = destination.error;
  await take(tracking, lost, nextStep(known(tracking, lost, destination)));
}

/** There is an object that may be ours: nothing is submitted any more. */
function rememberCandidate(
  lost: AmbiguousSubmit,
  { object, doubt }: Extract<DestinationReading, { kind: 'candidate' }>,
): void {
  const seen = lost.candidate?.object;
  const isAtRest =
    seen != null && seen.etag === object.etag && seen.size === object.size && seen.lastModified === object.lastModified;
  const sinceMs = isAtRest && lost.candidate !== null ? lost.candidate.sinceMs : Date.now();
  lost.candidate = { object, doubt, sinceMs };
}

/** Ends as unknown, unless an answer has come in the meantime: it is followed first. */
function giveUp(tracking: Validated, finding: string): void {
  const { resolution, resolutionCheck } = tracking.carried;
  if (resolution === null || resolutionCheck !== null) throw submitAmbiguous(tracking, finding);
}

/**
 * Submits again: the answer of the cloud shows what became of the first submit. If nothing did, this is the export.
 * A probe that was surely not executed is not counted, and is repeated after a wait and another read of the destination.
 */
async function probe(tracking: Validated, lost: AmbiguousSubmit): Promise<void> {
  if (cancelRequested()) throw new CancelledFailure('Canceled before the outcome of the submit was known');
  const { submissions } = tracking.carried;
  lost.probeUntilMs ??= Date.now() + tracking.carried.request.options.submitBudgetMs;
  const untilMs = () => Math.min(lost.probeUntilMs ?? Number.POSITIVE_INFINITY, tracking.carried.deadlineAtMs);
  if (Date.now() >= untilMs()) return giveUp(tracking, 'the time to submit is over');
  const outcome = await post(tracking, lost.seenByThisRun, untilMs());
  switch (outcome.kind) {
    case 'accepted':
      if (submissions > 0) warn(tracking, MAY_HAVE_BEGUN_BEFORE);
      return;
    case 'ambiguous':
      // The probe is ambiguous too: post() has started to settle again.
      return;
    case 'rejected':
      tracking.carried.lastError = outcome.error;
      if (outcome.error.code !== DESTINATION_EXISTS) return giveUp(tracking, 'a further submit was refused');
      lost.probes += 1;
      lost.candidate = { object: null, doubt: null, sinceMs: Date.now() };
      return;
    case 'notExecuted':
      return await afterNotExecuted(tracking, lost, outcome, untilMs);
  }
}

async function afterNotExecuted(
  tracking: Validated,
  lost: AmbiguousSubmit,
  outcome: NotExecuted,
  untilMs: () => number,
): Promise<void> {
  tracking.carried.lastError = outcome.error;
  if (outcome.reason === 'imageBusy') {
    lost.probes += 1;
    lost.busyUntilMs = Date.now() + SUBMIT_LIMITS.busyImageMs * 2 ** lost.timesBusy;
    lost.timesBusy += 1;
    return;
  }
  lost.refusals = refusalsInARow(tracking, lost.refusals, outcome);
  if (lost.refusals >= REFUSED_CREDENTIALS_TRIES) return giveUp(tracking, 'the credentials are refused');
  const isInTime = await waitForNextTry(tracking, outcome, untilMs);
  // A busy image is watched all the same, and a person can be asked again.
  if (!isInTime) lost.probeUntilMs = Date.now();
}

/** An export of this image runs, ours or that of another caller to another object. Ours would end with the object at our destination. */
async function watchDestination(tracking: Validated, lost: AmbiguousSubmit): Promise<void> {
  const { minIntervalMs, maxIntervalMs } = tracking.carried.request.options;
  const nowMs = Date.now();
  const delayMs = nextDelayMs({
    elapsedMs: nowMs - lost.settledAtMs,
    remainingMs: null,
    minIntervalMs,
    maxIntervalMs,
    untilFinalPollMs: tracking.carried.deadlineAtMs - nowMs,
    random: Math.random(),
  });
  await waitUntil(tracking, nowMs + delayMs, 'the image is being exported; is the object there');
}

/**
 * After a cancel that is drained nothing is submitted any more: the destination is watched until an object appears, a person
 * says what became of the submit, or the deadline has passed (then it throws ExportOutcomeUnknown).
 */
export async function watchAfterCancel(tracking: Validated): Promise<void> {
  for (let lost = tracking.carried.lostSubmit; lost !== null; lost = tracking.carried.lostSubmit) {
    tracking.carried.wake = false;
    if (tracking.carried.resolution !== null && 'notSubmitted' in tracking.carried.resolution) {
      tracking.run.remoteJob = 'none';
      return;
    }
    if (tracking.carried.resolution !== null) {
      await take(tracking, lost, nextStep(known(tracking, lost, null)));
      continue;
    }
    const look = await inspectDestination(tracking);
    if (look.kind === 'candidate') {
      rememberCandidate(lost, look);
      warn(tracking, 'An object is at the destination. It may be of this or another export, so it was not deleted.');
      return;
    }
    if (look.kind !== 'free') tracking.carried.lastError = look.error;
    if (Date.now() >= tracking.carried.deadlineAtMs) giveUp(tracking, 'the deadline has passed');
    else await watchDestination(tracking, lost);
  }
}

/** The deadline is the longest sleep, and there is none after it. */
async function waitUntil(tracking: Validated, atMs: number, what: string): Promise<void> {
  await sleepOrWake(tracking, () => Math.min(atMs, tracking.carried.deadlineAtMs), `waiting: ${what}`);
}

/** IMG.0070. */
const DESTINATION_EXISTS = 'IMG.0070';

const TAKEN_UNCONFIRMED =
  'The answer to the submit was lost, and no job was found. The new object at the destination was accepted (acceptUnconfirmed).';
