import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG_FORM } from '../rigs/long-form';
import { REPOSITORY } from './pages';
import { RESERVED_OPTIONS, RESERVED_SIGNALS } from './reserved-names';

/** The reference of the API, as `npm run api-docs` builds it. */
let folder: string;
let pages: string[];
beforeAll(async () => {
  if (!LONG_FORM) return;
  folder = await mkdtemp(join(tmpdir(), 'api-docs-'));
  const typedoc = join(REPOSITORY, 'node_modules/.bin/typedoc');
  await promisify(execFile)(typedoc, ['--out', folder, '--treatWarningsAsErrors'], { cwd: REPOSITORY });
  const files = await readdir(folder);
  pages = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
});
afterAll(async () => {
  if (LONG_FORM) await rm(folder, { recursive: true, force: true });
});

// A quarter of a minute of two cores: in `npm run test:all`.
describe.runIf(LONG_FORM)('the API reference', () => {
  it('is built for every entry point of the package without a warning', async () => {
    const { exports } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as {
      exports: { [door: string]: string | { types: string } };
    };
    const { entryPoints } = JSON.parse(await readFile(join(REPOSITORY, 'typedoc.json'), 'utf8')) as {
      entryPoints: string[];
    };
    const doors = Object.values(exports).flatMap((door) =>
      typeof door === 'string' ? [] : [door.types.replace('./lib/', 'src/').replace(/\.d\.ts$/, '.ts')],
    );
    expect([...entryPoints].sort()).toEqual(doors.sort());
    expect(pages.length).toBeGreaterThan(doors.length);
  });

  it('has no member with a reserved name', () => {
    const headings = pages.flatMap((text) => text.match(/^#+ .*$/gm) ?? []);
    expect(headings.length).toBeGreaterThan(100);
    const reserved = [...RESERVED_OPTIONS, ...RESERVED_SIGNALS];
    expect(headings.filter((heading) => reserved.some((name) => heading.includes(name)))).toEqual([]);
  });
});
