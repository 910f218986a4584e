import { lstat, mkdir, readlink } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { command } from './export/quoting';

/**
 * Where server executables and the workflow bundle are kept between runs: outside of git, and the same place for a
 * checkout of the repository and for the installed package. `IMS_EXPORT_CACHE_DIR`, else
 * `$XDG_CACHE_HOME/temporal-ims-export`, else `~/.cache/temporal-ims-export`.
 *
 * @throws Error when neither variable is set and there is no home folder: code from anywhere else must not be run
 */
export function cacheDirectory(env: NodeJS.ProcessEnv, home: () => string = homedir): string {
  if (env.IMS_EXPORT_CACHE_DIR) return resolve(env.IMS_EXPORT_CACHE_DIR);
  // The XDG base directory specification: a relative path there is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'temporal-ims-export');
  const folder = home();
  if (!isAbsolute(folder)) throw new Error(`There is no home folder ("${folder}"). Set IMS_EXPORT_CACHE_DIR.`);
  return join(folder, '.cache', 'temporal-ims-export');
}

// What lies in the cache is run beside the keys of the cloud: no other user may have been able to write it, nor be able to put
// another folder in its place. So folders are named by their real paths from here on, and each step of those is looked at.

/**
 * Makes a folder of the cache where it is missing, for its owner alone.
 *
 * @returns its real path
 * @throws Error when others may write to it, or to a folder above it
 */
export async function makePrivateFolder(cache: string, folder = cache): Promise<string> {
  await mkdir(cache, { recursive: true, mode: 0o700 });
  const real = await checkPrivate(cache);
  const place = join(real, relative(cache, folder));
  await mkdir(place, { recursive: true, mode: 0o700 });
  return await checkPrivate(real, place);
}

/**
 * @param path a file or folder of the cache; there are no links between the two
 * @returns its real path
 * @throws Error that names what others may write to, or what belongs to another user, and what to do
 */
export async function checkPrivate(cache: string, path = cache): Promise<string> {
  // Windows reports no owner, and keeps the profile's folders for its user.
  if (process.getuid === undefined) return path;
  let real = await realPathOf(cache);
  refuseOfOthers(real, await lstat(real));
  for (const name of relative(cache, path).split(sep).filter(Boolean)) {
    real = join(real, name);
    const stats = await lstat(real);
    if (stats.isSymbolicLink()) throw new Error(`${real} is a link, and the cache must hold no links. Remove it`);
    refuseOfOthers(real, stats);
  }
  return real;
}

/** As many as Linux follows. */
const MAX_LINKS = 40;

/** As `realpath`, step by step: no other user may change a folder or a link on the way. */
async function realPathOf(path: string): Promise<string> {
  const names = path.split(sep);
  let at: string = sep;
  let links = 0;
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    const step = join(at, name);
    const stats = await lstat(step);
    const isAbove = names.length > 0;
    refuseOwner(step, stats, isAbove);
    if (stats.isSymbolicLink()) {
      links += 1;
      if (links > MAX_LINKS) throw new Error(`${path} leads through too many links`);
      const target = await readlink(step);
      if (isAbsolute(target)) at = sep;
      names.unshift(...target.split(sep));
    } else {
      // In a sticky folder, such as /tmp, each user may rename and remove only what is their own.
      if ((stats.mode & STICKY) === 0) refuseWriters(step, stats, isAbove);
      at = step;
    }
  }
  return at;
}

const STICKY = 0o1000;

/** For a file or a folder of the cache itself. */
export function refuseOfOthers(path: string, stats: Access): void {
  refuseOwner(path, stats);
  refuseWriters(path, stats);
}

interface Access {
  uid: number;
  mode: number;
}

const ELSEWHERE = 'set IMS_EXPORT_CACHE_DIR to a folder that only you may write to';

// A folder above the cache may be there for others too: how it is shared is not ours to change.

function refuseOwner(path: string, { uid }: Access, isAbove = false): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === 0) return;
  const here = isAbove ? '' : `\`${command('chown', String(own), path)}\` as root, or `;
  throw new Error(`${path} belongs to another user: ${here}${ELSEWHERE}`);
}

function refuseWriters(path: string, { uid, mode }: Access, isAbove = false): void {
  if (process.getuid === undefined || (mode & 0o022) === 0) return;
  const here = isAbove && uid !== process.getuid() ? '' : `\`${command('chmod', 'go-w', path)}\`, or `;
  throw new Error(`others may write to ${path}: ${here}${ELSEWHERE}`);
}
