import { afterAll, beforeAll, expect } from 'vitest';
import { environmentOf, type JobSummary } from '../../src/testing';
import { type Ended, RunningProcess, until } from './processes';
import { type Rig, type RigOptions, startRig } from './rig';
import { converterOfRun } from './strict-codec';

/** Generous for machines that are busy with other things; a hang takes longer. */
export const SOON_MS = 40_000;
export const FAST_POLLS = ['--option', 'minInterval=1s', '--option', 'maxInterval=2s'];

const CONVERTER = converterOfRun === undefined ? {} : { IMS_EXPORT_DATA_CONVERTER: converterOfRun };

/** A command of a user, in a process of its own, to its end. */
export function runCommand({ server, simulator }: Rig, ...args: string[]): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const temporal = { TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace };
  const env = { PATH, HOME, ...temporal, ...CONVERTER, ...environmentOf(simulator.info) };
  return new RunningProcess(`ims-export ${args[0]}`, args, env).endsWithin(SOON_MS);
}

/** The commands of a user, each a process of its own, against the server, the simulator and the worker of a rig. */
export class Commands {
  readonly #processes: RunningProcess[] = [];
  #rig: Rig | undefined;

  get rig(): Rig {
    if (this.#rig === undefined) throw new Error('the rig is there from the first test on');
    return this.#rig;
  }

  async open(options: RigOptions): Promise<void> {
    this.#rig = await startRig(options);
  }

  /** Starts a command and leaves it running. */
  launch(...args: string[]): RunningProcess {
    return this.launchWith({}, ...args);
  }

  launchWith(env: NodeJS.ProcessEnv, ...args: string[]): RunningProcess {
    const { server, simulator, taskQueue } = this.rig;
    const { PATH, HOME, TMPDIR } = process.env;
    const running = new RunningProcess(`ims-export ${args[0]}`, args, {
      ...{ PATH, HOME, TMPDIR, IMS_EXPORT_TASK_QUEUE: taskQueue },
      ...{ TEMPORAL_ADDRESS: server.address, TEMPORAL_NAMESPACE: server.namespace },
      ...CONVERTER,
      ...environmentOf(simulator.info),
      ...env,
    });
    this.#processes.push(running);
    return running;
  }

  /** Runs a command to its end. */
  run(...args: string[]): Promise<Ended> {
    return this.launch(...args).endsWithin(SOON_MS);
  }

  /** Runs a command that ends with this code, and with one block on stderr that begins with the code of the error. */
  async refused(exitCode: number, code: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
    return await expectRefusal(this.launchWith(env, ...args), exitCode, code);
  }

  /** The arguments of a start with polls that a test can wait for. */
  start(image: string, to: string, ...flags: string[]): string[] {
    return ['start', '--image', this.image(image), '--to', to, ...FAST_POLLS, ...flags];
  }

  image(name: string): string {
    const id = this.rig.simulator.info.images[name];
    if (id === undefined) throw new Error(`the simulator has no image ${name}`);
    return id;
  }

  destination(key: string): string {
    return `${this.rig.simulator.info.bucket}:cli/${key}`;
  }

  async listing(workflowId: string): Promise<string | undefined> {
    const { stdout } = await this.run('list');
    return stdout.split('\n').find((line) => line.includes(`${workflowId} `));
  }

  /** A worker on a busy machine may not have taken a message in, or not answer a query in time. */
  async statusSays(workflowId: string, ...parts: string[]): Promise<void> {
    await this.until(`the status of ${workflowId} says ${parts.join(' and ')}`, async () => {
      const { exitCode, stdout } = await this.run('status', workflowId);
      expect(exitCode).toBe(0);
      return parts.every((part) => stdout.includes(part)) ? true : undefined;
    });
  }

  /** What `status --json` reports once a worker has answered the query. */
  reportOf(workflowId: string): Promise<{ status: object }> {
    return this.until(`a worker answers for the status of ${workflowId}`, async () => {
      const { exitCode, stdout } = await this.run('status', workflowId, '--json');
      expect(exitCode).toBe(0);
      const report = JSON.parse(stdout);
      return report.status === null ? undefined : report;
    });
  }

  jobTo(to: string): Promise<JobSummary> {
    return this.until(`there is a job to ${to}`, () =>
      this.rig.simulator.jobs().find(({ bucketUrl }) => bucketUrl === to),
    );
  }

  async untilPolled(jobId: string, times: number): Promise<void> {
    await this.until(`job ${jobId} was polled ${times} time(s)`, () => {
      const polls = this.rig.simulator.requests().filter(({ path, status }) => path.endsWith(jobId) && status === 200);
      return polls.length >= times ? true : undefined;
    });
  }

  /** Looks again and again until there is something to see. */
  until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
    return until(what, look, SOON_MS, () => this.said());
  }

  /** What the commands said last, for the message of a failed test. */
  said(): string {
    return this.#processes.map((running) => running.said()).join('\n');
  }

  /** The commands so far that have printed a secret of the cloud. */
  secretsPrinted(): string[] {
    const { secretKey, iamPassword } = this.rig.simulator.info;
    if (this.#processes.length === 0) throw new Error('no command was run');
    return this.#processes
      .filter(({ stdout, stderr }) => [secretKey, iamPassword].some((secret) => (stdout + stderr).includes(secret)))
      .map(({ name }) => name);
  }

  /** Ends the commands that still run, and the rig. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.filter(({ outcome }) => outcome === undefined).map((running) => running.kill()));
    await this.#rig?.close();
  }
}

/** The commands of the file that calls this. Jobs take longer than its tests run: they end when a test says so. */
export function commandsOfThisFile(): Commands {
  const commands = new Commands();
  beforeAll(() => commands.open({ simulator: { jobSeconds: 3_600 } }));
  afterAll(() => commands.close());
  return commands;
}

/** A command that ends with this code, and with one block on stderr that begins with the code of the error, if it has one. */
export async function expectRefusal(command: RunningProcess, exitCode: number, code: string): Promise<Ended> {
  const ended = await command.endsWithin(SOON_MS);
  expect(ended.exitCode, command.said()).toBe(exitCode);
  const block = ended.stderr.replace(/^(waiting|-|\d+ %).*\n/gm, '');
  expect(block.startsWith(code === '' ? 'ims-export: ' : `ims-export: ${code}: `), command.said()).toBe(true);
  expect(block.match(/^ims-export: /gm)).toHaveLength(1);
  expect(block).not.toMatch(/^ {4,}at /m);
  return ended;
}
