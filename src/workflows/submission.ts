/**
 * Submitting: one POST for one intent.
 *
 * The activity has one attempt and answers with an outcome. Only what was surely not executed is tried again, each time
 * as a new activity; an answer that was lost ends as *unknown* and never as a second POST.
 *
 * @module
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  condition,
  isCancellation,
  TimeoutFailure,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { CloudErrorInfo, SubmitOutcome } from '../contract';
import { activityError, imsSubmitExport } from './activity-stubs';
import { cancelRequested } from './cancellation';
import { continueInNewRunWhenDue } from './continuation';
import { outcomeUnknown, submitGivenUp, submitRejected } from './failures';
import { publishDetails } from './publishing';
import { deadlineOf, requestOf, type Tracking } from './tracking';
import { describeExport, waitSummary } from './wording';

type NotExecuted = Extract<SubmitOutcome, { kind: 'notExecuted' }>;

/** First wait for a throttled or busy cloud; each further one is half as long again, up to the longest. */
const FIRST_WAIT_MS = 30_000;
/** The same where the trouble is a worker's own: another one may be there at once. */
const FIRST_WAIT_FOR_WORKER_MS = 1_000;
const LONGEST_WAIT_MS = 300_000;

/** A 401 on the POST may be a token that expired this moment: the worker's credentials refresh, and one more try is due. */
const REFUSED_CREDENTIALS_TRIES = 2;

export async function submit(tracking: Tracking): Promise<void> {
  tracking.submitUntilMs ??= Math.min(Date.now() + requestOf(tracking).options.submitBudgetMs, deadlineOf(tracking));
  let refusedCredentials = 0;
  for (;;) {
    await continueInNewRunWhenDue(tracking);
    const outcome = await submitOnce(tracking, tracking.submitUntilMs);
    switch (outcome.kind) {
      case 'accepted':
        accept(tracking, outcome.jobId);
        return;
      case 'rejected':
        throw submitRejected(tracking, outcome.error, outcome.denied);
      case 'ambiguous':
        loseTrack(tracking, outcome.error);
        throw outcomeUnknown(tracking, 'submitAmbiguous', Date.now());
      case 'notExecuted':
        refusedCredentials = areRefused(outcome) ? refusedCredentials + 1 : 0;
        if (refusedCredentials >= REFUSED_CREDENTIALS_TRIES) throw submitRejected(tracking, outcome.error, true);
        if (outcome.reason === 'imageBusy' && requestOf(tracking).options.whenImageBusy === 'fail') {
          throw submitRejected(tracking, outcome.error, false);
        }
        await waitToSubmit(tracking, outcome, tracking.submitUntilMs);
    }
  }
}

async function submitOnce(tracking: Tracking, giveUpAtMs: number): Promise<SubmitOutcome> {
  const request = requestOf(tracking);
  if (cancelRequested()) throw new CancelledFailure('Canceled before the export was submitted');
  if (Date.now() >= giveUpAtMs) throw outOfTime(tracking);
  tracking.phase = 'submitting';
  // From here until the answer, whoever asks is told the truth: nobody knows.
  tracking.remoteJob = 'unknown';
  tracking.nextPollAtMs = null;
  publishDetails(tracking);
  const scheduleToStartTimeout = giveUpAtMs - Date.now();
  const outcome = await imsSubmitExport
    .executeWithOptions({ summary: `submit ${describeExport(request)}`, scheduleToStartTimeout }, [
      { request, mayPost: !tracking.mayHaveSubmitted, runId: workflowInfo().runId },
    ])
    .catch(lostActivity);
  const surelyNot = outcome.kind === 'rejected' || outcome.kind === 'notExecuted';
  if (surelyNot && !tracking.mayHaveSubmitted) tracking.remoteJob = 'none';
  // The POST has settled. Where a cancel came meanwhile, what is known of the job is kept before the cancel goes on.
  if (cancelRequested()) {
    if (outcome.kind === 'accepted') accept(tracking, outcome.jobId);
    if (outcome.kind === 'ambiguous') loseTrack(tracking, outcome.error);
    throw new CancelledFailure('Canceled while the export was being submitted');
  }
  return outcome;
}

