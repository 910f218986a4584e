import type { ContestantName } from './contestants';
import type { ProfileSummary, Share } from './profile';
import { cpuUsPerRequest, ratiosOf, requestsPerSecond, type Spread, spreadOf } from './ratios';
import type { RoundResult } from './round';
import type { Event, Results } from './tournament';

/** What ours shall reach at least, as a multiple of the other's; null when it is only shown. */
export interface Aim {
  against: ContestantName;
  atLeast: number | null;
}

/** How ours did by one aim. */
export interface Verdict {
  /** Such as `ShowJob, 32 at a time: requests/s 0.91x of undici.request, aim 0.85x`. */
  text: string;
  met: boolean;
}

export function titleOf({ call, concurrency }: Event): string {
  return `${call}, ${concurrency} at a time`;
}

/** The table of one event. */
export function reportEvent(
  event: Event,
  results: Results,
  aims: readonly Aim[],
): { lines: string[]; verdicts: Verdict[] } {
  const verdicts: Verdict[] = [];
  const lines = [titleOf(event), ...[...results].map(([name, ofOne]) => contestantLine(name, ofOne))];
  for (const { against, atLeast } of aims) {
    const ratios = ratiosOf(results.get('our client') ?? [], results.get(against) ?? []);
    for (const [what, spread] of [
      ['requests/s', ratios.requestsPerSecond],
      ['CPU/request', ratios.cpuPerRequest],
    ] as const) {
      const met = atLeast === null || spread.median >= atLeast;
      const ending = atLeast === null ? 'no aim' : `aim ${atLeast}x  ${met ? 'met' : 'MISSED'}`;
      lines.push(`  ${`ours / ${against}, ${what}`.padEnd(40)}${spreadText(spread)}  ${ending}`);
      if (atLeast !== null) {
        verdicts.push({
          text: `${titleOf(event)}: ${what} ${ratio(spread.median)} of ${against}, aim ${atLeast}x`,
          met,
        });
      }
    }
  }
  return { lines, verdicts };
}

function contestantLine(name: ContestantName, results: readonly RoundResult[]): string {
  const perSecond = spreadOf(results.map(requestsPerSecond)).median.toFixed(0).padStart(6);
  const cpuUs = spreadOf(results.map(cpuUsPerRequest)).median.toFixed(1).padStart(6);
  return `  ${name.padEnd(18)}${perSecond} requests/s ${cpuUs} µs CPU/request`;
}

function spreadText({ min, median, max }: Spread): string {
  return `${ratio(median)} (${ratio(min)} … ${ratio(max)})`.padEnd(24);
}

/** `0.852x`: three digits, so that a ratio just below an aim is not printed as the aim. */
function ratio(value: number): string {
  return `${value.toFixed(3)}x`;
}

/** Where our CPU time went. */
export function profileLines(event: Event, { sampledMs, modules, functions }: ProfileSummary): string[] {
  return [
    `profile of our client: ${titleOf(event)}, ${sampledMs.toFixed(0)} ms of CPU, self time`,
    '  by module',
    ...shareLines(modules.filter(({ share }) => share >= 0.005)),
    '  by function',
    ...shareLines(functions.slice(0, 25)),
  ];
}

function shareLines(shares: readonly Share[]): string[] {
  return shares.map(({ name, share }) => `    ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
}
