/**
 * The ideal observer: what could still have been told with the means that an export has, where its workflow said that the
 * outcome is unknown.
 *
 * The means are: HEADs of the destination until the deadline, `maxProbes` further submits after the settle time, the word of
 * the worker that holds the answer, a person's answer, and with `acceptUnconfirmed` the looks of an object at rest whose bytes can be read. The design itself gives up at the first candidate
 * that cannot be accepted, so that nobody waits for a second one.
 *
 * @module
 */

import {
  attemptsOfLastRun,
  outageMs,
  postsByAttempt,
  sawDestinationFree,
  seenAt,
  settledAt,
  standings,
} from './evidence';
import { probesOf } from './invariants';
import type { Read, Record, Verdict } from './record';
import { READ_LIMIT_MS } from './scaled-activities';
import { SUBMIT_LIMITS } from './scaled-limits';

/** Longest time between two looks (`maxInterval`), twice, and what a busy machine may add. */
const LOOKS_MS = 2 * 500 + 1_500;

/** How one could have known more, as a clause; null when unknown is right. */
export function couldHaveKnown(record: Record): string | null {
  const { verdict } = record;
  if (verdict.kind !== 'unknown') return null;
  if (verdict.details.reason !== 'submitAmbiguous') return ofKnownJob(record, verdict);
  return (
    fromTheWorker(record) ??
    fromThePerson(record) ??
    fromTheObject(record) ??
    fromAProbe(record) ??
    fromWatching(record)
  );
}

/** The job is known. Its end could have been read until the last look. */
function ofKnownJob(record: Record, { details }: Extract<Verdict, { kind: 'unknown' }>): string | null {
  if (details.reason !== 'deadline') return `no poll met any trouble (${details.reason})`;
  const job = record.jobs.find(({ jobId }) => jobId === details.jobId);
  if (job === undefined) return `job ${details.jobId} is none of this image`;
  if (job.endMs === null) return null;
  const lostMs = outageMs(record, job.endMs, deadlineOf(record));
  const endedAgoMs = deadlineOf(record) - job.endMs - (lostMs === 0 ? 0 : lostMs + READ_LIMIT_MS);
  if (endedAgoMs > LAST_LOOK_SHARE * deadlineMsOf(record) + SLACK_MS) return `its job ended ${endedAgoMs} ms before`;
  return null;
}

/** The last look comes this part of the deadline before it. */
const LAST_LOOK_SHARE = 0.05;
const SLACK_MS = 1_000;

/**
 * A worker had the answer to the POST, although Temporal had given its submit up, and time enough to say so before that submit
 * counts as over. One that may have been killed had not.
 */
function fromTheWorker(record: Record): string | null {
  const { done, lastRun, endedAtMs } = record;
  if (done.some(({ action }) => action.do === 'kill' || action.do === 'takeActivityWorkersAway')) return null;
  for (const [attempt, [post]] of postsByAttempt(record)) {
    if (attempt?.end !== 'lost' || attempt.closedAtMs === null || !attempt.runs.includes(lastRun)) continue;
    const { kind = 'none', delayMs = 0 } = post?.trouble ?? {};
    if (post === undefined || post.jobId === null || post.httpStatus !== 200 || kind !== 'none') continue;
    const untilMs = Math.min(endedAtMs, attempt.closedAtMs + SUBMIT_LIMITS.settleMs);
    const leftMs = untilMs - reachesTemporalAt(record, post.atMs + delayMs);
    if (leftMs > SAID_WITHIN_MS) return `a worker had the id of job ${post.jobId} for ${leftMs} ms`;
  }
  return null;
}

const SAID_WITHIN_MS = 1_000;
/** After its connections were broken the native client waits before it makes new ones. */
const CONNECTED_AGAIN_MS = 1_000;

/** When a worker that has had something to say since then can say it. */
function reachesTemporalAt({ outages, done }: Record, sinceMs: number): number {
  const freezes = done.flatMap(({ atMs, action }) =>
    action.do === 'freeze' ? [{ fromMs: atMs, untilMs: atMs + action.forMs }] : [],
  );
  const gaps = outages.map(({ what, fromMs, untilMs }) => ({
    fromMs,
    untilMs: what === 'Temporal cut off (reset)' ? untilMs + CONNECTED_AGAIN_MS : untilMs,
  }));
  return [...freezes, ...gaps].reduce(
    // Of what came shortly after, the answer may have been on its way.
    (reachedMs, { fromMs, untilMs }) => (fromMs < sinceMs + SLACK_MS ? Math.max(reachedMs, untilMs) : reachedMs),
    sinceMs,
  );
}

/** A person named a job of our image that had not failed. */
function fromThePerson({ answers, jobs, endedAtMs }: Record): string | null {
  for (const { jobId, refusal, atMs } of answers) {
    const job = jobs.find((candidate) => candidate.jobId === jobId);
    if (refusal !== null || job === undefined || endedAtMs - atMs < SLACK_MS) continue;
    if (job.status !== 'FAIL' || (job.endMs ?? 0) > atMs + SLACK_MS) return `a person named job ${jobId}`;
  }
  return null;
}

