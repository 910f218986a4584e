import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installIntoCache } from '../../src/dev-server/server-cache';
import { temporaryFolder } from './fake-cli';

const usable = async (folder: string) =>
  (await readFile(join(folder, 'program'), 'utf8').catch(() => '')).startsWith('whole');

const fillWith = (text: string) => async (folder: string) => {
  await writeFile(join(folder, 'program'), text);
};

describe('an install into the server cache', () => {
  it('is not visible until it is complete', async () => {
    const cache = await temporaryFolder();
    const seenMeanwhile: string[] = [];
    const folder = await installIntoCache({
      cache,
      entry: 'cli',
      usable,
      fill: async (temporary) => {
        await fillWith('whole')(temporary);
        seenMeanwhile.push(...(await readdir(cache)));
      },
    });
    expect(folder).toBe(join(cache, 'cli'));
    expect(seenMeanwhile).not.toContain('cli');
    expect(await readdir(cache)).toEqual(['cli']);
  });

  it('leaves nothing behind when it fails', async () => {
    const cache = await temporaryFolder();
    const fill = () => Promise.reject(new Error('no network'));
    await expect(installIntoCache({ cache, entry: 'cli', usable, fill })).rejects.toThrow('no network');
    expect(await readdir(cache)).toEqual([]);
  });

  it('can run several times at once: the first result stays and all use it', async () => {
    const cache = await temporaryFolder();
    const install = (name: string) =>
      installIntoCache({ cache, entry: 'cli', usable, fill: fillWith(`whole, by ${name}`) });
    const folders = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(install));
    expect(new Set(folders)).toEqual(new Set([join(cache, 'cli')]));
    expect(await usable(join(cache, 'cli'))).toBe(true);
    expect(await readdir(cache)).toEqual(['cli']);
  });

  it('replaces a broken result', async () => {
    const cache = await temporaryFolder();
    await mkdir(join(cache, 'cli'));
    await writeFile(join(cache, 'cli', 'program'), 'half');
    await installIntoCache({ cache, entry: 'cli', usable, fill: fillWith('whole') });
    expect(await usable(join(cache, 'cli'))).toBe(true);
    expect(await readdir(cache)).toEqual(['cli']);
  });

  it('removes what a killed install left hours ago, and no install that may still run', async () => {
    const cache = await temporaryFolder();
    const long = new Date(Date.now() - 3 * 60 * 60 * 1000);
    await mkdir(join(cache, '.installing-cli-old'));
    await utimes(join(cache, '.installing-cli-old'), long, long);
    await mkdir(join(cache, '.installing-cli-young'));
    await installIntoCache({ cache, entry: 'cli', usable, fill: fillWith('whole') });
    expect((await readdir(cache)).sort()).toEqual(['.installing-cli-young', 'cli']);
  });
});
