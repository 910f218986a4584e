/**
 * What must hold in every run, whatever its verdict: each rule gives a sentence for everything that breaks it.
 *
 * @module
 */

import { attemptsOfLastRun, begunAt, fateOf, jobsToOurObject, postsByAttempt, seenAt } from './evidence';
import type { Attempt, Post, Record } from './record';
import { SUBMIT_LIMITS } from './scaled-limits';

export type Rule = (record: Record) => string[];

/** Where the cloud guards a busy image, it sees to this itself. A third of the runs go without: see `unguarded`. */
export function neverTwoLiveJobs(record: Record): string[] {
  const jobs = jobsToOurObject(record).sort((one, other) => one.beginMs - other.beginMs);
  return jobs.flatMap((job, index) => {
    const before = jobs.slice(0, index).find(({ endMs }) => endMs === null || endMs > job.beginMs);
    return before ? [`job ${job.jobId} began while job ${before.jobId} was going on`] : [];
  });
}

/**
 * A candidate was seen when a HEAD of our key by our worker was answered 200, or a POST was answered that the object exists. A
 * run that was reset to its beginning, or is a retry, knows nothing of what was seen before.
 */
export function noPostAfterCandidate(record: Record): string[] {
  const { posts, restartsAtMs } = record;
  const told = posts.filter(({ note, httpStatus }) => httpStatus !== null && note.includes('IMG.0070'));
  const seen = [...seenAt(record), ...told.map(({ atMs }) => atMs)];
  return posts.flatMap(({ atMs }) => {
    const knownSinceMs = Math.max(0, ...restartsAtMs.filter((resetAtMs) => resetAtMs < atMs));
    const before = seen.find((seenAtMs) => seenAtMs < atMs && seenAtMs > knownSinceMs);
    return before ? [`a POST ${atMs - before} ms after an object that may be ours was seen`] : [];
  });
}

/** Half the heartbeat timeout is the fence of the activity; the rest is for a machine with other things to do. */
const FENCE_MS = SUBMIT_LIMITS.heartbeatTimeoutMs / 2 + 200;

/**
 * In flight when the cancel was asked for, and therefore excused: a POST whose submit was decided by a workflow task that had
 * begun before the cancel came in, and that arrived within the activity's own fence after a worker had begun the submit.
 */
export function noPostAfterCancel(record: Record): string[] {
  const { cancel, restartsAtMs } = record;
  if (cancel === null || restartsAtMs.length > 0) return [];
  const late: string[] = [];
  for (const [attempt, posts] of postsByAttempt(record)) {
    for (const { atMs } of posts.filter((post) => post.atMs > cancel.requestedAtMs)) {
      const inFlight =
        attempt !== undefined && attempt.decidedAtMs <= cancel.requestedAtMs && atMs - begunAt(attempt) <= FENCE_MS;
      if (!inFlight) late.push(`a POST ${atMs - cancel.requestedAtMs} ms after the cancel`);
    }
  }
  return late;
}

/**
 * A job of our image that a person named is tracked, so that nothing is submitted any more. Not where it may have failed by
 * the time it was looked at, and not where a later answer or a reset came in between.
 */
export function noPostAfterAJobWasNamed(record: Record): string[] {
  const { answers, jobs, restartsAtMs } = record;
  const named = answers.filter(({ jobId, refusal }) => jobId !== null && refusal === null);
  const owned = [...postsByAttempt(record)];
  return named.flatMap(({ jobId, takenAtMs }) => {
    const job = jobs.find((candidate) => candidate.jobId === jobId);
    if (job === undefined) return [];
    const overtaken = [...answers.map((answer) => answer.takenAtMs), ...restartsAtMs].filter(
      (atMs) => atMs > takenAtMs,
    );
    const mustNot = ({ atMs }: Post) =>
      !overtaken.some((otherAtMs) => otherAtMs < atMs) &&
      !(job.status === 'FAIL' && job.endMs !== null && job.endMs < atMs);
    return owned
      .filter(([attempt]) => attempt !== undefined && attempt.decidedAtMs > takenAtMs)
      .flatMap(([, posts]) => posts.filter(mustNot))
      .map(({ atMs }) => `a POST ${atMs - takenAtMs} ms after a person named job ${jobId}`);
  });
}

/** A frozen worker must not POST late: after the server has given its attempt up, or its run was reset. */
export function noPostOfAnAttemptGivenUp(record: Record): string[] {
  const broken: string[] = [];
  for (const [attempt, posts] of postsByAttempt(record)) {
    if (attempt === undefined) broken.push(...posts.map(() => 'a POST that no submit had asked for'));
    if (attempt === undefined) continue;
    if (posts.length > 1) broken.push(`${posts.length} POSTs of one submit`);
    const givenUpAtMs = attempt.closedAtMs ?? resetAfter(attempt, record);
    for (const { atMs } of posts) {
      if (atMs > givenUpAtMs) broken.push(`a POST ${atMs - givenUpAtMs} ms after its submit was given up`);
    }
  }
  return broken;
}

function resetAfter(attempt: Attempt, { restartsAtMs }: Record): number {
  const resetAtMs = restartsAtMs.find((atMs) => atMs >= attempt.scheduledAtMs);
  // What was on its way at the reset is as much in flight as at a cancel.
  return resetAtMs === undefined ? Number.POSITIVE_INFINITY : resetAtMs + FENCE_MS;
}

