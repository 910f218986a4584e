import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

export const REPOSITORY = resolve(__dirname, '../..');

/** The doors of the package, below `src`, as package.json has them. */
export const DOORS: readonly string[] = doors();

export const FINGERPRINT_FILE = 'docs/api/made-of.sha256';

/**
 * What the reference was made of: all declarations, docstrings included, that the doors lead to. Of the build, which is what
 * users of the package see.
 */
export function fingerprint(): string {
  const files = new Set<string>();
  for (const door of DOORS) follow(join(REPOSITORY, 'lib', door.replace(/\.ts$/, '.d.ts')), files);
  const hash = createHash('sha256');
  for (const file of [...files].sort()) hash.update(readFileSync(file, 'utf8').replace(/^\/\/# source.*$/m, ''));
  return hash.digest('hex');
}

function follow(file: string, files: Set<string>): void {
  if (files.has(file)) return;
  files.add(file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/(?:from |import\()['"](\.[^'"]*)['"]/g)) {
    const target = resolve(dirname(file), path);
    const found = [`${target}.d.ts`, join(target, 'index.d.ts')].find(existsSync);
    if (found !== undefined) follow(found, files);
  }
}

function doors(): string[] {
  const { exports } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    exports: { [door: string]: string | { types: string } };
  };
  return Object.values(exports).flatMap((door) =>
    typeof door === 'string' ? [] : [door.types.replace('./lib/', '').replace(/\.d\.ts$/, '.ts')],
  );
}
