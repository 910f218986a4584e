/**
 * Submitting: one export for one intent.
 *
 * Only what was surely not executed is tried again, each time as a new activity. An answer that was lost is found out
 * about ({@link reconcile}) before anything else is sent.
 *
 * @module
 */
import { type ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import { earlierAttempt } from '../../export/failures';
import { cancelRequested } from '../cancellation';
import { continueInNewRunWhenDue } from '../continuation';
import { is03 } from '../patches';
import { submitEndsAtMs, type Validated } from '../state';
import { post, recordAmbiguous } from '../submission/post';
import {
  goOnWaiting,
  type NotExecuted,
  REFUSED_CREDENTIALS_TRIES,
  refusalsInARow,
  waitForNextTry,
} from '../submission/waiting';
import { submitGivenUp, submitRejected } from '../verdict';
import { reconcile } from './reconcile';

/** Returns once a job is known, or an object was taken for ours without one (`run.unconfirmed`). */
export async function submit(tracking: Validated): Promise<void> {
  await goOnWaiting(tracking);
  if (tracking.carried.lostSubmit === null) await submitFirst(tracking);
  if (tracking.carried.lostSubmit !== null) await reconcile(tracking);
}

async function submitFirst(tracking: Validated): Promise<void> {
  tracking.carried.submitUntilMs ??= Date.now() + tracking.carried.request.options.submitBudgetMs;
  for (;;) {
    await continueInNewRunWhenDue(tracking);
    if (cancelRequested()) throw new CancelledFailure('Canceled before the export was submitted');
    if (Date.now() >= submitEndsAtMs(tracking)) return giveUp(tracking);
    tracking.run.phase = 'submitting';
    // A pollNow that comes from here on asks for another try.
    tracking.carried.wake = false;
    const outcome = await post(tracking, !tracking.carried.mayHaveSubmitted, submitEndsAtMs(tracking));
    if (outcome.kind === 'accepted' || outcome.kind === 'ambiguous') return;
    if (outcome.kind === 'rejected') throw submitRejected(tracking, outcome.error, outcome.denied);
    tracking.carried.lastTry = outcome;
    tracking.carried.refusedTries = refusalsInARow(tracking, tracking.carried.refusedTries, outcome);
    const refusal = finalRejection(tracking, outcome);
    if (refusal !== null) throw refusal;
    tracking.run.phase = 'waitingToSubmit';
    const isInTime = await waitForNextTry(tracking, outcome, () => submitEndsAtMs(tracking));
    if (!isInTime) return giveUp(tracking);
  }
}

/** In a run that was reset or retried, an earlier attempt may have submitted: that is found out, as far as the deadline allows. */
function giveUp(tracking: Validated): void {
  if (!tracking.carried.mayHaveSubmitted || !is03(tracking))
    throw submitGivenUp(tracking, tracking.carried.lastTry ?? undefined);
  recordAmbiguous(tracking, { kind: 'ambiguous', sent: false, runId: null, error: earlierAttempt() });
}

/** Why no further try is due, where the answer or the options say so. */
function finalRejection(tracking: Validated, outcome: NotExecuted): ApplicationFailure | null {
  if (tracking.carried.refusedTries >= REFUSED_CREDENTIALS_TRIES) return submitRejected(tracking, outcome.error, true);
  const mayWaitForImage = tracking.carried.request.options.whenImageBusy === 'wait';
  if (outcome.reason === 'imageBusy' && !mayWaitForImage) return submitRejected(tracking, outcome.error, false);
  return null;
}
