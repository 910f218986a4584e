/**
 * What a user runs, as operating system processes of their own: Temporal, the simulated cloud, workers and the command
 * line. Everything is on the loopback, and all of it ends with its {@link Stage}.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DevServer, startDevServer } from '../../src/dev-server';
import { endWithParent } from '../../src/dev-server/end-with-parent';
import { freePort } from '../../src/dev-server/free-port';
import {
  type BusyGuard,
  environmentOf,
  type FaultRule,
  type JobChange,
  type JobSummary,
  type JournalEntry,
  type SimulatorInfo,
} from '../../src/testing';

const CLI = resolve(__dirname, '../../lib/cli.js');
const LOOK_EVERY_MS = 50;
/** Many times what a start takes on an idle machine. */
const START_WITHIN_MS = 40_000;
const END_WITHIN_MS = 10_000;

/** True in `npm run restarts`, which shows what happens while it happens. */
const narrated = process.env.npm_lifecycle_event === 'restarts';

/** How a process ended. */
export interface Ended {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
  tookMs: number;
}

/** A process that was started, and what it has said so far. */
export class RunningProcess {
  stdout = '';
  stderr = '';
  /** Set once it has ended and everything that it said was read. */
  outcome: Ended | undefined;
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  /** @param program what node runs; `ims-export` unless said otherwise */
  constructor(
    readonly name: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv,
    program: readonly string[] = [CLI],
  ) {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...program, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    endWithParent(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#child = child;
    this.ended = new Promise((settle, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode, signal) => {
        const tookMs = performance.now() - startedAt;
        this.outcome = { exitCode, signal, stdout: this.stdout, stderr: this.stderr, tookMs };
        settle(this.outcome);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Its end, or an error with what it has said when that takes too long. */
  async endsWithin(limitMs: number): Promise<Ended> {
    return until(
      `${this.name} ends`,
      () => this.outcome,
      limitMs,
      () => this.said(),
    );
  }

  /** Waits until it has printed this, on stdout or on stderr. */
  async says(pattern: RegExp, limitMs: number): Promise<void> {
    await until(
      `${this.name} says ${pattern}`,
      () => (pattern.test(this.stdout) || pattern.test(this.stderr) ? true : undefined),
      limitMs,
      () => this.said(),
    );
  }

  /** Undefined until it is complete. */
  firstLine(): string | undefined {
    const end = this.stdout.indexOf('\n');
    return end < 0 ? undefined : this.stdout.slice(0, end);
  }

  said(): string {
    return `${this.name} said on stdout:\n${this.stdout.slice(-2_000)}\nand on stderr:\n${this.stderr.slice(-2_000)}`;
  }
}

/** Looks again and again until there is something to see. What it looks for is the rest of the sentence "until …". */
export async function until<T>(
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
  limitMs: number,
  context: () => string = () => '',
): Promise<T> {
  const giveUpAt = performance.now() + limitMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > giveUpAt) {
      throw new Error(`Waited ${limitMs / 1000} s in vain until ${what}.\n${context()}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
}

/** As the simulator's control API takes it. */
export interface CredentialsChange {
  revoke?: boolean | 'permissions';
  restore?: boolean;
  rotate?: boolean;
  expireToken?: boolean;
}

export interface StageOptions {
  /** Stands before every line of the narration. */
  title: string;
  /** How long an export takes. A simulator that is started again asks anew. */
  jobSeconds: number;
}

/** A Temporal dev server with a database, a simulated cloud with a state, and whatever is run beside them. */
export class Stage {
  readonly #startedAt = performance.now();
  readonly #processes: RunningProcess[] = [];
  #directory = '';
  #server: DevServer | undefined;
  #temporalPort = 0;
  #simulator: RunningProcess | undefined;
  #info: SimulatorInfo | undefined;
  #workers = 0;

  private constructor(private readonly options: StageOptions) {}

  /** Starts Temporal and the simulator. */
  static async open(options: StageOptions): Promise<Stage> {
    const stage = new Stage(options);
    try {
      stage.#directory = await mkdtemp(join(tmpdir(), 'ims-export-processes-'));
      stage.#temporalPort = await freePort();
      // Both are awaited in any case: one that comes up after the other has failed is to be ended as well.
      const starts = await Promise.allSettled([stage.startTemporal(), stage.startSimulator()]);
      for (const start of starts) if (start.status === 'rejected') throw start.reason;
      return stage;
    } catch (error) {
      await stage.close();
      throw error;
    }
  }

  /** Ends every process of this stage by its pid and removes its directory. */
  async close(): Promise<void> {
    for (const running of this.#processes) if (running.outcome === undefined) running.signal('SIGKILL');
    await Promise.all([...this.#processes.map(({ ended }) => ended), this.#server?.stop()]);
    await rm(this.#directory, { recursive: true, force: true });
  }

  get directory(): string {
    return this.#directory;
  }

  /** What the simulator said in its first line. */
  get info(): SimulatorInfo {
    if (this.#info === undefined) throw new Error('the simulator was not started');
    return this.#info;
  }

  image(name: string): string {
    const id = this.info.images[name];
    if (id === undefined) throw new Error(`the simulator has no image ${name}`);
    return id;
  }

  /** The environment of a worker or a client: nothing of whoever runs the tests but what a process needs. */
  environment(): NodeJS.ProcessEnv {
    const { PATH, HOME, TMPDIR, SystemRoot } = process.env;
    const account = this.#info === undefined ? {} : environmentOf(this.#info);
    return { PATH, HOME, TMPDIR, SystemRoot, TEMPORAL_ADDRESS: `127.0.0.1:${this.#temporalPort}`, ...account };
  }

  /** Tells the reader of `npm run restarts` what happens. */
  tell(what: string): void {
    if (!narrated) return;
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1).padStart(5);
    process.stdout.write(`${seconds} s  ${this.options.title.padEnd(14)} ${what}\n`);
  }

  /** Always on the same port and the same database. */
  async startTemporal(): Promise<void> {
    const dbFilename = join(this.#directory, 'temporal.db');
    this.#server = await startDevServer({ headless: true, port: this.#temporalPort, dbFilename });
    this.tell(`Temporal listens on ${this.#server.address} (pid ${this.#server.pid})`);
  }

  get temporal(): DevServer {
    if (this.#server === undefined) throw new Error('Temporal was not started');
    return this.#server;
  }

  async killTemporal(): Promise<void> {
    this.tell(`SIGKILL to Temporal (pid ${this.#server?.pid})`);
    await this.#server?.kill('SIGKILL');
  }

  /** Always on the same state, which remembers the ports. */
  async startSimulator(): Promise<void> {
    const state = join(this.#directory, 'cloud');
    const running = this.launch('simulator', '--state', state, '--job-seconds', String(this.options.jobSeconds));
    const firstLine = await until(
      'the simulator prints its first line',
      () => this.#lineOf(running, /^.*(?=\n)/),
      START_WITHIN_MS,
      () => running.said(),
    );
    this.#simulator = running;
    this.#info = JSON.parse(firstLine) as SimulatorInfo;
    this.tell(`the simulated cloud listens on ${this.#info.imsEndpoint} (pid ${running.pid})`);
  }

  get simulator(): RunningProcess {
    if (this.#simulator === undefined) throw new Error('the simulator was not started');
    return this.#simulator;
  }

  async killSimulator(): Promise<void> {
    this.tell(`SIGKILL to the simulated cloud (pid ${this.#simulator?.pid})`);
    await this.#simulator?.kill();
  }

  /** A worker that polls its task queue. */
  async startWorker(...args: string[]): Promise<RunningProcess> {
    return this.startWorkerWith({}, ...args);
  }

  /** A worker that reads a second time, and so on, without the waits of minutes. */
  startQuickWorker(env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<RunningProcess> {
    const preloaded = join(__dirname, 'fixtures/quick-evidence.cjs');
    return this.startWorkerWith({ ...env, NODE_OPTIONS: `--require ${preloaded}` }, ...args);
  }

  async startWorkerWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<RunningProcess> {
    this.#workers += 1;
    const name = `worker ${this.#workers}`;
    return this.#untilReady(this.#spawn(name, ['worker', ...args], { ...this.environment(), ...env }));
  }

  /** A worker of another installation. @param folder where its `lib` is */
  async startWorkerOf(folder: string, env: NodeJS.ProcessEnv): Promise<RunningProcess> {
    const program = [join(folder, 'lib/cli.js')];
    return this.#untilReady(this.#spawn(`worker of ${folder}`, ['worker'], { ...this.environment(), ...env }, program));
  }

  /** A program of a test that prints `ready: …` once it works. @param file in TypeScript */
  async startProgram(name: string, env: NodeJS.ProcessEnv, file: string, ...args: string[]): Promise<RunningProcess> {
    const program = ['--import', 'tsx', file];
    return this.#untilReady(this.#spawn(name, args, { ...this.environment(), ...env }, program));
  }

  async #untilReady(running: RunningProcess): Promise<RunningProcess> {
    await until(
      `${running.name} is ready`,
      () => this.#lineOf(running, /^ready: .*$/m),
      START_WITHIN_MS,
      () => running.said(),
    );
    this.tell(`${running.name} is ready (pid ${running.pid})`);
    return running;
  }

  async killWorker(worker: RunningProcess, when: string): Promise<void> {
    this.tell(`SIGKILL to ${worker.name} (pid ${worker.pid}) ${when}`);
    await worker.kill();
  }

  /** Starts a command and leaves it running. */
  launch(...args: string[]): RunningProcess {
    return this.launchWith({}, ...args);
  }

  launchWith(env: NodeJS.ProcessEnv, ...args: string[]): RunningProcess {
    return this.#spawn(`ims-export ${args[0]}`, args, { ...this.environment(), ...env });
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.runWith({}, ...args);
  }

  runWith(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
    return this.launchWith(env, ...args).endsWithin(START_WITHIN_MS);
  }

  /** What the simulator was asked so far, oldest first. */
  journal(): Promise<JournalEntry[]> {
    return this.#control('GET', 'requests');
  }

  /** The requests to export an image of the catalogue. */
  async posts(image: string): Promise<JournalEntry[]> {
    const path = `/v1/cloudimages/${this.image(image)}/file`;
    return (await this.journal()).filter((entry) => entry.method === 'POST' && entry.path === path);
  }

  jobs(): Promise<JobSummary[]> {
    return this.#control('GET', 'jobs');
  }

  async addFault(rule: FaultRule): Promise<void> {
    await this.#control('POST', 'faults', rule);
  }

  async changeJob(jobId: string, change: JobChange): Promise<void> {
    await this.#control('PUT', `jobs/${jobId}`, change);
  }

  /** Returns the new key where there is one. */
  async changeCredentials(change: CredentialsChange): Promise<{ accessKey?: string; secretKey?: string }> {
    return await this.#control('POST', 'credentials', change);
  }

  /** Copies of an image of the catalogue, by their ids. */
  async addImages(like: string, count: number): Promise<string[]> {
    return (await this.#control<Array<{ id: string }>>('POST', 'images', { like, count })).map(({ id }) => id);
  }

  async setBusyGuard(guard: BusyGuard): Promise<void> {
    await this.#control('POST', 'busy-guard', { guard });
  }

  async advanceClock(advanceMs: number): Promise<void> {
    await this.#control('POST', 'clock', { advanceMs });
  }

  /** A request that the simulator was asked and has not answered yet. */
  async untilAsked(what: string, matches: (entry: JournalEntry) => boolean, limitMs: number): Promise<JournalEntry> {
    return until(
      `the simulator is asked to ${what}`,
      async () => (await this.journal()).find((entry) => entry.status === null && entry.note === '' && matches(entry)),
      limitMs,
      () => this.said(),
    );
  }

  /** Everything that every process has printed so far. */
  outputs(): Array<{ name: string; text: string }> {
    return this.#processes.map(({ name, stdout, stderr }) => ({ name, text: stdout + stderr }));
  }

  /** What all processes that were started said last, for the message of a failed test. */
  said(): string {
    return this.#processes.map((running) => running.said()).join('\n');
  }

  #spawn(name: string, args: readonly string[], env: NodeJS.ProcessEnv, program?: string[]): RunningProcess {
    const running = new RunningProcess(name, args, env, program);
    this.#processes.push(running);
    return running;
  }

  #lineOf(running: RunningProcess, line: RegExp): string | undefined {
    const [found] = line.exec(running.stdout) ?? [];
    if (found !== undefined) return found;
    if (running.outcome !== undefined) throw new Error(`${running.name} ended at once. ${running.said()}`);
    return undefined;
  }

  async #control<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.info.imsEndpoint}/_simulator/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(END_WITHIN_MS),
    });
    if (!response.ok) throw new Error(`${method} /_simulator/${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }
}
