import { POLICIES, type PolicyName } from './policies';
import { LENGTHS, type Length, PROFILES, type Profile } from './profiles';
import { simulate } from './simulation';

/** One profile at one length, polled by everybody. */
export interface Cell {
  profile: Profile;
  length: Length;
  scores: ReadonlyMap<PolicyName, Score>;
}

/** What a policy needs and gives. */
export interface Score {
  /** Mean. */
  polls: number;
  medianDelayMs: number;
  p95DelayMs: number;
  /** Mean of the events in the workflow's histories, were it polled like this. */
  events: number;
}

export function scoreOf({ scores }: Cell, name: PolicyName): Score {
  const score = scores.get(name);
  if (score === undefined) throw new Error(`nobody polled like ${name}`);
  return score;
}

export function scoreCells({ seed, runs }: { seed: number; runs: number }): Cell[] {
  return LENGTHS.flatMap((length) => PROFILES.map((profile) => scoreCell(profile, length, seed, runs)));
}

export function scoreCell(profile: Profile, length: Length, seed: number, runs: number): Cell {
  const scores = new Map<PolicyName, Score>();
  for (const policy of POLICIES) {
    const played = Array.from({ length: runs }, (_, run) => simulate(policy, profile, length, seed, run));
    const delaysMs = played.map(({ delayMs }) => delayMs).sort((a, b) => a - b);
    scores.set(policy.name, {
      polls: mean(played.map(({ polls }) => polls)),
      medianDelayMs: quantile(delaysMs, 0.5),
      p95DelayMs: quantile(delaysMs, 0.95),
      events: mean(played.map(({ polls }) => eventsOf(polls))),
    });
  }
  return { profile, length, scores };
}

const EVENTS_PER_POLL = 11;
const OTHER_EVENTS = 24;
/** At this number of events the server suggests to continue as new; a new run costs a few of its own. */
const EVENTS_PER_RUN = 4_096;
const EVENTS_OF_CONTINUING = 6;

function eventsOf(polls: number): number {
  const events = EVENTS_PER_POLL * polls + OTHER_EVENTS;
  return events + EVENTS_OF_CONTINUING * Math.floor(events / EVENTS_PER_RUN);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** @param sorted ascending */
function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
