import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { DevServer } from '../../../src/dev-server';
import { endWithParent } from '../../../src/dev-server/end-with-parent';
import { environmentOf, type SimulatorInfo } from '../../../src/testing';
import type { WorkerHears, WorkerSays } from './worker-process';

/** One worker at work and one that waits to take its place. */
export class Crew {
  #active: WorkerProcess | undefined;
  #spare: WorkerProcess;
  /** Frozen ones, and what was at work beside them. */
  readonly #others = new Set<WorkerProcess>();

  constructor(
    private readonly server: Pick<DevServer, 'address' | 'namespace'>,
    private readonly info: SimulatorInfo,
    readonly taskQueue: string,
  ) {
    this.#spare = this.#hire();
  }

  /** One worker that is well, and no other. Between the runs. */
  async settle(): Promise<void> {
    for (const other of this.#others) other.kill();
    this.#others.clear();
    if (this.#active === undefined) await this.bringAnother();
  }

  /** Kills the worker at work; nobody takes its place by itself. */
  kill(): void {
    this.#active?.kill();
    this.#active = undefined;
  }

  /** Stops the worker at work where it is. The returned function lets it go on. */
  freeze(): () => void {
    const frozen = this.#active;
    if (frozen === undefined) return () => undefined;
    frozen.signal('SIGSTOP');
    return () => frozen.signal('SIGCONT');
  }

  /** Another worker at work; one that was there goes on beside it until {@link settle}. */
  async bringAnother(): Promise<void> {
    if (this.#active !== undefined) this.#others.add(this.#active);
    const next = this.#spare;
    this.#active = next;
    this.#spare = this.#hire();
    await next.begin();
  }

  close(): void {
    for (const worker of [this.#active, this.#spare, ...this.#others]) worker?.kill();
  }

  #hire(): WorkerProcess {
    return new WorkerProcess(this.server, this.info, this.taskQueue);
  }
}

class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #warm: Promise<void>;

  constructor(
    { address, namespace }: Pick<DevServer, 'address' | 'namespace'>,
    info: SimulatorInfo,
    taskQueue: string,
  ) {
    const { PATH, HOME, TMPDIR } = process.env;
    this.#child = fork(join(__dirname, 'worker-process.ts'), [address, namespace, taskQueue], {
      execArgv: ['--import', 'tsx'],
      env: { PATH, HOME, TMPDIR, ...environmentOf(info) },
    });
    endWithParent(this.#child);
    this.#warm = this.#says('warm');
    // Whoever waits for it is told; nobody may.
    this.#warm.catch(() => undefined);
  }

  async begin(): Promise<void> {
    await this.#warm;
    const polling = this.#says('polling');
    this.#child.send('begin' satisfies WorkerHears);
    await polling;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL ends one that is stopped as well. */
  kill(): void {
    this.signal('SIGKILL');
  }

  #says(word: WorkerSays): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (said) => {
        if (said === word) resolve();
      });
      this.#child.once('exit', (code, signal) => reject(new Error(`a worker ended: ${code ?? signal}`)));
    });
  }
}
