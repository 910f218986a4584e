import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type DevServer, type DevServerOptions, startDevServer } from '../../src/dev-server';
import { devServerArguments } from '../../src/dev-server/dev-server';
import { freePort } from '../../src/dev-server/free-port';
import { itInLongForm } from '../rigs/long-form';
import { connectClient } from '../rigs/temporal';
import { temporaryFolder, writeScript } from './fake-cli';

const servers: DevServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function started(options: DevServerOptions): Promise<DevServer> {
  const server = await startDevServer(options);
  servers.push(server);
  return server;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('the command line of the dev server', () => {
  it('stays on the loopback and makes no connection to the internet', () => {
    expect(devServerArguments({ port: 7001, uiPort: 8001 }).join(' ')).toBe(
      'server start-dev --ip 127.0.0.1 --port 7001 --log-level error --ui-port 8001 --ui-disable-news-fetch',
    );
  });

  it('contains everything that the options ask for', () => {
    const args = devServerArguments({
      port: 7001,
      uiPort: null,
      namespace: 'exports',
      moreNamespaces: ['callers'],
      dbFilename: '/tmp/x.db',
      dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 60, 'a.word': 'b' },
      searchAttributes: { ImsImageId: 'Keyword' },
    });
    expect(args.slice(8)).toEqual([
      '--headless',
      '--namespace',
      'exports',
      '--namespace',
      'callers',
      '--db-filename',
      '/tmp/x.db',
      '--dynamic-config-value',
      'limit.historyCount.suggestContinueAsNew=60',
      '--dynamic-config-value',
      'a.word="b"',
      '--search-attribute',
      'ImsImageId=Keyword',
    ]);
  });
});

describe('a dev server', () => {
  it('answers on gRPC and on the Web UI once it is started, and is gone after stop()', async () => {
    const server = await started({ namespace: 'exports', searchAttributes: { ImsImageId: 'Keyword' } });
    const client = await connectClient(server);
    const { namespaceInfo } = await client.workflowService.describeNamespace({ namespace: 'exports' });
    expect(namespaceInfo?.name).toBe('exports');
    await client.connection.close();
    const page = await fetch(server.webUi ?? '');
    expect(page.ok).toBe(true);
    await server.stop();
    await server.stop();
    expect(alive(server.pid)).toBe(false);
  });

  it('has no Web UI when headless', async () => {
    expect((await started({ headless: true })).webUi).toBeNull();
  });

  it('keeps its workflows after a SIGKILL and a restart on the same file and port', async () => {
    const dbFilename = join(await temporaryFolder(), 'temporal.db');
    const port = await freePort();
    const options = { headless: true, dbFilename, port, searchAttributes: { ImsImageId: 'Keyword' } };
    const first = await started(options);
    const client = await connectClient(first);
    await client.workflow.start('nobodyRunsIt', { taskQueue: 'none', workflowId: 'kept' });
    await first.kill('SIGKILL');
    expect(alive(first.pid)).toBe(false);
    const second = await started(options);
    expect(second.address).toBe(first.address);
    const again = await connectClient(second);
    expect((await again.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
    await Promise.all([client.connection.close(), again.connection.close()]);
  });

  it('reports that its port is taken', async () => {
    const holder = createServer().listen(await freePort(), '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    await expect(startDevServer({ headless: true, port })).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      message: expect.stringContaining(`can't set frontend port ${port}`),
    });
    holder.close();
  });

  it('does not accept another server that answers on the same port', async () => {
    const first = await started({ headless: true });
    const port = Number(first.address.split(':')[1]);
    await expect(startDevServer({ headless: true, port })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  });
});

describe('a dev server that does not start', () => {
  it('fails with its output when its process ends', async () => {
    const cli = await writeScript(join(await temporaryFolder(), 'temporal'), 'echo "Error: disk is full" >&2; exit 4');
    await expect(startDevServer({ cli })).rejects.toMatchObject({
      name: 'DevServerNotStarted',
      code: 'EXITED',
      message: expect.stringMatching(/ended with exit code 4 before it answered.*\n.*disk is full/),
    });
  });

  it('fails with its output when it does not answer in time, and is stopped', async () => {
    const folder = await temporaryFolder();
    const cli = await writeScript(join(folder, 'temporal'), 'echo "waiting, pid $$" >&2; exec sleep 30');
    const error = await startDevServer({ cli, headless: true, startTimeoutMs: 500 }).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'TIMED_OUT', message: expect.stringContaining('within 0.5 s') });
    const pid = Number(/waiting, pid (\d+)/.exec(error.message)?.[1]);
    expect(alive(pid)).toBe(false);
  });

  it('fails with the name of the executable when it is missing', async () => {
    await expect(startDevServer({ cli: '/nowhere/temporal' })).rejects.toMatchObject({
      code: 'NOT_STARTED',
      message: expect.stringContaining('/nowhere/temporal'),
    });
  });

  it('tries other ports when another process took the first ones', async () => {
    const folder = await temporaryFolder();
    const says = 'echo "listen tcp: bind: address already in use" >&2; exit 1';
    const cli = await writeScript(join(folder, 'temporal'), `echo "$6" >> ${folder}/ports; ${says}`);
    await expect(startDevServer({ cli, headless: true })).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    const ports = (await readFile(`${folder}/ports`, 'utf8')).trim().split('\n');
    expect(new Set(ports).size).toBe(3);
  });
});

describe('a dev server whose parent process ends', () => {
  /** The fixture as a process group of its own, like a command in a terminal. */
  async function parent(way: string): Promise<{ process: ChildProcess; serverPid: number }> {
    const child = spawn(process.execPath, ['--import', 'tsx', join(__dirname, 'fixtures/parent.ts'), way], {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    return { process: child, serverPid: Number(line) };
  }

  /** What a terminal does on Ctrl-C: a signal to the whole foreground group. */
  const ctrlC = ({ pid }: ChildProcess) => process.kill(-(pid ?? Number.NaN), 'SIGINT');

  async function untilGone(pid: number): Promise<boolean> {
    for (let waited = 0; waited < 3_000 && alive(pid); waited += 50) await sleep(50);
    return !alive(pid);
  }

  it('is stopped when the parent has nothing left to do', async () => {
    const { process: process_, serverPid } = await parent('falls idle');
    if (process_.exitCode === null) await once(process_, 'exit');
    expect(process_.exitCode).toBe(0);
    expect(await untilGone(serverPid)).toBe(true);
  });

  itInLongForm('keeps running on Ctrl-C until the parent has shut down', async () => {
    const { process: process_, serverPid } = await parent('listens');
    ctrlC(process_);
    await sleep(700);
    expect(alive(serverPid)).toBe(true);
    if (process_.exitCode === null) await once(process_, 'exit');
    expect(process_.exitCode).toBe(0);
    expect(await untilGone(serverPid)).toBe(true);
  });

  itInLongForm('is stopped on Ctrl-C when the parent has no signal handler', async () => {
    const { process: process_, serverPid } = await parent('waits');
    ctrlC(process_);
    const [, signal] = await once(process_, 'exit');
    expect(signal).toBe('SIGINT');
    expect(await untilGone(serverPid)).toBe(true);
  });
});

it('free ports are all different, even when many are requested at once', async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
});
