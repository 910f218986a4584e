/**
 * The poll loop: read the job, decide, sleep, again. A poll that fails is counted, not fatal.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import type { PollOutcome } from '../../contract';
import type { UnknownOfJob } from '../../export/failures';
import { describeProgress, timerSummary } from '../../export/summaries';
import { atLeast, formatDuration } from '../../export/time';
import { takenWithinMs, wasNotAnswered, whenTaken } from '../absent-workers';
import { activityError, imsPollJob } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { continueInNewRunWhenDue } from '../continuation';
import { nextDelayMs } from '../poll-schedule';
import { dueInMs } from '../progress';
import { sleep } from '../sleep';
import { pollingPhase, recordPoll, type Submitted, stopStreaks, warn } from '../state';
import { jobSeen, stalled } from '../status';
import { activityTaskQueue } from '../task-queues';
import { recordDetection } from '../telemetry';
import { exportFailed, outcomeUnknown } from '../verdict';

/** A poll waits this long for a worker and an answer, so that a queue without workers cannot hold the deadline up. */
const POLL_LIMIT_MS = 120_000;

/** Even when the deadline has passed while no worker was there, the final poll gets this long. */
const MIN_POLL_LIMIT_MS = 10_000;

/** The final poll comes this long before the deadline: time enough for one poll, yet little of a short deadline. */
const FINAL_POLL_MS = 20_000;
const FINAL_POLL_SHARE = 0.05;

/** Polls of a parked export come at about `maxInterval`: not at once with those of others that were parked with it. */
const PARKED_SHARE = 0.97;

/** Returns once the cloud says SUCCESS. */
export async function pollUntilSuccess(tracking: Submitted): Promise<void> {
  // A run that was started for the final poll polls at once, paused or not.
  const isPaused = tracking.carried.paused && Date.now() < finalPollAtMs(tracking);
  if (isPaused || tracking.carried.polledAtMs !== null) await waitForNextPoll(tracking);
  for (;;) {
    await continueInNewRunWhenDue(tracking);
    const polledAtMs = Date.now();
    const wasMissed = tracking.carried.noWorker;
    const outcome = await pollOnce(tracking);
    const nowMs = Date.now();
    // By the deadline in force now: it may have been moved during the poll.
    const isFinalPoll = polledAtMs >= finalPollAtMs(tracking);
    // From the last answer before an absence to the first one after it, nobody could ask the cloud.
    if (wasMissed || outcome === null) stopStreaks(tracking, nowMs);
    if (outcome === null) {
      if (isFinalPoll && nowMs >= tracking.carried.deadlineAtMs) throw unseen(tracking, 'deadline', nowMs);
      await waitForNextPoll(tracking);
      continue;
    }
    recordPoll(tracking, outcome, nowMs);
    if (outcome.kind === 'observed' && outcome.job.status === 'SUCCESS') {
      tracking.run.remoteJob = 'ended';
      recordDetection(tracking, outcome.job.status, outcome.job.endTime);
      return;
    }
    if (outcome.kind === 'observed' && outcome.job.status === 'FAIL') {
      tracking.run.remoteJob = 'ended';
      recordDetection(tracking, outcome.job.status, outcome.job.endTime);
      throw exportFailed(tracking, outcome.job, nowMs);
    }
    warnOfStall(tracking, nowMs);
    const spent = spentBudget(tracking, outcome, isFinalPoll, nowMs);
    if (spent !== null && sawItRunning(outcome)) throw outcomeUnknown(tracking, spent, nowMs);
    if (spent !== null) throw unseen(tracking, spent, nowMs);
    await waitForNextPoll(tracking);
  }
}

/** The last poll did not see the job running. */
function unseen(tracking: Submitted, spent: UnknownOfJob, nowMs: number): ApplicationFailure {
  tracking.run.remoteJob = 'unknown';
  return outcomeUnknown(tracking, spent, nowMs);
}

/** Null when no worker answered: that was no poll. */
async function pollOnce(tracking: Submitted): Promise<PollOutcome | null> {
  const request = tracking.carried.request;
  const jobId = tracking.carried.jobId;
  const askedFor = tracking.carried.wake;
  tracking.carried.wake = false;
  tracking.run.nextPollAtMs = null;
  const scheduleToCloseTimeout = Math.max(
    MIN_POLL_LIMIT_MS,
    Math.min(POLL_LIMIT_MS, tracking.carried.deadlineAtMs - Date.now()),
  );
  const poll = () =>
    imsPollJob.executeWithOptions(
      {
        summary: `check #${tracking.carried.polls + 1} of job ${jobId}`,
        scheduleToStartTimeout: takenWithinMs(tracking, scheduleToCloseTimeout),
        scheduleToCloseTimeout,
        taskQueue: activityTaskQueue(request),
      },
      [{ request, jobId, askedFor }],
    );
  try {
    return await whenTaken(tracking, poll, () => false);
  } catch (error) {
    rethrowCancel(error);
    if (tracking.carried.noWorker && wasNotAnswered(error)) {
      tracking.carried.wake ||= askedFor;
      return null;
    }
    return { kind: 'error', error: activityError(error, 'ShowJob'), retryAfterMs: null };
  }
}

