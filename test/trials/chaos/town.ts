/**
 * The processes of a run, each as a user runs it, and the network between them. What ends by itself is started again, as any
 * supervisor does.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentOf } from '../../../src/testing';
import type { SimulatorState } from '../../../src/testing/state';
import { type RunningProcess, Stage } from '../../rigs/processes';
import { Link } from '../storm/link';
import { type Caller, CloudProxy } from './cloud-proxy';
import { ACCOUNTS, type Account, PROCESSES, type ProcessName } from './plan';

export const QUEUES = { exports: 'ims-export', activities: 'ims-export-activities', application: 'orders' } as const;

/** Each has a file of accounts of its own, so that the proxy knows whose request it sees. */
const WORKERS = ['worker', 'activities'] as const;
const APPLICATION = join(__dirname, 'application.ts');
type CredentialsChange = Parameters<Stage['changeCredentials']>[0];
const TRY_AGAIN_MS = 500;
const MAX_TRIES = 60;
/** As a supervisor that has lost its patience. */
const END_WITHIN_MS = 20_000;
/** How long processes take to be there again at the end. */
const HEAL_WITHIN_MS = 120_000;

export interface Fault {
  who: ProcessName;
  atMs: number;
  untilMs: number;
}

export class Town {
  /** When a process was not there, or stood still. */
  readonly faults: Fault[] = [];
  /** The arguments of every process that was started, as `ps` shows them. */
  readonly arguments: string[] = [];
  /** Processes that ended by themselves. */
  readonly fell: Array<{ who: ProcessName; atMs: number; how: string }> = [];
  /** Every secret of the cloud, by what it is; those in use and those that were. */
  readonly #secrets = new Map<string, string>();
  readonly #running = new Map<ProcessName, RunningProcess>();
  /** What is done to a process is done one after the other. */
  readonly #turns = new Map<ProcessName, Promise<void>>();
  readonly #expected = new Set<RunningProcess>();
  #isClosing = false;

  private constructor(
    readonly stage: Stage,
    readonly cloud: CloudProxy,
    readonly link: Link,
  ) {}

