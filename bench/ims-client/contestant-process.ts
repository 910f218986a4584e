/**
 * A process of one contestant, so that its CPU time is its own, and so are its heap and its compiled code. Plays the
 * rounds that its parent asks for, one at a time.
 *
 * @module
 */
import { CONTESTANTS, type Contestant, type ContestantName } from './contestants';
import { type ProfileSummary, profile } from './profile';
import { playRound, type Round, type RoundResult } from './round';

/** A round to play; with `profiled`, under the sampling profiler. */
export type Order = Round & { profiled: boolean };

export type ContestantReport =
  | { kind: 'ready' }
  | { kind: 'played'; result: RoundResult; profile: ProfileSummary | null }
  | { kind: 'failed'; message: string };

const [name = '', origin = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const contestant = await CONTESTANTS[name as ContestantName](origin);
  process.on('message', (order: Order) => {
    play(contestant, order).then(send, fail);
  });
  send({ kind: 'ready' });
}

async function play(contestant: Contestant, order: Order): Promise<ContestantReport> {
  if (!order.profiled) return { kind: 'played', result: await playRound(contestant, order), profile: null };
  const { result, summary } = await profile(() => playRound(contestant, order));
  return { kind: 'played', result, profile: summary };
}

function send(report: ContestantReport): void {
  process.send?.(report);
}

function fail(error: unknown): void {
  send({ kind: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error) });
}

// Ends with the bench, however that ends.
process.on('disconnect', () => process.exit());
main().catch(fail);
