/**
 * Submitting: one export for one intent.
 *
 * Only what was surely not executed is tried again, each time as a new activity. An answer that was lost is found out
 * about ({@link reconcile}) before anything else is sent.
 *
 * @module
 */
import { type ApplicationFailure, CancelledFailure } from '@temporalio/workflow';
import { cancelRequested } from '../cancellation';
import { continueInNewRunWhenDue } from '../continuation';
import { requestOf, submitEndsAtMs, type Tracking } from '../tracking';
import { submitGivenUp, submitRejected } from '../verdict';
import { post } from './post';
import { reconcile } from './reconciliation';
import { type NotExecuted, REFUSED_CREDENTIALS_TRIES, refusedCredentials, waitForNextTry } from './waiting';

/** Returns once a job is known, or an object was taken for ours without one (`tracking.unconfirmed`). */
export async function submit(tracking: Tracking): Promise<void> {
  if (tracking.lostSubmit === null) await submitFirst(tracking);
  if (tracking.lostSubmit !== null) await reconcile(tracking);
}

async function submitFirst(tracking: Tracking): Promise<void> {
  tracking.submitUntilMs ??= Date.now() + requestOf(tracking).options.submitBudgetMs;
  let refused = 0;
  let last: NotExecuted | undefined;
  for (;;) {
    await continueInNewRunWhenDue(tracking);
    if (cancelRequested()) throw new CancelledFailure('Canceled before the export was submitted');
    if (Date.now() >= submitEndsAtMs(tracking)) throw submitGivenUp(tracking, last);
    tracking.phase = 'submitting';
    // A pollNow that comes from here on asks for another try.
    tracking.wake = false;
    const outcome = await post(tracking, !tracking.mayHaveSubmitted, submitEndsAtMs(tracking));
    if (outcome.kind === 'accepted' || outcome.kind === 'ambiguous') return;
    if (outcome.kind === 'rejected') throw submitRejected(tracking, outcome.error, outcome.denied);
    last = outcome;
    refused = refusedCredentials(outcome) ? refused + 1 : 0;
    const refusal = finalRefusal(tracking, outcome, refused);
    if (refusal !== null) throw refusal;
    tracking.phase = 'waitingToSubmit';
    const isInTime = await waitForNextTry(tracking, outcome, () => submitEndsAtMs(tracking));
    if (!isInTime) throw submitGivenUp(tracking, outcome);
  }
}

/** Why no further try is due, where the answer or the options say so. */
function finalRefusal(tracking: Tracking, outcome: NotExecuted, refused: number): ApplicationFailure | null {
  if (refused >= REFUSED_CREDENTIALS_TRIES) return submitRejected(tracking, outcome.error, true);
  const mayWaitForImage = requestOf(tracking).options.whenImageBusy === 'wait';
  if (outcome.reason === 'imageBusy' && !mayWaitForImage) return submitRejected(tracking, outcome.error, false);
  return null;
}