/** The activity ended without an outcome: its worker may have been lost at any moment of the POST. */
function lostActivity(error: unknown): SubmitOutcome {
  const lost = activityError(error, 'ExportImage');
  const neverBegan = (told: Partial<CloudErrorInfo> = {}): SubmitOutcome => ({
    kind: 'notExecuted',
    reason: 'staleAttempt',
    error: { ...lost, ...told },
    retryAfterMs: null,
  });
  // Waiting for the completion of a cancel, only an activity that never began ends as canceled.
  if (isCancellation(error)) return neverBegan();
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  // Temporal's word for an activity that the worker does not have.
  if (cause instanceof ApplicationFailure && cause.type === 'NotFoundError') {
    return neverBegan({ code: 'NO_SUCH_ACTIVITY' });
  }
  if (cause instanceof TimeoutFailure) {
    const jobId = heartbeatJobId(cause.lastHeartbeatDetails);
    if (jobId !== undefined) return { kind: 'accepted', jobId };
    if (cause.timeoutType === 'SCHEDULE_TO_START') {
      return neverBegan({ message: 'no worker took the submit from the task queue' });
    }
  }
  return { kind: 'ambiguous', error: lost };
}

/** The activity heartbeats the job id before it returns, so that a lost completion does not lose the job. */
function heartbeatJobId(details: unknown): string | undefined {
  if (typeof details !== 'object' || details === null || !('jobId' in details)) return undefined;
  return typeof details.jobId === 'string' ? details.jobId : undefined;
}

function accept(tracking: Tracking, jobId: string): void {
  const { imageId, bucketUrl } = requestOf(tracking);
  tracking.jobId = jobId;
  tracking.submittedAtMs = Date.now();
  tracking.submissions += 1;
  tracking.remoteJob = 'running';
  tracking.lastError = null;
  tracking.phase = 'exporting';
  // Before anything else can happen: a canceled, terminated or reset run has no result to keep the id in.
  upsertMemo({ jobId, imageId, bucketUrl });
}

function loseTrack(tracking: Tracking, error: CloudErrorInfo): void {
  tracking.lastError = error;
  tracking.submissions += 1;
  tracking.remoteJob = 'unknown';
}

/** Nothing was submitted in time; in a run that was reset or retried, nobody knows of an earlier attempt. */
function outOfTime(tracking: Tracking, last?: NotExecuted): ApplicationFailure {
  if (!tracking.mayHaveSubmitted) return submitGivenUp(tracking, last);
  return outcomeUnknown(tracking, 'submitAmbiguous', Date.now());
}

/** True when the cloud itself refused the credentials; that there are none to sign with may pass. */
function areRefused({ reason, error }: NotExecuted): boolean {
  return reason === 'unauthorized' && error.httpStatus !== null;
}

async function waitToSubmit(tracking: Tracking, outcome: NotExecuted, giveUpAtMs: number): Promise<void> {
  tracking.phase = 'waitingToSubmit';
  tracking.lastError = outcome.error;
  const delayMs = waitMs(outcome, tracking.submitWaits);
  if (Date.now() + delayMs >= giveUpAtMs) throw outOfTime(tracking, outcome);
  tracking.submitWaits += 1;
  tracking.nextPollAtMs = Date.now() + delayMs;
  publishDetails(tracking);
  tracking.wake = false;
  const summary = waitSummary(outcome.reason, outcome.error.code, delayMs);
  await condition(() => tracking.wake, delayMs, { summary });
  tracking.wake = false;
}

function waitMs({ reason, retryAfterMs }: NotExecuted, waits: number): number {
  const firstMs = reason === 'staleAttempt' ? FIRST_WAIT_FOR_WORKER_MS : FIRST_WAIT_MS;
  const backedOffMs = Math.min(LONGEST_WAIT_MS, firstMs * 1.5 ** waits);
  const jitteredMs = Math.round(backedOffMs * (0.85 + 0.3 * Math.random()));
  return Math.max(retryAfterMs ?? 0, jitteredMs);
}
