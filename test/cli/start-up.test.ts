import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const lib = resolve(__dirname, '../../lib');

/** The packages that a process has loaded once it has loaded this file. */
async function packagesLoadedBy(file: string, ...args: string[]): Promise<Set<string>> {
  const tell = `process.on('exit', () => console.error(JSON.stringify(Object.keys(require.cache))));`;
  const load = `process.argv.splice(1, 0, ${JSON.stringify(file)}); require(${JSON.stringify(file)});`;
  const { stderr } = await run(process.execPath, ['-e', `${tell} ${load}`, '--', ...args]);
  const loaded = JSON.parse(stderr) as string[];
  return new Set(loaded.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []));
}

it.each([
  ['the client', resolve(lib, 'client.js'), []],
  ['the command line', resolve(lib, 'cli.js'), ['start', '--help']],
] as const)('%s loads neither an HTTP client nor the worker', async (_what, file, args) => {
  const packages = await packagesLoadedBy(file, ...args);
  expect(packages).toContain('@temporalio/client');
  expect([...packages]).not.toContain('undici');
  expect([...packages]).not.toContain('@temporalio/worker');
});
