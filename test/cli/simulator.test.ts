import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentOf, type SimulatorInfo } from '../../src/testing';
import { casesOf } from '../rigs/long-form';
import { RunningProcess, until } from '../rigs/processes';
import { expectRefusal } from '../rigs/run-command';
import { ShellProcess } from '../rigs/shell-process';

const repository = resolve(__dirname, '../..');
const bin = join(repository, 'lib/cli.js');
const LIMIT_MS = 40_000;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'simulator-command-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function run(command: string, cwd = repository): ShellProcess {
  const { PATH, HOME, TMPDIR, npm_config_cache } = process.env;
  return new ShellProcess(command, cwd, { PATH, HOME, TMPDIR, npm_config_cache, npm_config_update_notifier: 'false' });
}

function launch(...args: string[]): RunningProcess {
  const { PATH, HOME, TMPDIR } = process.env;
  return new RunningProcess(`ims-export ${args[0]}`, args, { PATH, HOME, TMPDIR });
}

describe('the simulator writes its variables to a new file', () => {
  const WAYS = [
    // Node 20 takes this name for itself where something else than our bin starts Node, as npx does.
    ['the bin with the old flag --env-file', `${bin} simulator --env-file`],
    ['npm run', 'npm run simulator -- --write-env'],
    ['npx', 'npx --no-install ims-export simulator --write-env'],
    ['the bin', `${bin} simulator --write-env`],
    ['node', `node ${bin} simulator --write-env`],
  ] as const;

  it.each(casesOf(WAYS, 2))('when started by %s', async (_how, command) => {
    const file = join(directory, 'simulator.env');
    const simulator = run(`exec ${command} ${file}`);
    try {
      await simulator.says(/The simulated cloud is ready/, LIMIT_MS);
      const [line = ''] = /^\{.*$/m.exec(simulator.said) ?? [];
      const info = JSON.parse(line) as SimulatorInfo;
      const text = readFileSync(file, 'utf8');
      for (const [name, value] of Object.entries(environmentOf(info)))
        expect(text).toContain(`export ${name}=${value}\n`);
      expect(text).toContain(`export SIMULATOR_IMAGE_linux=${info.images.linux}\n`);
    } finally {
      await simulator.stop();
    }
  });
});

it('simulator prints one line of JSON first, writes the env file, and ends with 0 on SIGTERM', async () => {
  const envFile = join(directory, 'simulator.env');
  const simulator = launch('simulator', '--write-env', envFile);
  const line = await until(
    'the simulator says where it is',
    () => simulator.firstLine(),
    LIMIT_MS,
    () => simulator.said(),
  );
  const info = JSON.parse(line) as SimulatorInfo;
  expect(Object.keys(info.images)).toEqual(expect.arrayContaining(['linux', 'huge', 'tooLarge', 'iso', 'queued']));
  const text = readFileSync(envFile, 'utf8');
  for (const assignment of [
    `HUAWEICLOUD_SDK_AK=${info.accessKey}`,
    `HUAWEICLOUD_SDK_SK=${info.secretKey}`,
    `HUAWEICLOUD_SDK_PROJECT_ID=${info.projectId}`,
    `HUAWEICLOUD_SDK_IAM_ENDPOINT=${info.iamEndpoint}`,
    `IMS_EXPORT_REGION=${info.region}`,
    `IMS_EXPORT_IMS_ENDPOINT=${info.imsEndpoint}`,
    `IMS_EXPORT_OBS_ENDPOINT=${info.obsEndpoint}`,
    'IMS_EXPORT_OBS_PATH_STYLE=true',
    `IMS_EXPORT_BUCKET=${info.bucket}`,
  ]) {
    expect(text).toContain(`export ${assignment}\n`);
  }
  expect(statSync(envFile).mode & 0o077).toBe(0);
  simulator.signal('SIGTERM');
  expect((await simulator.endsWithin(LIMIT_MS)).exitCode).toBe(0);
});

it('the help of `ims-export simulator` names only the new flag --write-env', async () => {
  const { said } = await run(`${bin} simulator --help`).endsWithin(LIMIT_MS);
  expect(said).toContain('--write-env <file>');
  expect(said).not.toContain('--env-file');
});

describe('the simulator ends with 2 and changes nothing', () => {
  it('when the folder has an objects/ that it did not make', async () => {
    mkdirSync(join(directory, 'objects'));
    writeFileSync(join(directory, 'objects/photo.jpg'), 'mine');
    const { exitCode, said } = await run(`${bin} simulator --state .`, directory).endsWithin(LIMIT_MS);
    expect(exitCode).toBe(2);
    expect(said).toMatch(/^ims-export: The simulator cannot keep its state in /);
    expect(said).toContain(`${directory}: it is not empty`);
    expect(said).toContain('Use an empty or a new folder: `ims-export simulator --state ');
    expect(said).not.toMatch(/^ {4,}at /m);
    expect(readFileSync(join(directory, 'objects/photo.jpg'), 'utf8')).toBe('mine');
  });

  it('when the file for its variables is not its own', async () => {
    writeFileSync(join(directory, 'keys.env'), 'export HUAWEICLOUD_SDK_AK=REAL\n');
    const { exitCode, said } = await run(`${bin} simulator --write-env keys.env`, directory).endsWithin(LIMIT_MS);
    expect([exitCode, said]).toEqual([2, expect.stringContaining('keys.env has content that no simulator wrote')]);
    expect(readFileSync(join(directory, 'keys.env'), 'utf8')).toBe('export HUAWEICLOUD_SDK_AK=REAL\n');
  });

  it('on a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { stderr } = await expectRefusal(launch('simulator', '--port', String(port)), 2, '');
    expect(stderr).toMatch(/Port \d+ is taken.* Choose another --port/);
    server.close();
  });

  it('on a port that is no number', async () => {
    const { stderr } = await expectRefusal(launch('simulator', '--port', 'http'), 2, '');
    expect(stderr).toContain('a whole number from 0 to 65532');
  });
});
