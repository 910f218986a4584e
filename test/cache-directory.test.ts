import { describe, expect, it } from 'vitest';
import { cacheDirectory } from '../src/cache-directory';

const noHome = () => {
  throw new Error('uv_os_homedir returned ENOENT');
};

describe('the cache directory', () => {
  it.each([
    ['IMS_EXPORT_CACHE_DIR before XDG_CACHE_HOME', { IMS_EXPORT_CACHE_DIR: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/xdg' }, '/xdg/temporal-ims-export'],
    ['the home folder', {}, '/home/u/.cache/temporal-ims-export'],
    [
      'the home folder when XDG_CACHE_HOME is relative',
      { XDG_CACHE_HOME: 'xdg' },
      '/home/u/.cache/temporal-ims-export',
    ],
  ])('is taken from %s', (_case, env, expected) => {
    expect(cacheDirectory(env, () => '/home/u')).toBe(expected);
  });

  it('needs no home folder when a variable names it', () => {
    expect(cacheDirectory({ IMS_EXPORT_CACHE_DIR: '/own' }, noHome)).toBe('/own');
    expect(cacheDirectory({ XDG_CACHE_HOME: '/xdg' }, noHome)).toBe('/xdg/temporal-ims-export');
  });

  it('is never below the working directory when the home folder is empty', () => {
    expect(() => cacheDirectory({}, () => '')).toThrow('Set IMS_EXPORT_CACHE_DIR');
  });
});
