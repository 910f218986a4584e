import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import manifest from '../../package.json';
import { REPOSITORY } from './pages';

const page = readFileSync(join(REPOSITORY, 'docs/development/dependencies.md'), 'utf8');
const rows = [...page.matchAll(/^\| `([^`]+)` \| ([\d.]+) \| [\d.]+ \| .+ \|$/gm)];

it('the page of dependencies has the majors that are installed', () => {
  const versions: { [name: string]: string } = { ...manifest.dependencies, ...manifest.devDependencies };
  expect(rows.length).toBeGreaterThan(5);
  for (const [, name = '', here = ''] of rows) expect(versions[name]?.replace('^', ''), name).toMatch(`${here}.`);
});
