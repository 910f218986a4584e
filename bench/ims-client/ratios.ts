import type { RoundResult } from './round';

export interface Spread {
  min: number;
  median: number;
  max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, max: at(sorted.length - 1) };
}

export function requestsPerSecond({ requests, wallMs }: RoundResult): number {
  return (requests * 1_000) / wallMs;
}

export function cpuUsPerRequest({ requests, cpuUs }: RoundResult): number {
  return cpuUs / requests;
}

/** How many times better ours was than theirs, round by round: above 1 is more requests/s, or less CPU for each. */
export interface Ratios {
  requestsPerSecond: Spread;
  cpuPerRequest: Spread;
}

/** @param theirs results of the same rounds as `ours`, in the same order */
export function ratiosOf(ours: readonly RoundResult[], theirs: readonly RoundResult[]): Ratios {
  const pairs = ours.map((our, round): [RoundResult, RoundResult] => {
    const their = theirs[round];
    if (their === undefined) throw new Error(`round ${round} was not played by both`);
    return [our, their];
  });
  return {
    requestsPerSecond: spreadOf(pairs.map(([our, their]) => requestsPerSecond(our) / requestsPerSecond(their))),
    cpuPerRequest: spreadOf(pairs.map(([our, their]) => cpuUsPerRequest(their) / cpuUsPerRequest(our))),
  };
}
