import { fork } from 'node:child_process';
import { join } from 'node:path';
import { startAnswerServer } from './answer-server';
import type { FuzzMessage, FuzzTask, ParserReport } from './child';
import { PARSERS } from './parsers';

export interface FuzzOptions extends Omit<FuzzTask, 'origin'> {
  onProgress?: (parser: string, index: number) => void;
}

export interface FuzzReport {
  seed: number;
  parsers: ParserReport[];
  /** Of the resident memory of the process that parses, over what it had when everything was loaded. */
  peakGrowthMb: number;
  /** Answers that were sent, by kind. */
  answers: { [kind: string]: number };
}

/** Above what the loaded modules need. A parser that wants more ends the process. */
const HEAP_LIMIT_MB = 128;

/** What an answer of at most 4 MiB may cost, copies and garbage included. */
export const MEMORY_LIMIT_MB = 50;

/** Longer than 50 cases ever take. */
const STANDSTILL_MS = 60_000;

/**
 * Random answers to every parser. The parsers run in a process of their own with a bounded heap, the server in this one.
 *
 * @throws Error when the process ends early or stands still; it names the case
 */
export async function runFuzz({ seed, onProgress, ...task }: FuzzOptions): Promise<FuzzReport> {
  const plain = PARSERS.filter((parser) => parser.plain).map(({ name }) => name);
  const server = await startAnswerServer(seed, plain);
  const child = fork(join(__dirname, 'child.ts'), {
    execArgv: ['--import', 'tsx', '--expose-gc', `--max-old-space-size=${HEAP_LIMIT_MB}`, '--max-semi-space-size=4'],
  });
  let last = 'the beginning';
  try {
    return await new Promise<FuzzReport>((resolve, reject) => {
      const giveUp = () => reject(new Error(`Seed ${seed}: nothing for ${STANDSTILL_MS} ms after ${last}`));
      let standstill = setTimeout(giveUp, STANDSTILL_MS);
      child.on('message', (message: FuzzMessage) => {
        clearTimeout(standstill);
        if (message.kind === 'done') {
          const { reports, peakGrowthMb } = message;
          resolve({ seed, parsers: reports, peakGrowthMb, answers: server.counts() });
          return;
        }
        standstill = setTimeout(giveUp, STANDSTILL_MS);
        last = `${message.parser} ${message.index}`;
        onProgress?.(message.parser, message.index);
      });
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        clearTimeout(standstill);
        reject(new Error(`Seed ${seed}: the process ended with ${signal ?? code} in the 50 cases after ${last}`));
      });
      child.send({ ...task, seed, origin: server.origin } satisfies FuzzTask);
    });
  } finally {
    child.kill('SIGKILL');
    await server.close();
  }
}
