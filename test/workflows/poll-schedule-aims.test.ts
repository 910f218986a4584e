/** The short form of `npm run bench -- poll-schedule`: a simulation from a fixed seed, so it measures no machine. */
import { describe, expect, it } from 'vitest';
import { judge } from '../../bench/poll-schedule/aims';
import { scoreCells } from '../../bench/poll-schedule/cells';
import { paretoPlot } from '../../bench/poll-schedule/pareto-plot';
import { POLICIES, type PolicyName } from '../../bench/poll-schedule/policies';
import { verdictLine } from '../../bench/poll-schedule/report';

describe('the poll schedule compared with other pollers', () => {
  const cells = scoreCells({ seed: 1, runs: 60 });

  it('reaches every aim for each profile and length', () => {
    const missed = cells.map((cell) => verdictLine(cell, judge(cell))).filter((line) => line.includes('MISSED'));
    expect(missed).toEqual([]);
  });

  it('has the same score from the same seed', () => {
    const again = scoreCells({ seed: 1, runs: 2 });
    expect(again).toEqual(scoreCells({ seed: 1, runs: 2 }));
    expect(again).not.toEqual(scoreCells({ seed: 2, runs: 2 }));
  });

  it('is drawn as a plot without gaps', () => {
    const picture = paretoPlot(cells);
    expect(picture).not.toMatch(/NaN|undefined|Infinity/);
    expect(picture.match(/<circle/g)).toHaveLength(4 * 9 + 9);
  });
});

describe('the other pollers of the comparison', () => {
  it('poll as their sources and documents say', () => {
    expect(firstDelays('fixed 10 s')).toEqual([10, 10, 10, 10, 10, 10]);
    expect(firstDelays('fixed 60 s')).toEqual([60, 60, 60, 60, 60, 60]);
    expect(firstDelays('exponential to 5 min')).toEqual([10, 20, 40, 80, 160, 300]);
    // It looks at once, and draws from [15 s, 15 s * 2^(n-1)] until that reaches the maximum.
    expect(firstDelays('smithy 15-120 s', () => 0)).toEqual([0, 15, 15, 15, 15, 120]);
    expect(firstDelays('smithy 15-120 s', () => 1)).toEqual([0, 15, 30, 60, 120, 120]);
  });
});

/** In seconds: before the first look, and after each of five. */
function firstDelays(name: PolicyName, random = () => 0.5): number[] {
  const poller = POLICIES.find((policy) => policy.name === name)?.begin(random);
  if (poller === undefined) throw new Error(`nobody polls like ${name}`);
  const later = Array.from({ length: 5 }, () => poller.nextDelayMs(0, null));
  return [poller.firstDelayMs, ...later].map((ms) => ms / 1_000);
}
