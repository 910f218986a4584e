import { describe, expect, it } from 'vitest';
import { cacheDirectory } from '../src/cache-directory';

const noHome = () => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('the place of the cache', () => {
  it.each([
    ['IMS_EXPORT_CACHE_DIR first', { IMS_EXPORT_CACHE_DIR: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/xdg' }, '/xdg/temporal-ims-export'],
    ['the home folder', {}, '/home/u/.cache/temporal-ims-export'],
    ['not a relative XDG_CACHE_HOME', { XDG_CACHE_HOME: 'xdg' }, '/home/u/.cache/temporal-ims-export'],
  ])('is %s', (_case, env, expected) => {
    expect(cacheDirectory(env, () => '/home/u')).toBe(expected);
  });

  it('needs no home folder where a variable names it', () => {
    expect(cacheDirectory({ IMS_EXPORT_CACHE_DIR: '/own' }, noHome)).toBe('/own');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/xdg' }, noHome)).toBe('/xdg/temporal-ims-export');
  });

  it('is never below the working directory, where the home folder is empty', () => {
    expect(() => cacheDirectory({}, () => '')).toThrow('Set IMS_EXPORT_CACHE_DIR');
  });
});