  static async open(jobSeconds: number): Promise<Town> {
    const stage = await Stage.open({ title: 'chaos', jobSeconds });
    const { imsEndpoint: ims, obsEndpoint: obs, iamEndpoint: iam, metadataEndpoint: metadata } = stage.info;
    const callers = WORKERS.flatMap((process) => ACCOUNTS.map((account) => ({ process, account })));
    const cloud = await CloudProxy.open({ ims, obs, iam, metadata }, callers);
    const town = new Town(stage, cloud, await Link.open(stage.temporal.address));
    try {
      await town.#afterStartOf('simulator');
      await Promise.all(WORKERS.map((who) => town.#writeAccounts(who)));
      await Promise.all((['worker', 'activities', 'application'] as const).map((who) => town.#start(who)));
      town.#noteArguments(stage.temporal.pid);
      return town;
    } catch (error) {
      await town.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    for (const who of PROCESSES) if (who !== 'simulator') this.#signal(who, 'SIGCONT');
    await this.stage.close();
    await Promise.all([this.cloud.close(), this.link.close()]);
  }

  /** Ends a process by a signal, and starts another one. */
  async replace(who: ProcessName, signal: 'SIGKILL' | 'SIGTERM', downMs: number): Promise<void> {
    await this.#inTurn(who, async () => {
      const atMs = Date.now();
      await this.#end(who, signal);
      await sleep(downMs);
      await this.#start(who);
      this.faults.push({ who, atMs, untilMs: Date.now() });
    });
  }

  async freeze(who: ProcessName, forMs: number): Promise<void> {
    await this.#inTurn(who, async () => {
      const atMs = Date.now();
      this.#signal(who, 'SIGSTOP');
      await sleep(forMs);
      this.#signal(who, 'SIGCONT');
      this.faults.push({ who, atMs, untilMs: Date.now() });
    });
  }

  /** A new key; the file of the profile has it a moment later. */
  async rotate(): Promise<void> {
    const { accessKey = '', secretKey = '' } = await this.changeCredentials({ rotate: true });
    Object.assign(this.stage.info, { accessKey, secretKey });
    await this.#writeProfile();
  }

  /** The simulator may be away just then. */
  async changeCredentials(change: CredentialsChange): ReturnType<Stage['changeCredentials']> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.stage.changeCredentials(change);
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  async heal(): Promise<void> {
    this.cloud.heal();
    this.link.restore();
    await withinLimit('every process is there again', HEAL_WITHIN_MS, Promise.all(this.#turns.values()));
    this.cloud.heal();
    this.link.restore();
    await this.changeCredentials({ restore: true });
    await this.rotate();
  }

  /** As the simulator keeps it, with the secrets of every time. */
  async simulatorState(): Promise<SimulatorState> {
    const text = await readFile(join(this.stage.directory, 'cloud/state.json'), 'utf8');
    const state = JSON.parse(text) as SimulatorState;
    this.#noteSecrets(state);
    return state;
  }

  get secrets(): ReadonlyMap<string, string> {
    return this.#secrets;
  }

  async #inTurn(who: ProcessName, act: () => Promise<void>): Promise<void> {
    const turn = (this.#turns.get(who) ?? Promise.resolve()).then(act);
    // The one after it has its turn in any case.
    this.#turns.set(
      who,
      turn.catch(() => undefined),
    );
    await turn;
  }

  #signal(who: ProcessName, signal: NodeJS.Signals): void {
    if (who === 'temporal') process.kill(this.stage.temporal.pid, signal);
    else if (who === 'simulator') this.stage.simulator.signal(signal);
    else this.#running.get(who)?.signal(signal);
  }

  async #end(who: ProcessName, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (who === 'temporal') {
      await (signal === 'SIGTERM' ? this.stage.temporal.stop() : this.stage.temporal.kill('SIGKILL'));
      return;
    }
    const running = who === 'simulator' ? this.stage.simulator : this.#running.get(who);
    if (running === undefined) return;
    this.#expected.add(running);
    running.signal(signal);
    const isOver = await Promise.race([running.ended.then(() => true), sleep(END_WITHIN_MS, false, { ref: false })]);
    if (!isOver) await running.kill();
  }

  /** Tries again until it is there: a worker cannot start while Temporal is away. */
  async #start(who: ProcessName): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#startOnce(who);
      } catch (error) {
        if (this.#isClosing || tries === 20) throw error;
        await sleep(TRY_AGAIN_MS);
      }
    }
  }

  async #startOnce(who: ProcessName): Promise<void> {
    const { stage } = this;
    if (who === 'temporal') await stage.startTemporal();
    if (who === 'simulator') await stage.startSimulator();
    if (who === 'temporal' || who === 'simulator') return await this.#afterStartOf(who);
    const running = await this.#launch(who);
    this.#running.set(who, running);
    this.#noteArguments(running.pid);
    void running.ended.then(({ exitCode, signal }) => {
      if (this.#isClosing || this.#expected.has(running)) return;
      this.fell.push({ who, atMs: Date.now(), how: signal ?? `exit code ${exitCode}` });
      // Its turn may have come by an action: then there is another one already.
      this.#inTurn(who, async () => {
        if (this.#running.get(who) === running) await this.#start(who);
      }).catch(() => undefined);
    });
  }

  #launch(who: 'worker' | 'activities' | 'application'): Promise<RunningProcess> {
    const { stage, link } = this;
    const env = { TEMPORAL_ADDRESS: link.address };
    if (who === 'application') return stage.startProgram('application', env, APPLICATION, QUEUES.application);
    const ofWorker = { ...env, ...this.#environment(), IMS_EXPORT_CONFIG: this.#accountsFileOf(who) };
    const args = who === 'worker' ? [] : ['--task-queue', QUEUES.activities, '--activities-only'];
    return stage.startWorkerWith(ofWorker, ...args);
  }

  async #afterStartOf(who: 'temporal' | 'simulator'): Promise<void> {
    if (who === 'temporal') return this.#noteArguments(this.stage.temporal.pid);
    this.#noteArguments(this.stage.simulator.pid);
    // With it, the simulator itself would refuse a second export of an image, and a wrong submit would not show.
    await this.stage.setBusyGuard('off');
    // It may have been killed before it could answer a rotation.
    await this.#writeProfile();
    this.#noteSecrets(
      JSON.parse(readFileSync(join(this.stage.directory, 'cloud/state.json'), 'utf8')) as SimulatorState,
    );
  }

  /** The keys are in files and in the environment of workers only, and the password as well. */
  #environment(): NodeJS.ProcessEnv {
    const { HUAWEICLOUD_SDK_AK: _ak, HUAWEICLOUD_SDK_SK: _sk, ...others } = environmentOf(this.stage.info);
    return { ...others, HUAWEICLOUD_SDK_AK: undefined, HUAWEICLOUD_SDK_SK: undefined };
  }

  #accountsFileOf(who: Caller['process']): string {
    return join(this.stage.directory, `accounts-${who}.json`);
  }

  async #writeAccounts(who: Caller['process']): Promise<void> {
    const { info, directory } = this.stage;
    const { iamUser: user, iamDomain: domainName, region, projectId } = info;
    const credentials: { [account in Account]: object } = {
      default: { source: 'profile', file: join(directory, 'profile') },
      metadata: {
        source: 'metadata',
        endpoint: this.cloud.endpointsOf({ process: who, account: 'metadata' }).metadata,
      },
      password: { source: 'iamPassword', user, password: { env: 'IMS_EXPORT_IAM_PASSWORD' }, domainName },
    };
    const accounts = Object.fromEntries(
      ACCOUNTS.map((account) => {
        const { ims, obs, iam } = this.cloud.endpointsOf({ process: who, account });
        const place = { region, projectId, endpoints: { ims, obs, iam }, obsPathStyle: true };
        return [account, { ...place, credentials: credentials[account] }];
      }),
    );
    await writeFile(this.#accountsFileOf(who), JSON.stringify({ accounts }));
  }

  async #writeProfile(): Promise<void> {
    const { info, directory } = this.stage;
    const file = join(directory, 'profile');
    // Two changes may come at the same time.
    const written = `${file}.${randomUUID()}`;
    await writeFile(written, `[basic]\nak = ${info.accessKey}\nsk = ${info.secretKey}\n`);
    await rename(written, file);
  }

  #noteSecrets({ keyring, user }: SimulatorState): void {
    const note = (what: string, secret: string) => this.#secrets.set(secret, what);
    note('the password', user.password);
    note('a secret key', keyring.permanent.secretKey);
    for (const { secretKey, securityToken } of keyring.temporary) {
      note('a temporary secret key', secretKey);
      note('a security token', securityToken);
    }
    for (const { id } of keyring.tokens) note('a token', id);
  }

  #noteArguments(pid: number): void {
    try {
      this.arguments.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
    } catch {
      // It has ended by now, or there is no /proc.
    }
  }
}

async function withinLimit<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
  const enough = new AbortController();
  const late = sleep(limitMs, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`waited ${limitMs / 1_000} s in vain until ${what}`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    enough.abort();
    late.catch(() => undefined);
  }
}
