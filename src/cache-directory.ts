import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/**
 * Where server executables and the workflow bundle are kept between runs: outside of git, and the same place for a
 * checkout of the repository and for the installed package. `IMS_EXPORT_CACHE_DIR`, else
 * `$XDG_CACHE_HOME/temporal-ims-export`, else `~/.cache/temporal-ims-export`.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv, home: string = homedir()): string {
  if (env.IMS_EXPORT_CACHE_DIR) return resolve(env.IMS_EXPORT_CACHE_DIR);
  // The XDG base directory specification: a relative path there is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'temporal-ims-export');
}
