import type { Call } from './answers';
import type { ContestantName } from './contestants';
import type { ContestantProcess } from './processes';
import type { RoundResult } from './round';

/** What is compared: one call at one concurrency. */
export interface Event {
  call: Call;
  concurrency: number;
}

export type Results = ReadonlyMap<ContestantName, readonly RoundResult[]>;

const WARM_UP_MS = 1_000;

/** Lets everybody play every round, in an order drawn anew for each. The results of one index are of the same round. */
export async function playRounds(
  contestants: readonly ContestantProcess[],
  event: Event,
  { rounds, roundMs }: { rounds: number; roundMs: number },
): Promise<Results> {
  const results = new Map<ContestantName, RoundResult[]>();
  for (const contestant of contestants) {
    await contestant.play({ ...event, ms: WARM_UP_MS, profiled: false });
    results.set(contestant.name, []);
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const contestant of shuffled(contestants)) {
      const { result } = await contestant.play({ ...event, ms: roundMs, profiled: false });
      results.get(contestant.name)?.push(result);
    }
  }
  return results;
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((a, b) => a.order - b.order)
    .map(({ item }) => item);
}
