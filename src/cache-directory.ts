import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

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
