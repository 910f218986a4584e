import { join } from 'node:path';

/** Nothing of whoever runs this but what a shell needs; the caches of this package are empty. @param folder of its own */
export function freshEnvironment(folder: string): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TERM, CHROMIUM_PATH, npm_config_cache, npm_config_registry } = process.env;
  // Not the executables of this repository.
  const path = PATH?.split(':')
    .filter((entry) => !entry.includes('node_modules/.bin'))
    .join(':');
  const npm = { npm_config_cache, npm_config_registry };
  const given = {
    HOME,
    LANG,
    TERM,
    CHROMIUM_PATH,
    ...npm,
    PATH: path,
    TMPDIR: folder,
    IMS_EXPORT_CACHE_DIR: join(folder, 'cache'),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
