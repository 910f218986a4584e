/**
 * What the record says, in the terms of the rules: which POST belongs to which submit, what was told to whom, what stood at
 * the destination when.
 *
 * @module
 */

import type { PostTrouble } from './plan';
import type { Attempt, Job, Post, Record } from './record';
import { SUBMIT_LIMITS } from './scaled-limits';

/** The POST of each attempt of a worker. A POST belongs to the last attempt that a worker had begun when it arrived. */
export function postsByAttempt({ posts, attempts }: Record): Map<Attempt | undefined, Post[]> {
  const owned = new Map<Attempt | undefined, Post[]>();
  for (const post of posts) {
    const [owner] = attempts
      .filter((attempt) => begunAt(attempt) <= post.atMs + CLOCK_STEP_MS)
      .sort((one, other) => begunAt(other) - begunAt(one));
    owned.set(owner, [...(owned.get(owner) ?? []), post]);
  }
  return owned;
}

/** Times of the journal are cut to milliseconds. */
const CLOCK_STEP_MS = 1;

/** When a worker had it. For one that a reset left open only its scheduling is known. */
export function begunAt({ startedAtMs, scheduledAtMs }: Attempt): number {
  return startedAtMs ?? scheduledAtMs;
}

/** Those of the history of the last run: what its workflow has seen. */
export function attemptsOfLastRun({ attempts, lastRun }: Record): Attempt[] {
  return attempts.filter(({ runs }) => runs.includes(lastRun));
}

/** What a submit came to, as far as anybody at our end can know. */
export function fateOf(attempt: Attempt, post: Post | undefined): 'executed' | 'maybe' | 'no' {
  if (attempt.end === 'neverBegan') return 'no';
  if (post?.jobId != null) return 'executed';
  // Its worker never told, so neither that it was refused nor that it was not sent is known.
  if (attempt.end === 'lost') return 'maybe';
  if (post === undefined) return 'no';
  return saysNothing(post) ? 'maybe' : 'no';
}

/** No answer, one that was cut, or one that leaves open whether the cloud acted. */
function saysNothing({ httpStatus, trouble }: Post): boolean {
  return httpStatus === null || SAYS_NOTHING.has(trouble?.kind ?? 'none');
}

const SAYS_NOTHING = new Set<PostTrouble['kind']>(['truncated', '502', '504', 'IMG.0061', 'IMG.0018']);

/** The jobs of this export. */
export function ourJobs({ jobs }: Record): Job[] {
  return jobs.filter(({ ours, isEarlier }) => ours && isEarlier !== true);
}

/** The jobs to our object: also those of an export before this one. */
export function jobsToOurObject({ jobs }: Record): Job[] {
  return jobs.filter(({ ours }) => ours);
}

/** How long within this time the workers and Temporal did not reach each other, or nobody ran the activities. */
export function outageMs({ outages }: Record, fromMs: number, untilMs: number): number {
  const overlaps = outages.map((outage) => Math.min(untilMs, outage.untilMs) - Math.max(fromMs, outage.fromMs));
  return overlaps.reduce((sum, ms) => sum + Math.max(0, ms), 0);
}

/** What stood at our key, and how long. `until` is null for what stood there at the end. */
export interface Standing {
  fromMs: number;
  untilMs: number | null;
  /** Null for somebody else's. */
  jobId: string | null;
  /** Whether its looks are those of an export of ours. */
  fits: boolean;
}

export function standings(record: Record): Standing[] {
  const written = jobsToOurObject(record)
    .filter(({ status }) => status === 'SUCCESS')
    .map(({ jobId, endMs }) => ({ atMs: endMs ?? 0, object: { jobId, fits: true } }));
  const changed = record.objectChanges.map((change) => ({
    atMs: change.atMs,
    object: change.kind === 'foreign' ? { jobId: null, fits: change.fits } : null,
  }));
  const changes = [...written, ...changed].sort((one, other) => one.atMs - other.atMs);
  return changes.flatMap(({ atMs, object }, index) =>
    object === null ? [] : [{ ...object, fromMs: atMs, untilMs: changes[index + 1]?.atMs ?? null }],
  );
}

/** Whether the validation saw the destination free. After a 503 it asks again, and after any answer that is not so. */
export function sawDestinationFree(record: Record): boolean {
  const sinceMs = validatedSince(record);
  const heads = record.heads.filter(({ atMs }) => atMs >= sinceMs);
  return heads.find(({ httpStatus, isWrong }) => httpStatus !== 503 && isWrong !== true)?.httpStatus === 404;
}

/** A run that is retried, or reset to its first task, validates anew; one that is reset to a later task knows what was found before. */
function validatedSince({ plan, restartsAtMs }: Record): number {
  const isLater = plan.interventions.some((action) => action.do === 'reset' && action.to !== 'firstTask');
  return isLater ? 0 : (restartsAtMs.at(-1) ?? 0);
}

/** The HEADs by which our workers really saw an object. */
export function seenAt({ heads }: Record): number[] {
  return heads.filter(({ httpStatus, isWrong }) => httpStatus === 200 && isWrong !== true).map(({ atMs }) => atMs);
}

/** When the last POST whose answer was lost is surely over. */
export function settledAt(record: Record): number {
  const lost = attemptsOfLastRun(record).filter(({ end }) => end === 'lost' || end === 'ambiguous');
  return Math.max(record.startedAtMs, ...lost.map(({ closedAtMs }) => (closedAtMs ?? 0) + SUBMIT_LIMITS.settleMs));
}
