import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from './pages';

const { scripts } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  scripts: { [name: string]: string };
};

/** What `npm` calls that are no scripts of ours. */
const NPM_ITSELF = new Set(['ci', 'init', 'install', 'install-scripts', 'outdated', 'pack', 'publish', 'view']);

/** The scripts that a command line names and package.json lacks. */
export function missingScripts(text: string): string[] {
  const named = [...text.matchAll(/\bnpm (?:run )?([\w-]+)/g)].map(([, name = '']) => name);
  return named.filter((name) => !NPM_ITSELF.has(name) && !(name in scripts));
}
