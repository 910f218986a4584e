import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { linkPackages } from '../consumers/linked-packages';
import { itInLongForm } from '../rigs/long-form';
import { Stage } from '../rigs/processes';

const repository = resolve(__dirname, '../..');
const run = promisify(execFile);

const ACCOUNT = { IMS_EXPORT_REGION: 'cn-north-4', HUAWEICLOUD_SDK_AK: 'ak', HUAWEICLOUD_SDK_SK: 'sk' };

/** A folder as `/app` of the image, made as the Dockerfile makes it. */
async function image(): Promise<string> {
  const app = await mkdtemp(join(tmpdir(), 'worker-image-'));
  await copyFile(join(repository, 'package.json'), join(app, 'package.json'));
  await run(process.execPath, [join(repository, 'deploy/production-package.cjs')], { cwd: app });
  const { dependencies } = JSON.parse(await readFile(join(app, 'package.json'), 'utf8')) as {
    dependencies: { [name: string]: string };
  };
  linkPackages(app, Object.keys(dependencies));
  await cp(join(repository, 'lib'), join(app, 'lib'), { recursive: true });
  return app;
}

describe('the packages of the image of a worker', () => {
  let app: string;
  beforeAll(async () => {
    app = await image();
  });
  afterAll(() => rm(app, { recursive: true }));

  it.each(['hono', '@hono/node-server', '@temporalio/testing', 'typescript', 'vitest'])('are without %s', (name) => {
    expect(existsSync(join(app, 'node_modules/@temporalio/worker'))).toBe(true);
    expect(existsSync(join(app, 'node_modules', name))).toBe(false);
  });

  it('are all that a worker needs up to its connection to Temporal, with traces', async () => {
    const address = `127.0.0.1:${await freePort()}`;
    const env = { ...process.env, ...ACCOUNT, TEMPORAL_ADDRESS: address };
    const worker = run(process.execPath, [join(app, 'lib/cli.js'), 'worker', '--otel'], { env });
    await expect(worker).rejects.toMatchObject({
      code: 5,
      stderr: expect.stringContaining(`TemporalUnreachable: No Temporal server answers at ${address}`),
    });
  });

  itInLongForm(
    'are all that a worker needs to bundle, to start from its bundles and to export, and a client in a terminal to follow',
    async () => {
      const stage = await Stage.open({ title: 'image', jobSeconds: 1 });
      onTestFinished(() => stage.close());
      await copyFile(join(repository, 'deploy/keep-bundles.cjs'), join(app, 'keep-bundles.cjs'));
      const env = { IMS_EXPORT_CACHE_DIR: join(app, 'cache') };
      await run(process.execPath, ['keep-bundles.cjs'], { cwd: app, env: { ...stage.environment(), ...env } });
      const worker = await stage.startWorkerOf(app, { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
      const { stdout } = await run(
        process.execPath,
        [
          ...['--import', 'data:text/javascript,process.stdout.isTTY=true', join(app, 'lib/cli.js'), 'start'],
          ...['--image', stage.image('linux'), '--to', `${stage.info.bucket}:from-the-image`, '--format', 'qcow2'],
          ...['--wait', '--option', 'minInterval=200ms'],
        ],
        { env: stage.environment() },
      );
      expect(stdout).toMatch(/█ 100 %\nsucceeded, elapsed /);
      worker.signal('SIGTERM');
      expect((await worker.endsWithin(30_000)).exitCode, worker.said()).toBe(0);
    },
    120_000,
  );

  it.each(['simulator', 'demo'])('say of `ims-export %s` that the simulated cloud is not there', async (command) => {
    const said = run(process.execPath, [join(app, 'lib/cli.js'), command]);
    await expect(said).rejects.toMatchObject({
      code: 1,
      stderr: `ims-export: This command needs the simulated cloud. The container image of the worker does not include it. Run \`ims-export ${command}\` where this package is installed with npm.\n`,
    });
  });
});
