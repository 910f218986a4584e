import { describe, expect, it } from 'vitest';
import { cacheDirectory } from '../src/cache-directory';

describe('the place of the cache', () => {
  it.each([
    ['IMS_EXPORT_CACHE_DIR first', { IMS_EXPORT_CACHE_DIR: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: '/xdg' }, '/xdg/temporal-ims-export'],
    ['the home folder', {}, '/home/u/.cache/temporal-ims-export'],
    ['not a relative XDG_CACHE_HOME', { XDG_CACHE_HOME: 'xdg' }, '/home/u/.cache/temporal-ims-export'],
  ])('is %s', (_case, env, expected) => {
    expect(cacheDirectory(env, '/home/u')).toBe(expected);
  });
});
