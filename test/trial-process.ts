import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { endWithParent } from '../src/dev-server/end-with-parent';

/** A process of a trial: it speaks once when it is ready, and once for each time that it is asked. */
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
    this.#child.send('tell');
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
