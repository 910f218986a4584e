/**
 * What our schedule shall reach, cell by cell.
 *
 * @module
 */
import { type Cell, type Score, scoreOf } from './cells';
import { MAX_INTERVAL_MS } from './policies';

export interface Verdict {
  /** Such as `0.31x of smithy's polls (aim 0.5x)`. */
  text: string;
  met: boolean;
}

const HOUR_MS = 3_600_000;

/** Shorter exports cost little however they are polled. */
const LONG_MS = HOUR_MS;

/** Where nothing shows the end, a good guess of the length is better, but not by much. */
const BLIND_MARGIN = 1.15;

const COMPARED_TO_SMITHY_MS = 9 * HOUR_MS;
const MAX_POLLS_OF_SMITHY = 0.5;
const MAX_DELAY_OF_SMITHY = 1.1;

export function judge(cell: Cell): Verdict[] {
  const { progress } = cell.profile;
  const { ms } = cell.length;
  const isUsable = progress === 'usable';
  const verdicts: Verdict[] = [];
  if (progress === 'useless') verdicts.push(nobodyBetter(cell, BLIND_MARGIN));
  if (isUsable && ms >= LONG_MS) verdicts.push(nobodyBetter(cell, 1));
  if (isUsable && ms === COMPARED_TO_SMITHY_MS) verdicts.push(...halfOfSmithy(cell));
  verdicts.push(withinMaximum(cell));
  return verdicts;
}

/** No peer has both fewer polls and a shorter median delay, each by more than the margin. */
function nobodyBetter(cell: Cell, margin: number): Verdict {
  const ours = scoreOf(cell, 'ours');
  const better = [...cell.scores]
    .filter(([name, their]) => name !== 'ours' && isBetter(their, ours, margin))
    .map(([name, { polls, medianDelayMs }]) => `${name} (${polls.toFixed(1)} polls, ${seconds(medianDelayMs)})`);
  const byHowMuch = margin === 1 ? '' : ` by over ${Math.round((margin - 1) * 100)} %`;
  return {
    text: `${better.join(' and ') || 'nobody'} better in polls and median delay${byHowMuch}`,
    met: better.length === 0,
  };
}

function isBetter(their: Score, ours: Score, margin: number): boolean {
  return ours.polls > margin * their.polls && ours.medianDelayMs > margin * their.medianDelayMs;
}

function halfOfSmithy(cell: Cell): Verdict[] {
  const ours = scoreOf(cell, 'ours');
  const smithy = scoreOf(cell, 'smithy 15-120 s');
  return [
    atMost(MAX_POLLS_OF_SMITHY, ours.polls / smithy.polls, "smithy's polls"),
    atMost(MAX_DELAY_OF_SMITHY, ours.medianDelayMs / smithy.medianDelayMs, 'its median delay'),
  ];
}

function atMost(aim: number, ratio: number, what: string): Verdict {
  return { text: `${ratio.toFixed(3)}x of ${what} (aim ${aim}x)`, met: ratio <= aim };
}

/** Even in the worst case the end is seen within the longest interval. */
function withinMaximum(cell: Cell): Verdict {
  const { p95DelayMs } = scoreOf(cell, 'ours');
  return { text: `p95 ${seconds(p95DelayMs)} (aim ${seconds(MAX_INTERVAL_MS)})`, met: p95DelayMs <= MAX_INTERVAL_MS };
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(0)} s`;
}
