/**
 * How long `ims-export worker` takes from its start until it polls: without a kept workflow bundle, as at its first start
 * on a machine, and with one, as at every other.
 *
 *   npm run bench -- worker-start [--rounds 7]
 *
 * Each round starts one of either, in turns, against one Temporal dev server. What counts is the ratio within a round.
 *
 * @module
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startDevServer } from '../../src/dev-server';
import { type Spread, spreadOf } from '../ims-client/ratios';
import { type Start, startWorkerOnce } from './start';

/** A start with a kept bundle takes at most half of one without. */
const AIM = 2;
/** On a machine that does nothing else. */
const RESTART_AIM_MS = 1_000;

interface Round {
  cold: Start;
  kept: Start;
}

export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { rounds: { type: 'string', default: '7' } } });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds is '${values.rounds}'; it must be at least 1.`);
  console.log(`worker-start: ${rounds} rounds; node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}`);
  const directory = await mkdtemp(join(tmpdir(), 'worker-start-'));
  const server = await startDevServer({ headless: true });
  try {
    report(await play(rounds, server.address, directory));
  } finally {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

async function play(rounds: number, address: string, directory: string): Promise<Round[]> {
  const keptIn = join(directory, 'kept');
  // It keeps the bundle, and brings everything into the caches of the operating system.
  await startWorkerOnce(address, keptIn);
  const played: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const coldIn = join(directory, `cold-${round}`);
    const inTurn: Array<keyof Round> = round % 2 === 0 ? ['cold', 'kept'] : ['kept', 'cold'];
    const starts: Partial<Round> = {};
    for (const which of inTurn) starts[which] = await startWorkerOnce(address, which === 'cold' ? coldIn : keptIn);
    played.push(starts as Round);
  }
  return played;
}

function report(rounds: readonly Round[]): void {
  const line = (title: string, spread: Spread, unit: string, digits = 2) =>
    console.log(
      `  ${title.padEnd(40)}${spread.median.toFixed(digits)}${unit} (${spread.min.toFixed(digits)} … ${spread.max.toFixed(digits)})`,
    );
  const of = (pick: (round: Round) => number) => spreadOf(rounds.map(pick));
  line(
    'without a kept bundle, until it polls',
    of(({ cold }) => cold.wallMs / 1000),
    ' s',
  );
  line(
    'with a kept bundle, until it polls',
    of(({ kept }) => kept.wallMs / 1000),
    ' s',
  );
  line(
    'with a kept bundle, CPU until it polls',
    of(({ kept }) => kept.cpuMs / 1000),
    ' s',
  );
  const ratio = of(({ cold, kept }) => cold.wallMs / kept.wallMs);
  line('without / with', ratio, 'x');
  const restart = of(({ kept }) => kept.wallMs);
  const aims = [
    { text: `without / with at least ${AIM}x`, met: ratio.median >= AIM },
    { text: `with a kept bundle under ${RESTART_AIM_MS / 1000} s`, met: restart.median < RESTART_AIM_MS },
  ];
  for (const { text, met } of aims) console.log(`  ${met ? 'met   ' : 'MISSED'}  ${text}`);
}
