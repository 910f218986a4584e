/**
 * The poll loop: look at the job, decide, sleep, again. A poll that fails is counted, not fatal.
 *
 * @module
 */
import { allHandlersFinished, condition, continueAsNew } from '@temporalio/workflow';
import type { ExportOutcomeUnknownDetails, PollOutcome } from '../contract';
import { activityError, imsPollJob } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { shallContinueAsNew } from './continuation';
import { exportFailed, outcomeUnknown } from './failures';
import { nextDelayMs } from './poll-schedule';
import { remainingMs } from './progress';
import { publishDetails } from './publishing';
import { carriedState, deadlineOf, recordPoll, requestOf, type Tracking } from './tracking';
import { timerSummary } from './wording';

/** A poll waits this long for a worker and an answer, so that a queue without workers cannot hold the deadline up. */
const POLL_LIMIT_MS = 120_000;

/** Even when the deadline has passed while no worker was there, the last look gets this long. */
const SHORTEST_POLL_LIMIT_MS = 10_000;

/** The last look comes this long before the deadline: time enough for one poll, yet little of a short deadline. */
const LAST_LOOK_MS = 20_000;
const LAST_LOOK_SHARE = 0.05;

/** Returns once the cloud says SUCCESS. */
export async function pollUntilSuccess(tracking: Tracking): Promise<void> {
  for (;;) {
    if (shallContinueAsNew()) await goOnInNewRun(tracking);
    const isLastLook = Date.now() >= lastLookAtMs(tracking);
    const outcome = await pollOnce(tracking);
    recordPoll(tracking, outcome, Date.now());
    if (outcome.kind === 'observed' && outcome.job.status === 'SUCCESS') {
      tracking.remoteJob = 'ended';
      return;
    }
    if (outcome.kind === 'observed' && outcome.job.status === 'FAIL') {
      tracking.remoteJob = 'ended';
      throw exportFailed(tracking, outcome.job, Date.now());
    }
    const spent = isLastLook ? 'deadline' : spentBudget(tracking, outcome, Date.now());
    if (spent !== null) {
      // Only a look that saw the job running says that it still runs.
      if (outcome.kind !== 'observed' || spent === 'unknownStatus') tracking.remoteJob = 'unknown';
      throw outcomeUnknown(tracking, spent, Date.now());
    }
    await waitForNextPoll(tracking);
  }
}

async function pollOnce(tracking: Tracking): Promise<PollOutcome> {
  const request = requestOf(tracking);
  const jobId = tracking.jobId ?? '';
  tracking.wake = false;
  tracking.nextPollAtMs = null;
  const scheduleToCloseTimeout = Math.max(
    SHORTEST_POLL_LIMIT_MS,
    Math.min(POLL_LIMIT_MS, deadlineOf(tracking) - Date.now()),
  );
  try {
    return await imsPollJob.executeWithOptions(
      { summary: `check #${tracking.polls + 1} of job ${jobId}`, scheduleToCloseTimeout },
      [{ request, jobId }],
    );
  } catch (error) {
    rethrowCancel(error);
    return { kind: 'error', error: activityError(error, 'ShowJob'), retryAfterMs: null };
  }
}

function spentBudget(
  tracking: Tracking,
  outcome: PollOutcome,
  nowMs: number,
): ExportOutcomeUnknownDetails['reason'] | null {
  const { options } = requestOf(tracking);
  const { pollErrorsSinceMs, unknownStatusSinceMs } = tracking;
  if (pollErrorsSinceMs !== null && nowMs - pollErrorsSinceMs >= options.pollErrorBudgetMs) {
    return outcome.kind === 'notFound' ? 'jobNotFound' : 'pollErrors';
  }
  if (unknownStatusSinceMs !== null && nowMs - unknownStatusSinceMs >= options.unknownStatusBudgetMs)
    return 'unknownStatus';
  return null;
}

async function waitForNextPoll(tracking: Tracking): Promise<void> {
  tracking.phase = tracking.parked ? 'parked' : 'exporting';
  const nowMs = Date.now();
  const delayMs = Math.max(1, delayUntilNextPoll(tracking, nowMs));
  tracking.nextPollAtMs = nowMs + delayMs;
  publishDetails(tracking);
  if (!tracking.wake) await condition(() => tracking.wake, delayMs, { summary: timerSummary(tracking, nowMs) });
}

function delayUntilNextPoll(tracking: Tracking, nowMs: number): number {
  const { options } = requestOf(tracking);
  return nextDelayMs({
    elapsedMs: nowMs - (tracking.submittedAtMs ?? tracking.startedAtMs),
    remainingMs: tracking.parked ? null : remainingMs(tracking.progress, nowMs),
    // Polls that are refused are slow: each may count against a key that the cloud locks after five bad signatures.
    minIntervalMs: tracking.parked ? options.maxIntervalMs : options.minIntervalMs,
    maxIntervalMs: options.maxIntervalMs,
    untilLastLookMs: lastLookAtMs(tracking) - nowMs,
    random: Math.random(),
  });
}

/** The look that decides at the deadline. An export is never given up without it. */
function lastLookAtMs(tracking: Tracking): number {
  const { deadlineMs } = requestOf(tracking).options;
  return deadlineOf(tracking) - Math.min(LAST_LOOK_MS, LAST_LOOK_SHARE * deadlineMs);
}

async function goOnInNewRun(tracking: Tracking): Promise<never> {
  tracking.continuing = true;
  await condition(allHandlersFinished);
  return await continueAsNew(tracking.input, carriedState(tracking));
}
