import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { endWithParent } from '../../../src/dev-server/end-with-parent';
import { environmentOf, type SimulatorInfo } from '../../../src/testing';
import type { ClockHears, ClockSays, ClockTrouble } from './clocks';
import type { WorkerHears, WorkerSays, WorkerSettings } from './worker-process';

/** The workers of a lane: those of its exports, and for split queues those of activities alone. */
export class Crew {
  readonly exports: Shift;
  /** Hired when first needed: few runs have split queues. */
  #activities: Shift | undefined;
  #begun = 0;

  /** @param server where the workers find Temporal */
  constructor(
    private readonly server: Pick<WorkerSettings, 'address' | 'namespace'>,
    private readonly info: SimulatorInfo,
    readonly taskQueue: string,
  ) {
    this.exports = this.#shift([taskQueue], false);
  }

  /** For `options.activityTaskQueue`. */
  get activityTaskQueue(): string {
    return `${this.taskQueue}-activities`;
  }

  /** For `options.submitTaskQueue`. */
  get submitTaskQueue(): string {
    return `${this.taskQueue}-submits`;
  }

  /** Of the queues of activities. */
  get activities(): Shift {
    this.#activities ??= this.#shift([this.activityTaskQueue, this.submitTaskQueue], true);
    return this.#activities;
  }

  /** Worker processes that were set to work so far. */
  get begun(): number {
    return this.#begun;
  }

  /**
   * Between the runs: one worker that is well, and no other.
   *
   * @param withSpare the next run needs another one at once
   */
  async settle({ splitQueues, withSpare }: { splitQueues: boolean; withSpare: boolean }): Promise<void> {
    await Promise.all([this.exports.settle(withSpare), splitQueues ? this.activities.settle(withSpare) : undefined]);
  }

  close(): void {
    this.exports.close();
    this.#activities?.close();
  }

  #shift(taskQueues: string[], activitiesOnly: boolean): Shift {
    return new Shift(
      () => new WorkerProcess({ ...this.server, taskQueues, activitiesOnly }, this.info),
      () => {
        this.#begun += 1;
      },
    );
  }
}

/** One worker at work and one that waits to take its place. */
export class Shift {
  #active: WorkerProcess | undefined;
  #spare: WorkerProcess;
  /** Frozen ones, and what was at work beside them. */
  readonly #others = new Set<WorkerProcess>();

  constructor(
    private readonly hire: () => WorkerProcess,
    private readonly count: () => void,
  ) {
    this.#spare = hire();
  }

  async settle(withSpare: boolean): Promise<void> {
    for (const other of this.#others) other.kill();
    this.#others.clear();
    if (this.#active?.isWell === false) this.kill();
    if (this.#active === undefined) await this.bringAnother();
    if (withSpare) await this.#spare.warm;
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

  /** The clocks of the worker at work go wrong at its next POST. Resolves to false when the signal aborts before. */
  async troubleClocks(trouble: ClockTrouble, signal: AbortSignal, atStandstill: () => void): Promise<boolean> {
    return (await this.#active?.troubleClocks(trouble, signal, atStandstill)) ?? false;
  }

  /** Another worker at work; one that was there goes on beside it until {@link settle}. */
  async bringAnother(): Promise<void> {
    if (this.#active !== undefined) this.#others.add(this.#active);
    const next = this.#spare;
    this.#active = next;
    this.#spare = this.hire();
    await next.begin();
    this.count();
  }

  close(): void {
    for (const worker of [this.#active, this.#spare, ...this.#others]) worker?.kill();
  }
}

const PROGRAM = join(__dirname, 'worker-process.ts');

class WorkerProcess {
  readonly #child: ChildProcess;
  /** Whoever waits for it is told when it ends before; nobody may. */
  readonly warm: Promise<void>;
  #isWell = true;

  constructor(settings: WorkerSettings, info: SimulatorInfo) {
    const { PATH, HOME, TMPDIR } = process.env;
    this.#child = fork(PROGRAM, [JSON.stringify(settings)], {
      execArgv: ['--import', 'tsx'],
      env: { PATH, HOME, TMPDIR, ...environmentOf(info) },
    });
    endWithParent(this.#child);
    this.warm = this.#says('warm');
    this.warm.catch(() => undefined);
  }

  /** False once its clocks were moved: no other run is to have it. */
  get isWell(): boolean {
    return this.#isWell;
  }

  async begin(): Promise<void> {
    await this.warm;
    const polling = this.#says('polling');
    this.#child.send('begin' satisfies WorkerHears);
    await polling;
  }

  async troubleClocks(trouble: ClockTrouble, signal: AbortSignal, atStandstill: () => void): Promise<boolean> {
    this.#isWell = false;
    const wakeLater = (said: unknown) => {
      if (said !== ('standing still' satisfies ClockSays)) return;
      setTimeout(() => this.signal('SIGCONT'), trouble.standsStillMs);
      atStandstill();
    };
    this.#child.on('message', wakeLater);
    const moved = this.#says('clocks moved', signal);
    this.#child.send({ atNextPost: trouble } satisfies ClockHears);
    return await moved.then(
      () => true,
      () => false,
    );
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** SIGKILL ends one that is stopped as well. */
  kill(): void {
    this.signal('SIGKILL');
  }

  #says(word: WorkerSays | ClockSays, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const heard = (said: unknown) => {
        if (said === word) settle(resolve);
      };
      const ended = (code: number | null, by: string | null) =>
        settle(() => reject(new Error(`a worker ended: ${code ?? by}`)));
      const aborted = () => settle(() => reject(new Error('nobody waits for it any more')));
      const settle = (how: () => void) => {
        this.#child.off('message', heard).off('exit', ended);
        signal?.removeEventListener('abort', aborted);
        how();
      };
      this.#child.on('message', heard).once('exit', ended);
      signal?.addEventListener('abort', aborted, { once: true });
    });
  }
}
