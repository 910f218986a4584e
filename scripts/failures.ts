/**
 * The tests of what went wrong elsewhere, as a table: number, failure, test, result.
 *
 *   npm run failures [-- --write-docs]
 *
 * The exit code is 1 when a failure has no test, or when a test fails. With `--write-docs`, docs/failure-modes.md and
 * docs/development/failure-catalogue.md are made anew instead.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { FAILURES, failureCataloguePage } from '../test/failures/catalogue';
import { failureModesPage } from '../test/failures/users-page';

interface TestResult {
  title: string;
  status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled';
}

/** What of vitest's JSON is read here. */
interface Report {
  testResults: Array<{ name: string; status: string; message: string; assertionResults: TestResult[] }>;
}

const repository = resolve(__dirname, '..');

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { 'write-docs': { type: 'boolean', default: false } } });
  if (values['write-docs']) {
    await writeFile(join(repository, 'docs/failure-modes.md'), failureModesPage());
    return await writeFile(join(repository, 'docs/development/failure-catalogue.md'), failureCataloguePage());
  }
  const report = await runTests();
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const rows = FAILURES.map(({ number, failure }) => {
    const own = tests.filter(({ title }) => title.startsWith(`${number} `));
    return { number, failure, own, result: resultOf(own) };
  });
  console.log(line('', 'Failure', 'Test', 'Result'));
  for (const { number, failure, own, result } of rows) print(number, failure, own, result);
  const broken = report.testResults.filter(({ status, message }) => status === 'failed' && message !== '');
  for (const { name, message } of broken) console.log(`\n${name}: ${message}`);
  const bad = rows.filter(({ result }) => result !== 'passed').length;
  console.log(
    `\n${rows.length - bad} of ${rows.length} failures pass, by ${rows.reduce((sum, { own }) => sum + own.length, 0)} tests`,
  );
  process.exitCode = bad === 0 && broken.length === 0 && !tests.some(({ status }) => status === 'failed') ? 0 : 1;
}

async function runTests(): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'failures-'));
  try {
    const output = join(directory, 'report.json');
    const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${output}`];
    const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
    const child = spawn(process.execPath, [vitest, 'run', 'test/failures', ...reporters], {
      cwd: repository,
      env: { ...process.env, LONG_FORM: 'true' },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    await once(child, 'close');
    return JSON.parse(await readFile(output, 'utf8')) as Report;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function resultOf(tests: readonly TestResult[]): string {
  if (tests.length === 0) return 'NO TEST';
  return tests.every(({ status }) => status === 'passed') ? 'passed' : 'FAILED';
}

/** The failure and its first test; every test that did not pass beneath. */
function print(number: string, failure: string, tests: readonly TestResult[], result: string): void {
  const [first] = tests;
  const title = first?.title.slice(number.length + 1) ?? '-';
  const more = tests.length > 1 ? ` (+${tests.length - 1})` : '';
  const shown = `${cut(title, 64 - more.length)}${more}`;
  console.log(line(number, cut(failure, 60), shown, result));
  for (const { title, status } of tests) if (status !== 'passed') console.log(`     ${status}: ${title}`);
}

function line(number: string, failure: string, test: string, result: string): string {
  return `${number.padEnd(4)} ${failure.padEnd(60)}  ${test.padEnd(64)}  ${result}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