/** Which budget is spent, if any. The final poll decides when it was answered; when it failed there is time for another. */
function spentBudget(
  tracking: Submitted,
  outcome: PollOutcome,
  isFinalPoll: boolean,
  nowMs: number,
): UnknownOfJob | null {
  const { options } = tracking.carried.request;
  const { pollErrorsSinceMs, unknownStatusSinceMs, jobNotFoundSinceMs } = tracking.carried;
  if (isFinalPoll && (nowMs >= tracking.carried.deadlineAtMs || outcome.kind === 'observed')) return 'deadline';
  // The budgets are for an export that is polled; while its polls are paused, only the deadline runs on.
  if (tracking.carried.paused) return null;
  const isNotFound = outcome.kind === 'notFound' && jobNotFoundSinceMs !== null;
  if (isNotFound && nowMs - jobNotFoundSinceMs >= options.jobNotFoundGraceMs) return 'jobNotFound';
  if (pollErrorsSinceMs !== null && nowMs - pollErrorsSinceMs >= options.pollErrorBudgetMs) {
    return outcome.kind === 'notFound' ? 'jobNotFound' : 'pollErrors';
  }
  const isUnknown = outcome.kind === 'observed' && unknownStatusSinceMs !== null;
  return isUnknown && nowMs - unknownStatusSinceMs >= options.unknownStatusBudgetMs ? 'unknownStatus' : null;
}

/** Only a poll that saw the job running says that it still runs. */
function sawItRunning(outcome: PollOutcome): boolean {
  return outcome.kind === 'observed' && (outcome.job.status === 'INIT' || outcome.job.status === 'RUNNING');
}

function warnOfStall(tracking: Submitted, nowMs: number): void {
  if (!stalled(tracking, nowMs)) return;
  const { stallAfterMs } = tracking.carried.request.options;
  warn(
    tracking,
    `The progress stood still for ${formatDuration(stallAfterMs)} (${describeProgress(jobSeen(tracking, nowMs))}).`,
  );
}

/** Sleeps until the next poll is due or asked for; a new run sleeps on. */
async function waitForNextPoll(tracking: Submitted): Promise<void> {
  tracking.carried.polledAtMs ??= Date.now();
  const lastPollAtMs = tracking.carried.polledAtMs;
  await sleep(tracking, (nowMs) => {
    tracking.run.phase = pollingPhase(tracking.carried, tracking.run.draining);
    return {
      untilMs: nextPollAtMs(tracking, lastPollAtMs),
      summary: () => timerSummary(jobSeen(tracking, nowMs)),
    };
  });
  tracking.carried.polledAtMs = null;
}

function nextPollAtMs(tracking: Submitted, lastPollAtMs: number): number {
  const { options } = tracking.carried.request;
  const finalPollInMs = finalPollAtMs(tracking) - lastPollAtMs;
  // The final poll has failed; the next comes at the deadline at the latest.
  const untilFinalPollMs = finalPollInMs > 0 ? finalPollInMs : tracking.carried.deadlineAtMs - lastPollAtMs;
  if (tracking.carried.paused) return lastPollAtMs + untilFinalPollMs;
  // A worker that comes takes the poll from the queue.
  if (tracking.carried.noWorker) return lastPollAtMs + Math.min(atLeast(options.minIntervalMs), untilFinalPollMs);
  const delayMs = nextDelayMs({
    elapsedMs: lastPollAtMs - (tracking.carried.submittedAtMs ?? tracking.carried.startedAtMs),
    remainingMs: tracking.carried.parked ? null : dueInMs(tracking.carried.progress, lastPollAtMs),
    // Polls that are refused are slow: each may count against a key that the cloud locks after five bad signatures.
    minIntervalMs: tracking.carried.parked
      ? Math.max(options.minIntervalMs, PARKED_SHARE * options.maxIntervalMs)
      : options.minIntervalMs,
    maxIntervalMs: options.maxIntervalMs,
    untilFinalPollMs,
    random: Math.random(),
  });
  const spreadMs = Math.min(delayMs + phaseMs(tracking), Math.max(delayMs, options.maxIntervalMs));
  return lastPollAtMs + Math.min(Math.max(spreadMs, atLeast(tracking.carried.retryAfterMs ?? 0)), untilFinalPollMs);
}

/**
 * Exports that were accepted together have polled together, and their first delays are all the shortest: these are drawn over
 * a whole interval more, since jitter alone would need a dozen polls to spread them.
 */
function phaseMs(tracking: Submitted): number {
  return tracking.carried.polls === 1 ? Math.round(Math.random() * tracking.carried.request.options.minIntervalMs) : 0;
}

/** When the final poll comes, which decides at the deadline. An export is never given up without one. */
function finalPollAtMs(tracking: Submitted): number {
  const { deadlineMs } = tracking.carried.request.options;
  return tracking.carried.deadlineAtMs - Math.min(FINAL_POLL_MS, FINAL_POLL_SHARE * deadlineMs);
}
