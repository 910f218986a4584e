/**
 * The poll loop: look at the job, decide, sleep, again. A poll that fails is counted, not fatal.
 *
 * @module
 */
import type { PollOutcome } from '../contract';
import type { UnknownOfJob } from '../export/failures';
import { describeProgress, timerSummary } from '../export/summaries';
import { atLeast, formatDuration } from '../export/time';
import { activityError, imsPollJob } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { continueInNewRunWhenDue } from './continuation';
import { nextDelayMs } from './poll-schedule';
import { dueInMs } from './progress';
import { sleep } from './sleep';
import { jobSeen, stalled } from './status';
import { activityTaskQueue } from './task-queues';
import { tellDetection } from './telemetry';
import { deadlineOf, jobIdOf, pollingPhase, recordPoll, requestOf, type Tracking, warn } from './tracking';
import { exportFailed, outcomeUnknown } from './verdict';

/** A poll waits this long for a worker and an answer, so that a queue without workers cannot hold the deadline up. */
const POLL_LIMIT_MS = 120_000;

/** Even when the deadline has passed while no worker was there, the last look gets this long. */
const SHORTEST_POLL_LIMIT_MS = 10_000;

/** The last look comes this long before the deadline: time enough for one poll, yet little of a short deadline. */
const LAST_LOOK_MS = 20_000;
const LAST_LOOK_SHARE = 0.05;

/** Polls of a parked export come at about `maxInterval`: not at once with those of others that were parked with it. */
const PARKED_SHARE = 0.97;

/** Returns once the cloud says SUCCESS. */
export async function pollUntilSuccess(tracking: Tracking): Promise<void> {
  // A run that was begun for the last look makes it at once, paused or not.
  if (tracking.paused && Date.now() < lastLookAtMs(tracking)) await waitForNextPoll(tracking);
  for (;;) {
    await continueInNewRunWhenDue(tracking);
    const lookedAtMs = Date.now();
    const outcome = await pollOnce(tracking);
    const nowMs = Date.now();
    recordPoll(tracking, outcome, nowMs);
    if (outcome.kind === 'observed' && outcome.job.status === 'SUCCESS') {
      tracking.remoteJob = 'ended';
      tellDetection(tracking, outcome.job.status, outcome.job.endTime);
      return;
    }
    if (outcome.kind === 'observed' && outcome.job.status === 'FAIL') {
      tracking.remoteJob = 'ended';
      tellDetection(tracking, outcome.job.status, outcome.job.endTime);
      throw exportFailed(tracking, outcome.job, nowMs);
    }
    warnOfStall(tracking, nowMs);
    // By the deadline in force now: it may have been moved during the look.
    const isLastLook = lookedAtMs >= lastLookAtMs(tracking);
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
      {
        summary: `check #${tracking.polls + 1} of job ${jobId}`,
        scheduleToCloseTimeout,
        taskQueue: activityTaskQueue(tracking),
      },
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
  const { pollErrorsSinceMs, unknownStatusSinceMs, jobNotFoundSinceMs } = tracking;
  if (isLastLook && (nowMs >= deadlineOf(tracking) || outcome.kind === 'observed')) return 'deadline';
  // The budgets are for an export that is looked at; while its polls are paused, only the deadline runs on.
  if (tracking.paused) return null;
  const isNotFound = outcome.kind === 'notFound' && jobNotFoundSinceMs !== null;
  if (isNotFound && nowMs - jobNotFoundSinceMs >= options.jobNotFoundGraceMs) return 'jobNotFound';
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
    `The progress stood still for ${formatDuration(stallAfterMs)} (${describeProgress(jobSeen(tracking, nowMs))}).`,
  );
}

/** Sleeps until the next poll is due or asked for. */
async function waitForNextPoll(tracking: Tracking): Promise<void> {
  const lastPollAtMs = Date.now();
  await sleep(tracking, (nowMs) => {
    tracking.phase = pollingPhase(tracking);
    return {
      untilMs: nextPollAtMs(tracking, lastPollAtMs),
      summary: () => timerSummary(jobSeen(tracking, nowMs)),
    };
  });
}

function nextPollAtMs(tracking: Tracking, lastPollAtMs: number): number {
  const { options } = requestOf(tracking);
  const lastLookInMs = lastLookAtMs(tracking) - lastPollAtMs;
  // Past the last look there was one that failed; the next comes at the deadline at the latest.
  const untilLastLookMs = lastLookInMs > 0 ? lastLookInMs : deadlineOf(tracking) - lastPollAtMs;
  if (tracking.paused) return lastPollAtMs + untilLastLookMs;
  const delayMs = nextDelayMs({
    elapsedMs: lastPollAtMs - (tracking.submittedAtMs ?? tracking.startedAtMs),
    remainingMs: tracking.parked ? null : dueInMs(tracking.progress, lastPollAtMs),
    // Polls that are refused are slow: each may count against a key that the cloud locks after five bad signatures.
    minIntervalMs: tracking.parked
      ? Math.max(options.minIntervalMs, PARKED_SHARE * options.maxIntervalMs)
      : options.minIntervalMs,
    maxIntervalMs: options.maxIntervalMs,
    untilLastLookMs,
    random: Math.random(),
  });
  const spreadMs = Math.min(delayMs + phaseMs(tracking), Math.max(delayMs, options.maxIntervalMs));
  return lastPollAtMs + Math.min(Math.max(spreadMs, atLeast(tracking.retryAfterMs ?? 0)), untilLastLookMs);
}

/**
 * Exports that were accepted together have looked together, and their first delays are all the shortest: these are drawn over
 * a whole interval more, since jitter alone would need a dozen looks to spread them.
 */
function phaseMs(tracking: Tracking): number {
  return tracking.polls === 1 ? Math.round(Math.random() * requestOf(tracking).options.minIntervalMs) : 0;
}

/** When the look comes that decides at the deadline. An export is never given up without one. */
function lastLookAtMs(tracking: Tracking): number {
  const { deadlineMs } = requestOf(tracking).options;
  return deadlineOf(tracking) - Math.min(LAST_LOOK_MS, LAST_LOOK_SHARE * deadlineMs);
}