/** After an answer was lost nothing is sent until that POST is surely over. */
export function everyLostPostSettles(record: Record): string[] {
  const { attempts, posts, jobs } = record;
  const tooSoon = attempts
    .filter(({ end }) => end === 'ambiguous' || end === 'lost')
    .flatMap(({ closedAtMs }) => {
      const lostAtMs = closedAtMs ?? 0;
      const next = posts.find(({ atMs }) => atMs > lostAtMs && atMs < lostAtMs + SUBMIT_LIMITS.settleMs);
      return next ? [`a POST ${next.atMs - lostAtMs} ms after an answer was lost`] : [];
    });
  const overtaken = posts.flatMap(({ jobId }, index) => {
    const beginMs = jobs.find((job) => jobId !== null && job.jobId === jobId)?.beginMs ?? 0;
    const next = posts.slice(index + 1).find(({ atMs }) => atMs < beginMs);
    return next ? [`a POST ${beginMs - next.atMs} ms before the one before it was acted upon`] : [];
  });
  return [...tooSoon, ...overtaken];
}

export function noMoreProbesThanAllowed(record: Record): string[] {
  const { used, allowed } = probesOf(record);
  return used > allowed ? [`${used} probes, where ${allowed} were allowed`] : [];
}

/**
 * A probe is a further submit after a lost one, and is used up by an answer that counts: accepted, lost again, the image is
 * busy, the object exists.
 */
export function probesOf(record: Record): { used: number; allowed: number } {
  const { maxProbes = 1, onAmbiguousSubmit } = record.plan.options;
  const granted = record.answers.filter(({ jobId, refusal }) => jobId === null && refusal === null).length;
  const allowed = (onAmbiguousSubmit === 'ask' ? 0 : maxProbes) + granted;
  const attempts = attemptsOfLastRun(record);
  const firstLost = attempts.findIndex(({ end }) => end === 'ambiguous' || end === 'lost');
  const further = firstLost < 0 ? [] : attempts.slice(firstLost + 1);
  return { used: further.filter(counts).length, allowed };
}

function counts({ end, sent, code }: Attempt): boolean {
  if (end === 'accepted' || end === 'lost') return true;
  if (end === 'ambiguous') return sent;
  return code === 'IMG.0148' || code === 'IMG.0070';
}

/**
 * Every POST that was executed or may have been is counted, and no other. May have been: its answer was none, or one that
 * leaves it open, or the worker that sent it (or was about to) never told. Where an earlier run may have submitted, which the
 * last one cannot see, that counts as one.
 */
export function everySubmissionIsCounted(record: Record): string[] {
  const owned = postsByAttempt(record);
  let expected = 0;
  for (const attempt of attemptsOfLastRun(record)) {
    if (attempt.end === 'ambiguous' && !attempt.sent) expected = Math.max(expected, 1);
    else if (fateOf(attempt, owned.get(attempt)?.[0]) !== 'no') expected += 1;
  }
  const { verdict, status, restartsAtMs } = record;
  const told = [status.submissions];
  if (verdict.kind === 'succeeded') told.push(verdict.result.submissions);
  if ('details' in verdict && verdict.details.status) told.push(verdict.details.status.submissions);
  // A run that submits no more may count what an earlier one may have submitted, or not.
  const isRight = (count: number) => count === expected || (expected === 0 && restartsAtMs.length > 0 && count === 1);
  return told.every(isRight)
    ? []
    : [`${told.join(', ')} submissions are told, where ${expected} were executed or may have been`];
}

/** What the workflow was told of a submit is what the simulator did. */
export function noAnswerIsMisread(record: Record): string[] {
  const broken: string[] = [];
  for (const [attempt, [post]] of postsByAttempt(record)) {
    if (attempt === undefined || post === undefined) continue;
    const executed = post.jobId !== null;
    if ((attempt.end === 'rejected' || attempt.end === 'notExecuted') && executed) {
      broken.push(`job ${post.jobId} was begun by a submit that was taken for ${attempt.end}`);
    }
    if (attempt.end === 'accepted' && !executed) broken.push('a submit was taken for accepted that began no job');
  }
  return broken;
}

/** An export ends by its deadline, give or take what kept Temporal and the workers from each other, and a last poll. */
export function endsInTime({ deadlineFromMs, plan, restartsAtMs, outages, done, endedAtMs }: Record): string[] {
  const stops = done.map(({ atMs, action }) => atMs + ('forMs' in action ? action.forMs : 0));
  const dueAtMs = Math.max(
    deadlineFromMs + Number(plan.options.deadline),
    ...restartsAtMs,
    ...stops,
    ...outages.map(({ untilMs }) => untilMs),
  );
  const lateMs = endedAtMs - dueAtMs;
  return lateMs > LATE_MS ? [`it ended ${lateMs} ms after its deadline and all that could hold it up`] : [];
}

/** The least that a final poll waits for a worker (10 s), and what a busy machine may add. */
const LATE_MS = 15_000;

export const INVARIANTS: { [name: string]: Rule } = {
  neverTwoLiveJobs,
  noPostAfterCandidate,
  noPostAfterCancel,
  noPostAfterAJobWasNamed,
  noPostOfAnAttemptGivenUp,
  everyLostPostSettles,
  noMoreProbesThanAllowed,
  everySubmissionIsCounted,
  noAnswerIsMisread,
  endsInTime,
};