/** An object that looks like ours came to rest in time, and no other was seen before it. */
function fromTheObject(record: Record): string | null {
  if (record.plan.options.acceptUnconfirmed !== true || !sawDestinationFree(record) || record.restartsAtMs.length > 0)
    return null;
  const stood = standings(record);
  const deniedUntilMs = Math.max(0, ...record.heads.filter(({ httpStatus }) => httpStatus !== 404).map(unlessSeen));
  const seenAtMs = seenAt(record);
  // Whoever may not read the bytes is told so at once; where OBS is out of order, they are read again.
  if (record.reads.some(({ httpStatus }) => httpStatus === 403)) return null;
  const unreadUntilMs = Math.max(0, ...record.reads.filter(isOutOfOrder).map(({ atMs }) => atMs));
  const unfit = seenAtMs.some(
    (atMs) => !stood.some(({ fits, fromMs, untilMs }) => fits && fromMs <= atMs && atMs <= (untilMs ?? atMs)),
  );
  if (unfit) return null;
  for (const { fits, fromMs, untilMs } of stood) {
    const visibleFromMs = Math.max(fromMs, settledAt(record), deniedUntilMs, unreadUntilMs);
    const visibleUntilMs = Math.min(untilMs ?? Number.POSITIVE_INFINITY, deadlineOf(record));
    const visibleMs = visibleUntilMs - visibleFromMs - outageMs(record, visibleFromMs, visibleUntilMs);
    if (fits && visibleMs > SUBMIT_LIMITS.objectRestMs + LOOKS_MS + lostLookMs(record))
      return `an object at rest was there for ${visibleMs} ms`;
  }
  return null;
}

/** A worker that is stopped or killed may take a look along, which is given up only after this. */
function lostLookMs({ done, outages }: Record): number {
  const mayBeLost = outages.length > 0 || done.some(({ action }) => action.do === 'freeze' || action.do === 'kill');
  return mayBeLost ? READ_LIMIT_MS : 0;
}

function isOutOfOrder({ httpStatus }: Read): boolean {
  return httpStatus === null || httpStatus >= 500;
}

function unlessSeen({ atMs, httpStatus, isWrong }: Read): number {
  return httpStatus === 200 && isWrong !== true ? 0 : atMs;
}

/** Nothing was ever seen at the destination, and a further submit was still allowed. */
function fromAProbe(record: Record): string | null {
  const { used, allowed } = probesOf(record);
  if (used >= allowed) return null;
  if (isOutOfQuestion(record)) return null;
  const leftMs = probeUntil(record) - Math.max(record.endedAtMs, settledAt(record), busyUntil(record));
  return leftMs > LOOKS_MS ? `${allowed - used} of ${allowed} probes were left, and ${leftMs} ms` : null;
}

/** The last that was heard is that the image is busy: its object can be watched for until the deadline, in any case. */
function fromWatching(record: Record): string | null {
  const attempts = attemptsOfLastRun(record);
  const heard = attempts
    .filter(({ end, code }) => end !== 'neverBegan' && (end !== 'notExecuted' || code === BUSY))
    .at(-1);
  const isKnown = attempts.some(({ end }) => end === 'ambiguous' || end === 'lost') && heard?.code === BUSY;
  const isOvertaken = record.answers.some(
    ({ refusal, takenAtMs }) => refusal === null && takenAtMs > (heard?.closedAtMs ?? 0),
  );
  if (!isKnown || isOvertaken || isOutOfQuestion(record)) return null;
  const leftMs = deadlineOf(record) - record.endedAtMs;
  return leftMs > SLACK_MS ? `the image was busy, and its object could be watched for ${leftMs} ms more` : null;
}

const BUSY = 'IMG.0148';

/** The design ends here at once: with an object that cannot be accepted, with a refusal, and where OBS never tells. */
function isOutOfQuestion(record: Record): boolean {
  const { heads } = record;
  // Where OBS tells neither before nor after, a submit would be blind.
  if (!sawDestinationFree(record) && heads.some(({ httpStatus }) => httpStatus === 403)) return true;
  const attempts = attemptsOfLastRun(record);
  const refused = attempts.some(({ end, code }) => end === 'rejected' || code === 'IMG.0070');
  const unauthorized = attempts.filter(({ code }) => code === 'APIGW.0301').length >= 2;
  return heads.some(({ httpStatus }) => httpStatus === 200) || refused || unauthorized;
}

/** When probing is given up: by the deadline, or by `submitBudget` since the first probe, or since a person allowed one. */
function probeUntil(record: Record): number {
  const { submitBudget } = record.plan.options;
  if (submitBudget === undefined) return deadlineOf(record);
  const allowed = record.answers.filter(({ jobId, refusal }) => jobId === null && refusal === null);
  const sinceMs = Math.max(settledAt(record), ...allowed.map(({ takenAtMs }) => takenAtMs));
  return Math.min(deadlineOf(record), sinceMs + Number(submitBudget));
}

/** A busy image is left alone for a while, each time twice as long. */
function busyUntil(record: Record): number {
  const busy = attemptsOfLastRun(record).filter(({ code }) => code === BUSY);
  const lastMs = busy.at(-1)?.closedAtMs ?? 0;
  return busy.length === 0 ? 0 : lastMs + SUBMIT_LIMITS.busyImageMs * 2 ** (busy.length - 1);
}

function deadlineMsOf({ plan }: Record): number {
  return Number(plan.options.deadline);
}

function deadlineOf(record: Record): number {
  return record.deadlineFromMs + deadlineMsOf(record);
}
