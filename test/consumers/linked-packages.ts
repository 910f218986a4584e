/**
 * Packages of the registry for an installation elsewhere, without asking the registry: hard links to those of this
 * repository, where npm has put them as the lock file says.
 *
 * @module
 */
import { copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const repository = resolve(__dirname, '../..');

/** The `packages` of a lock file: by the path of the folder that npm puts each into. */
interface Packages {
  [path: string]: {
    version: string;
    dependencies?: { [name: string]: string };
    optionalDependencies?: { [name: string]: string };
    peerDependencies?: { [name: string]: string };
  };
}

/**
 * Links packages, and whatever they need, into `folder/node_modules`.
 *
 * @returns the versions of the packages by name
 */
export function linkPackages(folder: string, names: readonly string[]): { [name: string]: string } {
  const { packages } = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Packages;
  };
  const needed = new Set<string>();
  for (const name of names) collect(packages, '', name, needed);
  for (const path of needed) {
    // The native parts for other platforms are in the lock file alone.
    if (existsSync(join(repository, path))) linkFolder(join(repository, path), join(folder, path));
  }
  return Object.fromEntries(names.map((name) => [name, packages[`node_modules/${name}`]?.version ?? '']));
}

function collect(packages: Packages, from: string, name: string, needed: Set<string>): void {
  const path = find(packages, from, name);
  // Optional ones that this repository has no use for are not in its lock file.
  if (path === undefined || needed.has(path)) return;
  needed.add(path);
  const { dependencies, optionalDependencies, peerDependencies } = packages[path] ?? {};
  const next = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  for (const dependency of next) collect(packages, path, dependency, needed);
}

/** Where Node finds a package when the one at `from` requires it. */
function find(packages: Packages, from: string, name: string): string | undefined {
  const path = join(from, 'node_modules', name);
  if (packages[path] !== undefined || from === '') return packages[path] && path;
  return find(packages, from.slice(0, Math.max(from.lastIndexOf('node_modules/') - 1, 0)), name);
}

function linkFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) linkFolder(source, target);
    else if (entry.isFile() && !existsSync(target)) linkFile(source, target);
  }
}

function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system.
    copyFileSync(from, to);
  }
}
