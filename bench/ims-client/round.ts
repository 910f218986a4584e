import type { Call } from './answers';
import type { Contestant } from './contestants';

/** One measurement of one contestant. */
export interface Round {
  call: Call;
  /** Requests under way at any time. */
  concurrency: number;
  /** How long new requests are started. */
  ms: number;
}

export interface RoundResult {
  requests: number;
  /** Until the last request was answered. */
  wallMs: number;
  /** User and system time of the whole process, all of its threads. */
  cpuUs: number;
}

/** @throws when any request fails */
export async function playRound(contestant: Contestant, { call, concurrency, ms }: Round): Promise<RoundResult> {
  const send = contestant.call[call];
  let requests = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + ms;
  const caller = async (): Promise<void> => {
    while (performance.now() < endsAt) {
      const turn = requests;
      requests += 1;
      await send(turn);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { requests, wallMs, cpuUs: user + system };
}
