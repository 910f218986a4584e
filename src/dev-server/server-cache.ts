import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from '../cache-directory';

const INSTALLING = '.installing-';
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

export interface CacheEntry {
  cache: string;
  /** Name of the entry's folder in the cache. */
  entry: string;
  /** Puts everything into an empty folder and checks it; rejects when that cannot be done. */
  fill(folder: string): Promise<void>;
  /** Whether a folder that stands in the entry's place already can be used as it is. */
  usable(folder: string): Promise<boolean>;
}

/**
 * Fills a folder beside the cache's entries and renames it into place, so that of two processes that install at
 * once neither sees a half install: the first rename wins and the other process uses what it finds.
 * @returns the real path of the entry's folder
 */
export async function installIntoCache({ entry, fill, usable, ...asked }: CacheEntry): Promise<string> {
  const cache = await makePrivateFolder(asked.cache);
  await removeAbandonedInstalls(cache);
  const temporary = await mkdtemp(join(cache, `${INSTALLING}${entry}-`));
  const place = join(cache, entry);
  try {
    await fill(temporary);
    if (await renamed(temporary, place)) return place;
    if (await usable(place)) return place;
    // What stands there was broken before we began: out of the way, by rename again.
    const broken = await mkdtemp(join(cache, `${INSTALLING}${entry}-replaced-`));
    await rename(place, join(broken, entry)).catch(() => undefined);
    const replaced = await renamed(temporary, place);
    await rm(broken, { recursive: true, force: true });
    if (!replaced && !(await usable(place))) throw new Error(`${place} is not usable and cannot be replaced`);
    return place;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** False when something stands there already. */
async function renamed(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** An install that was killed leaves its folder, 150 MB of it: gone with the next install that is an hour younger. */
async function removeAbandonedInstalls(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(INSTALLING)) continue;
    const folder = join(cache, name);
    const age = await stat(folder).then(
      (stats) => Date.now() - stats.mtimeMs,
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
