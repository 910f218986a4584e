import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';

const lib = resolve(__dirname, '../../lib');
const cli = resolve(lib, 'cli.js');

const tell = resolve(__dirname, '../rigs/fixtures/tell-packages.cjs');

/** The packages that a process has loaded at its end, which it comes to by itself. */
async function packagesLoadedBy(file: string, args: readonly string[], env = process.env): Promise<string[]> {
  const stderr = await new Promise<string>((done) => {
    execFile(process.execPath, ['--require', tell, file, ...args], { env }, (_error, _stdout, said) => done(said));
  });
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as string[];
}

it.each([
  ['the client', resolve(lib, 'client.js'), []],
  ['the command line', cli, ['start', '--help']],
] as const)('%s loads neither an HTTP client nor the worker', async (_what, file, args) => {
  const packages = await packagesLoadedBy(file, args);
  expect(packages).toContain('@temporalio/client');
  expect(packages).not.toContain('undici');
  expect(packages).not.toContain('@temporalio/worker');
});

describe('of simulator, progress bar and tests', () => {
  const NOT_FOR_WORKERS = ['hono', '@hono/node-server', '@temporalio/testing'];

  it.each([
    ['the package', resolve(lib, 'index.js'), []],
    ['the worker of `npm run worker`', resolve(lib, 'worker.js'), []],
    ['`ims-export worker` with traces', cli, ['worker', '--otel']],
  ] as const)('%s loads nothing, up to its connection to Temporal', async (_what, file, args) => {
    const env = {
      ...process.env,
      TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
      IMS_EXPORT_REGION: 'cn-north-4',
      HUAWEICLOUD_SDK_AK: 'ak',
      HUAWEICLOUD_SDK_SK: 'sk',
    };
    const packages = await packagesLoadedBy(file, args, env);
    expect(packages).toEqual(expect.arrayContaining(['@temporalio/worker', 'undici']));
    if (args.length > 0) expect(packages).toContain('@opentelemetry/sdk-trace-node');
    expect(packages.filter((name) => NOT_FOR_WORKERS.includes(name))).toEqual([]);
  });
});
