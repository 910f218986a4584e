import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DOORS, FINGERPRINT_FILE, fingerprint } from './api-fingerprint';
import { REPOSITORY } from './pages';

it('docs/api was made of the declarations and docstrings that there are', () => {
  const madeOf = readFileSync(join(REPOSITORY, FINGERPRINT_FILE), 'utf8').trim();
  expect(madeOf, 'docs/api is of other sources: `npm run api-docs` makes it again').toBe(fingerprint());
});

it('docs/api is made of every door of the package', () => {
  const { entryPoints } = JSON.parse(readFileSync(join(REPOSITORY, 'typedoc.json'), 'utf8')) as {
    entryPoints: string[];
  };
  expect([...entryPoints].sort()).toEqual(DOORS.map((door) => `src/${door}`).sort());
});
