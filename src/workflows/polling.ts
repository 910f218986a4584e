/**
 * The poll loop: look at the job, decide, sleep, again. A poll that fails is counted, not fatal.
 *
 * @module
 */
import { condition } from '@temporalio/workflow';
import type { PollOutcome } from '../contract';
import { activityError, imsPollJob } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { continueInNewRunWhenDue } from './continuation';
import { exportFailed, outcomeUnknown, type UnknownOfJob } from './failures';
import { formatDuration } from './format-duration';
import { nextDelayMs } from './poll-schedule';
import { dueInMs } from './progress';
import { publishDetails } from './publishing';
import { stalled } from './status';
import { deadlineOf, jobIdOf, recordPoll, requestOf, type Tracking, warn } from './tracking';
import { describeProgress, timerSummary } from './wording';

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
    await continueInNewRunWhenDue(tracking);
    const isLastLook = Date.now() >= lastLookAtMs(tracking);
    const outcome = await pollOnce(tracking);
    const nowMs = Date.now();
    recordPoll(tracking, outcome, nowMs);
    if (outcome.kind === 'observed' && outcome.job.status === 'SUCCESS') {
      tracking.remoteJob = 'ended';
      return;
    }
    if (outcome.kind === 'observed' && outcome.job.status === 'FAIL') {
      tracking.remoteJob = 'ended';
      throw exportFailed(tracking, outcome.job, nowMs);
    }
    warnOfStall(tracking, nowMs);
    const spent = spentBudget(tracking, outcome, isLastLook, nowMs);
    if (spent !== null) {
      if (!sawItRunning(outcome)) tracking.remoteJob = 'unknown';
      throw outcomeUnknown(tracking, spent, nowMs);
    }
    await waitForNextPoll(tracking);
  }
}

async function pollOnce(tracking: Tracking): Promise<PollOutcome> {
  const request = requestOf(tracking);
  const jobId = jobIdOf(tracking);
  const askedFor = tracking.wake;
  tracking.wake = false;
  tracking.nextPollAtMs = null;
  const scheduleToCloseTimeout = Math.max(
    SHORTEST_POLL_LIMIT_MS,
    Math.min(POLL_LIMIT_MS, deadlineOf(tracking) - Date.now()),
  );
  try {
    return await imsPollJob.executeWithOptions(
      { summary: `check #${tracking.polls + 1} of job ${jobId}`, scheduleToCloseTimeout },
      [{ request, jobId, askedFor }],
    );
  } catch (error) {
    rethrowCancel(error);
    return { kind: 'error', error: activityError(error, 'ShowJob'), retryAfterMs: null };
  }
}

/** Which budget is spent, if any. The last look decides when it was answered; when it failed there is time for another. */
function spentBudget(
  tracking: Tracking,
  outcome: PollOutcome,
  isLastLook: boolean,
  nowMs: number,
): UnknownOfJob | null {
  const { options } = requestOf(tracking);
  const { pollErrorsSinceMs, unknownStatusSinceMs } = tracking;
  if (isLastLook && (nowMs >= deadlineOf(tracking) || outcome.kind === 'observed')) return 'deadline';
  if (pollErrorsSinceMs !== null && nowMs - pollErrorsSinceMs >= options.pollErrorBudgetMs) {
    return outcome.kind === 'notFound' ? 'jobNotFound' : 'pollErrors';
  }
  const isUnknown = outcome.kind === 'observed' && unknownStatusSinceMs !== null;
  return isUnknown && nowMs - unknownStatusSinceMs >= options.unknownStatusBudgetMs ? 'unknownStatus' : null;
}

/** Only a look that saw the job running says that it still runs. */
function sawItRunning(outcome: PollOutcome): boolean {
  return outcome.kind === 'observed' && (outcome.job.status === 'INIT' || outcome.job.status === 'RUNNING');
}

function warnOfStall(tracking: Tracking, nowMs: number): void {
  if (!stalled(tracking, nowMs)) return;
  const { stallAfterMs } = requestOf(tracking).options;
  warn(
    tracking,
    `The progress stood still for ${formatDuration(stallAfterMs)} (${describeProgress(tracking, nowMs)}).`,
  );
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
  const lastLookInMs = lastLookAtMs(tracking) - nowMs;
  // Past the last look there was one that failed; the next comes at the deadline at the latest.
  const untilLastLookMs = lastLookInMs > 0 ? lastLookInMs : deadlineOf(tracking) - nowMs;
  const delayMs = nextDelayMs({
    elapsedMs: nowMs - (tracking.submittedAtMs ?? tracking.startedAtMs),
    remainingMs: tracking.parked ? null : dueInMs(tracking.progress, nowMs),
    // Polls that are refused are slow: each may count against a key that the cloud locks after five bad signatures.
    minIntervalMs: tracking.parked ? options.maxIntervalMs : options.minIntervalMs,
    maxIntervalMs: options.maxIntervalMs,
    untilLastLookMs,
    random: Math.random(),
  });
  return Math.min(Math.max(delayMs, tracking.retryAfterMs ?? 0), untilLastLookMs);
}

/** When the look comes that decides at the deadline. An export is never given up without one. */
function lastLookAtMs(tracking: Tracking): number {
  const { deadlineMs } = requestOf(tracking).options;
  return deadlineOf(tracking) - Math.min(LAST_LOOK_MS, LAST_LOOK_SHARE * deadlineMs);
}
