/**
 * The counts of a storm: what took place, not what was planned.
 *
 * @module
 */

import type { Tally } from '../trial';
import type { ClockTrouble } from './clocks';
import { ourJobs } from './evidence';
import { neverTwoLiveJobs, probesOf } from './invariants';
import type { Read, Record } from './record';

export class StormTally implements Tally<Record> {
  readonly #counts = new Map<string, Map<string, number>>();
  #runs = 0;
  #failed = 0;
  #unguarded = 0;
  #mostLiveJobs = 0;
  #mostLiveJobsUnguarded = 0;
  #elapsedMs = 0;

  add(record: Record, problems: readonly string[]): void {
    this.#runs += 1;
    if (problems.length > 0) this.#failed += 1;
    this.#elapsedMs += record.takenAtMs - record.startedAtMs;
    this.#mostLiveJobs = Math.max(this.#mostLiveJobs, mostLiveJobs(record));
    if (record.plan.busyGuard === 'off') {
      this.#unguarded += 1;
      this.#mostLiveJobsUnguarded = Math.max(this.#mostLiveJobsUnguarded, mostLiveJobs(record));
    }
    this.#count('planned trouble', record.plan.trouble);
    this.#count('verdict', verdictName(record));
    this.#count('totals', 'submissions told', record.status.submissions);
    this.#count('totals', 'POSTs', record.posts.length);
    this.#count('totals', 'probes', probesOf(record).used);
    this.#count('totals', 'jobs of ours', ourJobs(record).length);
    this.#count('totals', 'workers set to work', record.workers);
    for (const what of happenings(record)) this.#count('took place', what);
  }

  /** How often something took place. */
  of(what: string): number {
    return this.#counts.get('took place')?.get(what) ?? 0;
  }

  toString(): string {
    const groups = [...this.#counts].map(([group, counts]) => {
      const sorted = [...counts].sort(([one], [other]) => one.localeCompare(other));
      return `${group}:\n${sorted.map(([what, count]) => `  ${String(count).padStart(4)}  ${what}`).join('\n')}`;
    });
    const seconds = this.#runs === 0 ? 0 : this.#elapsedMs / this.#runs / 1_000;
    return [
      ...groups,
      `most live jobs of one intent: ${this.#mostLiveJobs}, and ${this.#mostLiveJobsUnguarded} in the ${this.#unguarded} runs in which the cloud does not guard a busy image`,
      `${this.#runs} runs, ${seconds.toFixed(1)} s each on average, ${this.#failed} failed`,
    ].join('\n');
  }

  #count(group: string, what: string, by = 1): void {
    const counts = this.#counts.get(group) ?? new Map<string, number>();
    counts.set(what, (counts.get(what) ?? 0) + by);
    this.#counts.set(group, counts);
  }
}

function verdictName({ verdict }: Record): string {
  switch (verdict.kind) {
    case 'succeeded':
      return verdict.result.confirmed ? 'succeeded' : 'succeeded, unconfirmed';
    case 'failed':
      return `failed: ${verdict.type}`;
    case 'unknown':
      return `unknown: ${verdict.details.reason}`;
    default:
      return verdict.kind;
  }
}

/** The troubles that this run really met. */
export function happenings(record: Record): string[] {
  const { posts, heads, reads, wrongReads, outages, done, plan, answers, earlier } = record;
  const onPosts = posts.flatMap(({ trouble }, index) => {
    if (trouble === null || (trouble.kind === 'none' && !trouble.delayMs)) return [];
    const past = (trouble.delayMs ?? 0) > 2_000;
    const kind = trouble.kind === 'none' ? (past ? 'past the timeout' : 'slow') : trouble.kind;
    return [`${index === 0 ? 'POST' : 'further POST'}: ${kind}${trouble.acts ? ' (acts)' : ''}`];
  });
  const refusedReads = (name: string, of: Read[]) =>
    of.flatMap(({ httpStatus }) => (httpStatus === 503 || httpStatus === 403 ? [`${name}: ${httpStatus}`] : []));
  const byHarness = done.map(({ action }) => {
    const intervention = plan.interventions.find((planned) => planned === action);
    const at = intervention === undefined ? '' : ` at ${intervention.at}`;
    switch (action.do) {
      case 'freeze':
        return `freeze${at} ${action.forMs > 1_000 ? 'for long' : 'and soon back'}`;
      case 'reset':
        return `reset to ${action.to}${intervention?.at === 'ended' ? ' after the end' : ''}`;
      case 'troubleClocks':
        return `at a POST: ${clocksOf(action.clocks)}`;
      case 'takeActivityWorkersAway':
      case 'stopTemporal':
      case 'cutTemporal':
        // With the outages, by how long they were.
        return `${action.do}${at}`;
      case 'putForeignObject':
        return `foreign object${at}${action.fits ? '' : ' of wrong bytes'}`;
      case 'answer':
        return `answer: ${action.answer}`;
      default:
        return `${action.do}${at}`;
    }
  });
  const refused = answers.filter(({ refusal }) => refusal !== null).map(() => 'answer refused');
  const onReads = [...refusedReads('HEAD', heads), ...refusedReads('GET', reads)];
  const wrong = wrongReads.map(({ of, httpStatus }) => `wrong read of ${of}: ${httpStatus}`);
  const gone = outages.map(({ what, fromMs, untilMs }) => `${what} for ${secondsText(untilMs - fromMs)}`);
  const retries = Array.from({ length: retriesOf(record) }, () => 'retried by policy');
  const again = earlier === null ? [] : [`after an export that ended by ${plan.before?.endsBy}`];
  return [...new Set(onPosts), ...new Set(onReads), ...byHarness, ...refused, ...wrong, ...gone, ...retries, ...again];
}

function clocksOf({ standsStillMs, wallMs }: ClockTrouble): string {
  if (standsStillMs > 0) return `${wallMs === 0 ? 'performance.now' : 'Date.now'} stands still with the machine`;
  return wallMs === 0 ? 'performance.now jumps' : `Date.now jumps ${wallMs > 0 ? 'ahead' : 'back'}`;
}

/** In steps of seconds, so that runs can be counted. */
function secondsText(ms: number): string {
  return ms < 1_000 ? 'less than 1 s' : `${Math.floor(ms / 1_000)} to ${Math.floor(ms / 1_000) + 1} s`;
}

function retriesOf({ restartsAtMs, done }: Record): number {
  return restartsAtMs.length - done.filter(({ action }) => action.do === 'reset').length;
}

function mostLiveJobs(record: Record): number {
  if (ourJobs(record).length === 0) return 0;
  return neverTwoLiveJobs(record).length > 0 ? 2 : 1;
}
