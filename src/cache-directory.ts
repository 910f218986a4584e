import { lstat, mkdir, stat } from 'node:fs/promises';
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

// What lies in the cache is run beside the keys of the cloud: no other user may have been able to write it.

/**
 * Makes a folder of the cache where it is missing, for its owner alone.
 *
 * @throws Error when others may write to it or to the cache
 */
export async function makePrivateFolder(cache: string, folder = cache): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await checkPrivate(cache, folder);
}

/**
 * @param path a file or folder of the cache; each folder between it and the cache is checked too
 * @throws Error that names what others may write to, or what belongs to another user, and what to do
 */
export async function checkPrivate(cache: string, path: string): Promise<void> {
  // The cache itself may be a link; below it, a link may lead to a folder of others.
  refuseOfOthers(cache, await stat(cache));
  let step = cache;
  for (const name of relative(cache, path).split(sep).filter(Boolean)) {
    step = join(step, name);
    refuseOfOthers(step, await lstat(step));
  }
}

/** Windows reports no owner, and keeps the profile's folders for its user. */
export function refuseOfOthers(path: string, { uid, mode }: { uid: number; mode: number }): void {
  const own = process.getuid?.();
  if (own === undefined) return;
  if (uid !== own && uid !== 0) {
    throw new Error(`${path} belongs to another user: remove it, or set IMS_EXPORT_CACHE_DIR to a folder of your own`);
  }
  if ((mode & 0o022) !== 0) throw new Error(`others may write to ${path}: \`${command('chmod', 'go-w', path)}\``);
}
