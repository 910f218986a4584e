import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_GRACE_MS = 15_000;
const LOOK_EVERY_MS = 50;

const running = new Set<ShellProcess>();
process.on('exit', () => {
  for (const left of running) left.signal('SIGKILL');
});

/** A command line in a shell with a process group of its own, so that everything that it starts ends with it. */
export class ShellProcess {
  /** stdout and stderr, as a terminal shows them. */
  said = '';
  /** Null when a signal ended it; undefined while it runs. */
  exitCode: number | null | undefined;
  readonly #ended: Promise<void>;
  readonly #child: ChildProcess;

  constructor(
    readonly text: string,
    cwd: string,
    env: NodeJS.ProcessEnv,
    heard: (text: string) => void = () => {},
  ) {
    this.#child = spawn('bash', ['-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    running.add(this);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.said += chunk;
        heard(chunk);
      });
    }
    this.#ended = new Promise((settle) => {
      this.#child.once('close', (exitCode) => {
        this.exitCode = exitCode;
        running.delete(this);
        settle();
      });
    });
  }

  async endsWithin(limitMs: number): Promise<{ exitCode: number | null; said: string }> {
    const over = new AbortController();
    await Promise.race([this.#ended, sleep(limitMs, undefined, { signal: over.signal }).catch(() => undefined)]);
    over.abort();
    if (this.exitCode === undefined) {
      await this.stop();
      throw new Error(`\`${this.text}\` had not ended after ${limitMs / 1000} s. It said:\n${this.said.slice(-4_000)}`);
    }
    return { exitCode: this.exitCode, said: this.said };
  }

  /** Waits until it has printed this, and goes on running. */
  async says(pattern: RegExp, limitMs: number): Promise<void> {
    const giveUpAt = performance.now() + limitMs;
    while (!pattern.test(this.said)) {
      if (this.exitCode !== undefined || performance.now() > giveUpAt) {
        const what = this.exitCode === undefined ? `has not said ${pattern} in ${limitMs / 1000} s` : 'has ended';
        await this.stop();
        throw new Error(`\`${this.text}\` ${what}. It said:\n${this.said.slice(-4_000)}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  /** As Ctrl-C in its terminal; SIGKILL when that is not heeded. */
  async stop(): Promise<void> {
    if (this.exitCode !== undefined) return;
    this.signal('SIGINT');
    await Promise.race([this.#ended, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
    if (this.exitCode === undefined) this.signal('SIGKILL');
    await this.#ended;
  }
}
