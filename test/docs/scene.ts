/**
 * The short form of running the documentation: one dev server, one simulator and one worker for all pages, and each
 * `ims-export` command as a process of its own, as written. What a reader would put in the place of capital letters is put
 * there, and what a page presupposes of the cloud is brought about.
 *
 * @module
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportNexusService } from '../../src';
import { findTemporalCli } from '../../src/dev-server';
import { accountFromEnvironment, createCloudClient } from '../../src/huaweicloud';
import { environmentOf, writeEnvFile } from '../../src/testing';
import { type Rig, startRig, untilStatus } from '../rigs/rig';
import { ShellProcess } from '../rigs/shell-process';
import { type Page, REPOSITORY } from './pages';
import { Placeholders } from './placeholders';
import type { Command } from './shell';

const COMMAND_LIMIT_MS = 90_000;
const HOUR_MS = 3_600_000;

export class Scene {
  readonly #servers = new Map<string, ShellProcess>();
  /** Where the TypeScript of a page stands: below the repository, so that `temporal-ims-export/…` is the package itself. */
  readonly #sources = join(REPOSITORY, '.cache', `blocks-of-docs-${process.pid}`);

  private constructor(
    private readonly rig: Rig,
    readonly directory: string,
  ) {}

  static async open(): Promise<Scene> {
    // Jobs end when a command waits for their end.
    const rig = await startRig({
      simulator: { jobSeconds: 12 * 3600 },
      worker: { nexusServices: [exportNexusService()] },
    });
    // Commands of many pages name one image; the cloud would let it be exported once at a time.
    rig.simulator.busyGuard = 'off';
    const directory = mkdtempSync(join(tmpdir(), 'ims-export-docs-'));
    writeCommands(join(directory, 'bin'), (await findTemporalCli()).path);
    writeEnvFile(join(directory, 'simulator.env'), rig.simulator.info);
    return new Scene(rig, directory);
  }

  async close(): Promise<void> {
    await this.stopServers();
    await this.rig.close();
    for (const folder of [this.directory, this.#sources]) rmSync(folder, { recursive: true, force: true });
  }

  /** What a reader has before the first command of a page: the files that it shows. */
  prepare(page: Page): void {
    for (const { words, text } of page.blocks) {
      const title = words.get('title');
      if (title === undefined) continue;
      const folder = title.endsWith('.ts') ? this.#sources : this.directory;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, title), `${text}\n`);
    }
  }

  placeholders(page: Page): Placeholders {
    return new Placeholders(page.path.replace(/\W/g, '-'), this.rig.simulator.info.images.linux ?? '');
  }

  /** Runs a command to its end, and returns what it said. A server is left running until the page ends. */
  async run(command: Command, placeholders: Placeholders): Promise<{ exitCode: number | null; said: string }> {
    await this.bringAbout(command, placeholders);
    // The endpoint leads to the worker of the scene.
    const text = placeholders
      .fill(command.text)
      .replace('--target-task-queue ims-export', `--target-task-queue ${this.rig.taskQueue}`)
      .replace('--target-namespace default', `--target-namespace ${this.rig.server.namespace}`);
    if (command.ready !== null) return await this.#serve(text, command.ready);
    const running = new ShellProcess(text, this.directory, this.#environment());
    const time = /\bwatch\b|--wait\b|\bworkflow execute\b/.test(text) ? this.letTimePass() : undefined;
    const ended = await running.endsWithin(COMMAND_LIMIT_MS).finally(() => clearInterval(time));
    placeholders.heed(ended.said);
    return ended;
  }

  async stopServers(): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.stop()));
    this.#servers.clear();
  }

  async #serve(text: string, ready: RegExp): Promise<{ exitCode: number | null; said: string }> {
    const server = new ShellProcess(text, this.directory, this.#environment());
    this.#servers.set(text, server);
    await server.says(ready, COMMAND_LIMIT_MS);
    // Its cloud would be another than that of the worker, and of another clock: once it is seen to come up, it has done.
    if (/\bsimulator\b/.test(text.replace('simulator.env', ''))) await this.#forgetSimulator(server);
    return { exitCode: 0, said: server.said };
  }

  async #forgetSimulator(server: ShellProcess): Promise<void> {
    await server.stop();
    writeEnvFile(join(this.directory, 'simulator.env'), this.rig.simulator.info);
  }

  /** Whoever waits for an end should not wait twelve hours. */
  private letTimePass(): NodeJS.Timeout {
    const pass = () => {
      this.rig.simulator.clock.advance(24 * HOUR_MS);
      void this.#pollAll();
    };
    pass();
    return setInterval(pass, 1_000);
  }

  async #pollAll(): Promise<void> {
    for await (const { workflowId } of this.rig.client.workflow.list({ query: "ExecutionStatus = 'Running'" })) {
      await this.rig.client.workflow
        .getHandle(workflowId)
        .signal('pollNow')
        .catch(() => undefined);
    }
  }

  /** What some commands presuppose of the cloud. */
  private async bringAbout({ text }: Command, placeholders: Placeholders): Promise<void> {
    const [, workflowId] = /\bims-export resolve (ims-export:\S+)/.exec(text) ?? [];
    if (workflowId !== undefined) await this.#loseASubmit(workflowId, placeholders);
    if (/\bims-export attach\b/.test(text) && !placeholders.knows('JOB_ID'))
      await this.#exportByTheConsole(placeholders);
    if (/^npx ims-export temporal workflow execute\b/.test(text)) this.#runWorkerOfPage();
  }

  /** `worker.ts` of the page, which a reader runs in another terminal. Whoever starts a workflow waits for it. */
  #runWorkerOfPage(): void {
    const text = `'${join(REPOSITORY, 'node_modules/.bin/tsx')}' worker.ts`;
    if (!this.#servers.has(text)) this.#servers.set(text, new ShellProcess(text, this.#sources, this.#environment()));
  }

  /** `resolve` is for an export whose submit had no answer. */
  async #loseASubmit(workflowId: string, placeholders: Placeholders): Promise<void> {
    const { rig } = this;
    rig.simulator.faults.add({
      service: 'ims',
      method: 'POST',
      path: '/v1/cloudimages/*/file',
      action: { dropAfter: true },
    });
    const bucketUrl = workflowId.replace(/^ims-export:/, '');
    await rig.startWorkflow(rig.input({ bucketUrl, options: { onAmbiguousSubmit: 'ask' } }), workflowId);
    await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'reconciling' || phase === 'needsAnswer');
    placeholders.heed(`job ${rig.simulator.jobs().at(-1)?.jobId}`);
  }

  /** `attach` is for a job that was begun elsewhere. */
  async #exportByTheConsole(placeholders: Placeholders): Promise<void> {
    const cloud = createCloudClient(accountFromEnvironment(environmentOf(this.rig.simulator.info)));
    try {
      const [imageId, bucketUrl] = [placeholders.fill('IMAGE_ID'), placeholders.fill('BUCKET:KEY')];
      const { jobId } = await cloud.ims.exportImage({ imageId, bucketUrl, fileFormat: 'qcow2' });
      placeholders.heed(`job ${jobId}`);
    } finally {
      await cloud.close();
    }
  }

  #environment(): NodeJS.ProcessEnv {
    const { PATH, HOME, TMPDIR } = process.env;
    const { info } = this.rig.simulator;
    const images = Object.entries(info.images).map(([name, id]) => [`SIMULATOR_IMAGE_${name}`, id]);
    return {
      ...environmentOf(info),
      ...Object.fromEntries(images),
      HOME,
      TMPDIR,
      PATH: `${join(this.directory, 'bin')}:${PATH}`,
      TEMPORAL_ADDRESS: this.rig.server.address,
      TEMPORAL_NAMESPACE: this.rig.server.namespace,
      IMS_EXPORT_TASK_QUEUE: this.rig.taskQueue,
    };
  }
}

/** `ims-export`, and `npx` and `npm run` as far as they only find it, without the second that they need for that; `temporal`. */
function writeCommands(directory: string, temporalCli: string): void {
  const cli = `exec '${process.execPath}' '${join(REPOSITORY, 'lib/cli.js')}'`;
  mkdirSync(directory);
  for (const [name, script] of [
    ['ims-export', `${cli} "$@"`],
    ['temporal', `exec '${temporalCli}' "$@"`],
    ['npx', `[ "$1" = ims-export ] || { echo "npx $1 is not of the short form" >&2; exit 127; }\nshift; ${cli} "$@"`],
    [
      'npm',
      `[ "$1 $2" = 'run simulator' ] || { echo "npm $* is not of the short form" >&2; exit 127; }\nshift 3; ${cli} simulator "$@"`,
    ],
  ] as const) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(directory, name), 0o755);
  }
}
