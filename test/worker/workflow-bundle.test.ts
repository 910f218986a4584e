import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportWorkflowBundle } from '../../src/worker/workflow-bundle';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'workflow-bundle-'));
});
afterEach(() => rm(cache, { recursive: true }));

/** How often it was made stands in the code. */
function counted() {
  let made = 0;
  return async () => ({ code: `made ${++made}\n//# not the last line` });
}

const bundleWith = (make: ReturnType<typeof counted>, folder = cache) =>
  exportWorkflowBundle({ IMS_EXPORT_CACHE_DIR: folder }, make);

const keptFile = async () => {
  const [name = ''] = await readdir(join(cache, 'workflow-bundles'));
  return join(cache, 'workflow-bundles', name);
};

describe('the workflow bundle', () => {
  it('is made once, and then read from the cache as it was made', async () => {
    const make = counted();
    expect(await bundleWith(make)).toEqual({ code: 'made 1\n//# not the last line' });
    expect(await bundleWith(make)).toEqual({ code: 'made 1\n//# not the last line' });
  });

  it('is made again when the file in the cache was cut or changed', async () => {
    const make = counted();
    await bundleWith(make);
    await truncate(await keptFile(), 30);
    expect(await bundleWith(make)).toMatchObject({ code: expect.stringContaining('made 2') });
    await writeFile(await keptFile(), (await readFile(await keptFile(), 'utf8')).replace('made 2', 'made 9'));
    expect(await bundleWith(make)).toMatchObject({ code: expect.stringContaining('made 3') });
    expect(await bundleWith(make)).toMatchObject({ code: expect.stringContaining('made 3') });
  });

  it('is made each time where the cache cannot be written', async () => {
    const file = join(cache, 'file');
    await writeFile(file, '');
    const make = counted();
    await bundleWith(make, join(file, 'cache'));
    expect(await bundleWith(make, join(file, 'cache'))).toMatchObject({ code: expect.stringContaining('made 2') });
  });

  it('leaves one file in the cache, which only its owner may read and write', async () => {
    await Promise.all([bundleWith(counted()), bundleWith(counted())]);
    expect(await readdir(join(cache, 'workflow-bundles'))).toHaveLength(1);
    expect((await stat(await keptFile())).mode & 0o777).toBe(0o600);
  });
});
