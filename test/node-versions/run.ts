/**
 * `npm run node-versions`: a fresh clone of the last commit under each version of Node, with its own `npm ci`; in it the
 * demo, the projects of `npm run consumers`, and the tests that start this package as processes. Prints a table, and ends
 * with 0 only when all passed under each version that this package and Temporal's packages support.
 *
 *   npm run node-versions                               the newest release of each supported line
 *   npm run node-versions -- --versions 20.19.0,24      these
 *   npm run node-versions -- --verbose                  with everything that the commands say
 *
 * Each Node is the npm package `node`, in a folder of its own, and first on the PATH. npm is the one that runs this.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { findTemporalCli, findTimeSkippingServer } from '../../src/dev-server';
import { freshEnvironment } from '../rigs/fresh-environment';
import { ShellProcess } from '../rigs/shell-process';
import { endBy } from '../trials/command-line';
import {
  type Exclusion,
  exclusionsIn,
  type Row,
  settingsOf,
  table,
  testsIn,
  whyUnsupported,
  withoutVitest,
} from './report';

const REPOSITORY = resolve(__dirname, '../..');
const LIMIT_MS = 20 * 60_000;

/** Those that start the command line, workers and servers as processes, in networks of all kinds. */
const TESTS_OF_PROCESSES = [
  'test/processes',
  'test/cli/start-up.test.ts',
  'test/cli/simulator.test.ts',
  'test/worker/worker-process.test.ts',
  'test/deploy/worker-image.test.ts',
  'test/testing/restart.test.ts',
];

const INSTALLATION = 'npm ci';
const STEPS = [
  { step: INSTALLATION, text: 'npm ci --no-audit --no-fund --prefer-offline', needsVitest: false },
  { step: 'demo', text: 'npm run demo -- --no-keep', needsVitest: false },
  { step: 'consumers', text: 'npx --no-install tsx test/consumers/run.ts', needsVitest: false },
  {
    step: 'tests of processes',
    text: `LONG_FORM=true npx --no-install vitest run ${TESTS_OF_PROCESSES.join(' ')}`,
    needsVitest: true,
  },
];

interface Ran {
  exitCode: number | null;
  said: string;
  seconds: number;
}

type Run = (text: string, cwd: string, env: NodeJS.ProcessEnv) => Promise<Ran>;

async function tryOut(version: string, folder: string, servers: NodeJS.ProcessEnv, run: Run): Promise<Row[]> {
  const rows: Row[] = [];
  let node: string | undefined;
  let exclusions: Exclusion[] = [];
  const report = (step: string, result: Row['result'], seconds: number | null, ...notes: Array<string | undefined>) => {
    const unsupported = whyUnsupported(node ?? version, exclusions);
    const note = [...notes, unsupported].filter((text) => text).join('; ');
    const row = { node: node ?? version, step, result, isSupported: unsupported === undefined, seconds, note };
    rows.push(row);
    const took = seconds === null ? '' : `${seconds.toFixed(1)} s`;
    console.log(`${row.node.padEnd(9)} ${step.padEnd(19)} ${took.padStart(8)}  ${result}  ${note}`);
  };
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  const env = { ...freshEnvironment(join(folder, 'tmp')), ...servers };

  const install = join(folder, 'node');
  mkdirSync(install);
  writeFileSync(join(install, 'package.json'), JSON.stringify({ private: true, allowScripts: { node: true } }));
  const brought = await run(`npm install --no-audit --no-fund --prefer-online node@${version}`, install, env);
  env.PATH = `${join(install, 'node_modules/node/bin')}:${env.PATH}`;
  // What npm, npx and all that they start run on.
  const asked = await run('npm version --json', install, env);
  node = /"node": "([\d.]+)"/.exec(asked.said)?.[1];
  if (brought.exitCode !== 0 || !`${node}.`.startsWith(`${version}.`)) {
    report(`npm install node@${version}`, 'failed', brought.seconds, `npm runs on Node ${node}`);
    complain(brought);
    return rows;
  }

  const clone = join(folder, 'temporal-ims-export');
  execFileSync('git', ['clone', '--quiet', REPOSITORY, clone]);
  let isInstalled = true;
  for (const { step, text, needsVitest } of STEPS) {
    const missing = needsVitest ? withoutVitest(exclusions) : undefined;
    if (!isInstalled || missing !== undefined) {
      report(step, 'not run', null, isInstalled ? `${missing?.package} needs Node ${missing?.needs}` : undefined);
      continue;
    }
    const ran = await run(text, clone, env);
    const result = ran.exitCode === 0 ? 'passed' : 'failed';
    if (step === INSTALLATION) {
      exclusions = exclusionsIn(ran.said);
      isInstalled = result === 'passed';
    }
    report(step, result, ran.seconds, needsVitest ? testsIn(ran.said) : undefined);
    if (result === 'failed') complain(ran);
  }
  return rows;
}

function complain({ said }: Ran): void {
  console.error(said.slice(-6_000));
}

async function main(): Promise<boolean> {
  const { versions, verbose } = settingsOf(process.argv.slice(2));
  const heard = verbose ? (text: string) => process.stdout.write(text) : () => {};
  const run: Run = async (text, cwd, env) => {
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    try {
      return { ...(await new ShellProcess(text, cwd, env, heard).endsWithin(LIMIT_MS)), seconds: seconds() };
    } catch (error) {
      return { exitCode: null, said: String(error), seconds: seconds() };
    }
  };
  // The servers are the same under each, and brought once.
  const servers = {
    TEMPORAL_CLI_PATH: (await findTemporalCli({ onProgress: console.log })).path,
    TEMPORAL_TEST_SERVER_PATH: (await findTimeSkippingServer({ onProgress: console.log })).path,
  };
  const folder = mkdtempSync(join(tmpdir(), 'node-versions-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const startedAt = performance.now();
  const rows: Row[] = [];
  for (const version of versions) {
    const place = join(folder, version);
    mkdirSync(place);
    rows.push(...(await tryOut(version, place, servers, run)));
    rmSync(place, { recursive: true, force: true, maxRetries: 3 });
  }
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  console.log(`\n${table(rows)}\n\n${minutes} min`);
  return rows.every(({ result, isSupported }) => result !== 'failed' || !isSupported);
}

endBy(main);
