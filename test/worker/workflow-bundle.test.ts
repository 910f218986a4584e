import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BUNDLED_FOLDERS, type BundleSources, exportWorkflowBundle } from '../../src/worker/workflow-bundle';

let folder: string;
let cache: string;
let sources: BundleSources;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'workflow-bundle-'));
  cache = join(folder, 'cache');
  sources = { folder: join(folder, 'lib'), besides: ['@temporalio/worker@1.24.0'] };
  for (const room of BUNDLED_FOLDERS) await mkdir(join(sources.folder, room), { recursive: true });
  await mkdir(join(sources.folder, 'workflows/submission'));
  for (const file of ['contract/options.js', 'workflows/index.js', 'workflows/submission/submit.js'])
    await write(file, 'one');
});
afterEach(() => rm(folder, { recursive: true }));

const write = (file: string, text: string) => writeFile(join(sources.folder, file), text);

/** How often it was made stands in the code. */
function counted() {
  let made = 0;
  return async () => ({ code: `made ${++made}\n//# not the last line` });
}

const bundleWith = (make: () => Promise<{ code: string }>, place = cache) =>
  exportWorkflowBundle({ env: { IMS_EXPORT_CACHE_DIR: place }, sources, make });

const MADE = (times: number) => ({ code: `made ${times}\n//# not the last line` });

const bundles = () => join(cache, 'workflow-bundles');
const keptFile = async () => join(bundles(), (await readdir(bundles()))[0] ?? '');

describe('the workflow bundle', () => {
  it('is built once, and then read unchanged from the cache', async () => {
    const make = counted();
    expect(await bundleWith(make)).toEqual(MADE(1));
    expect(await bundleWith(make)).toEqual(MADE(1));
  });

  it.each<[string, () => Promise<unknown> | unknown]>([
    ['a workflow', () => write('workflows/submission/submit.js', 'two')],
    ['a further workflow', () => write('workflows/further.js', 'one')],
    ['the contract', () => write('contract/options.js', 'two')],
    ['the export sources', () => write('export/failures.js', 'one')],
    ['the SDK', () => Object.assign(sources, { besides: ['@temporalio/worker@1.25.0'] })],
  ])('is built again after a change of %s', async (_what, change) => {
    const make = counted();
    await bundleWith(make);
    await change();
    expect(await bundleWith(make)).toEqual(MADE(2));
    expect(await bundleWith(make)).toEqual(MADE(2));
  });

  it('is built again after a change of a converter that stands in it, or of what that imports', async () => {
    const make = counted();
    const payloadConverterPath = join(folder, 'payload-converter.cjs');
    const secret = join(folder, 'secret.cjs');
    await writeFile(secret, 'exports.secret = 1');
    await writeFile(payloadConverterPath, "exports.payloadConverter = require('./secret.cjs')");
    const bundle = () =>
      exportWorkflowBundle({
        ...{ env: { IMS_EXPORT_CACHE_DIR: cache }, sources, make },
        dataConverter: { payloadConverterPath },
      });
    expect(await bundleWith(make)).toEqual(MADE(1));
    expect(await bundle()).toEqual(MADE(2));
    expect(await bundle()).toEqual(MADE(2));
    await writeFile(secret, 'exports.secret = 2');
    expect(await bundle()).toEqual(MADE(3));
    expect(await bundleWith(make)).toEqual(MADE(1));
  });

  it('stays the same when only types or source maps change', async () => {
    const make = counted();
    await bundleWith(make);
    await write('contract/options.d.ts', 'types');
    await write('workflows/index.js.map', 'lines');
    expect(await bundleWith(make)).toEqual(MADE(1));
  });

  it('is not cached when its sources change during the build', async () => {
    await bundleWith(async () => {
      await write('workflows/index.js', 'two');
      return { code: 'of both' };
    });
    expect(await readdir(bundles())).toEqual([]);
  });

  it('is built again when the cached file was truncated or changed', async () => {
    const make = counted();
    await bundleWith(make);
    await truncate(await keptFile(), 30);
    expect(await bundleWith(make)).toEqual(MADE(2));
    await writeFile(await keptFile(), (await readFile(await keptFile(), 'utf8')).replace('made 2', 'made 9'));
    expect(await bundleWith(make)).toEqual(MADE(3));
    expect(await bundleWith(make)).toEqual(MADE(3));
  });

  it.each<[string, () => Promise<string>, number]>([
    ['file', keptFile, 0o666],
    ['folder', async () => bundles(), 0o777],
    ['cache', async () => cache, 0o777],
    ['cache below a folder', async () => folder, 0o777],
  ])('is not read from a %s that others may write to', async (_which, path, mode) => {
    const make = counted();
    await bundleWith(make);
    await chmod(await path(), mode);
    expect(await bundleWith(make)).toEqual(MADE(2));
  });

  it.each<[string, () => NodeJS.ProcessEnv]>([
    ['cannot be written', () => ({ IMS_EXPORT_CACHE_DIR: join(sources.folder, 'contract/options.js', 'cache') })],
    ['has an invalid path', () => ({ IMS_EXPORT_CACHE_DIR: '\0' })],
  ])('is built each time when the cache %s', async (_why, env) => {
    const make = counted();
    await exportWorkflowBundle({ env: env(), sources, make });
    expect(await exportWorkflowBundle({ env: env(), sources, make })).toEqual(MADE(2));
  });

  it('leaves one file in the cache, which only its owner may read and write', async () => {
    await Promise.all([bundleWith(counted()), bundleWith(counted())]);
    expect(await readdir(bundles())).toHaveLength(1);
    expect((await stat(await keptFile())).mode & 0o777).toBe(0o600);
  });

  it('removes what earlier versions and killed workers left', async () => {
    await bundleWith(counted());
    const daysAgo = (days: number) => Date.now() / 1000 - days * 86_400;
    for (const [name, days] of [
      ['former.js', 31],
      ['other.js', 29],
      ['killed.js.1', 1],
    ] as const) {
      await writeFile(join(bundles(), name), '');
      await utimes(join(bundles(), name), daysAgo(days), daysAgo(days));
    }
    await write('contract/options.js', 'two');
    await bundleWith(counted());
    const left = await readdir(bundles());
    expect(left).toHaveLength(3);
    expect(left).toContain('other.js');
  });
});
