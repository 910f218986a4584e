import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { endWithParent } from '../../src/dev-server/end-with-parent';

/** A process of a trial: it sends one message when it is ready, and one each time that it is asked. */
export class TrialProcess<Ready, Answer> {
  readonly ready: Promise<Ready>;
  readonly #child: ChildProcess;

  /** @param file path of the program, in TypeScript */
  constructor(file: string, settings: object, env: { [name: string]: string } = {}) {
    const { PATH, HOME, TMPDIR } = process.env;
    this.#child = fork(file, [JSON.stringify(settings)], {
      execArgv: ['--import', 'tsx'],
      env: { PATH, HOME, TMPDIR, ...env },
    });
    endWithParent(this.#child);
    this.ready = this.#said<Ready>();
  }

  async ask(): Promise<Answer> {
    const answer = this.#said<Answer>();
    this.#child.send('report');
    return await answer;
  }

  /** Ends it by SIGKILL, as a machine that is lost. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }

  #said<T>(): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`a process of the trial ended: ${code ?? signal}`));
      this.#child.once('exit', ended);
      this.#child.once('message', (said) => {
        this.#child.off('exit', ended);
        resolve(said as T);
      });
    });
  }
}

/** What the program of a {@link TrialProcess} gives: its first message, and what it answers each time that it is asked. */
export interface TrialProgram {
  ready: unknown;
  answer: () => unknown;
  /** The process ends with an error when this fails. */
  running?: Promise<unknown>;
}

/** The other side of a {@link TrialProcess}, in the program of the process. */
export function runTrialProcess<Settings>(begin: (settings: Settings) => Promise<TrialProgram>): void {
  const run = async () => {
    const { ready, answer, running } = await begin(JSON.parse(process.argv[2] ?? '{}') as Settings);
    process.on('message', () => process.send?.(answer()));
    process.send?.(ready);
    await running;
  };
  run().catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}

const MEASURE_RSS_EVERY_MS = 250;

/** The peak of this process's resident memory, from now on. */
export function measurePeakRss(): () => { peakRssBytes: number } {
  let peakRssBytes = 0;
  setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  }, MEASURE_RSS_EVERY_MS);
  return () => ({ peakRssBytes });
}
