/**
 * The package as a stranger has it: packed by `npm pack`, and installed by npm in a folder that is no part of this
 * repository.
 *
 * @module
 */
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from './commands';

const repository = resolve(__dirname, '../..');

/** Projects of this folder, by the names of their folders; and the module of each that has its `archiveOneImage`. */
export const PROJECTS = {
  'cjs-node16': 'lib/main.js',
  'esm-nodenext': 'lib/main.js',
  javascript: 'main.js',
} as const;

export type Project = keyof typeof PROJECTS;

export const TYPESCRIPT_PROJECTS: readonly Project[] = ['cjs-node16', 'esm-nodenext'];

/** The name of the tarball that the projects install, in the folder above theirs. */
const TARBALL = 'temporal-ims-export.tgz';

/** A folder outside the repository, to be removed by {@link remove}, with the tarball of the package as it was built last. */
export async function packInto(): Promise<{ folder: string; tarball: string; remove: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'ims-export-consumers-'));
  // The build is that of `npm test`: another one would pull the files from under the tests that run them.
  const [packed] = JSON.parse(
    await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], repository),
  ) as [{ filename: string }];
  const tarball = join(folder, TARBALL);
  await rename(join(folder, packed.filename), tarball);
  return { folder, tarball, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Puts a project and what drives it into a folder of its own under this one. */
export async function addProject(folder: string, project: Project): Promise<string> {
  const place = join(folder, project);
  await cp(join(__dirname, project), place, { recursive: true });
  return place;
}

/** Puts the program that runs projects where it finds the package. */
export async function addDriver(folder: string): Promise<string> {
  await cp(join(__dirname, 'drive.mjs'), join(folder, 'drive.mjs'));
  return join(folder, 'drive.mjs');
}

/** As anybody installs: npm chooses the versions. */
export async function installAnew(place: string): Promise<void> {
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], place);
}

/**
 * One installation for all projects below a folder: of the package, of the peers that it asks for, and of nothing else
 * but the types of Node. The versions are those of this repository's lock file, so npm asks nobody for lists of versions.
 */
export async function installLocked(folder: string): Promise<void> {
  const own = await readJson<Manifest>(join(repository, 'package.json'));
  const lock = await readJson<Lockfile>(join(repository, 'package-lock.json'));
  const required = Object.keys(own.peerDependencies).filter((name) => !own.peerDependenciesMeta[name]?.optional);
  const versions = [...required, '@types/node'].map((name) => [name, lock.packages[`node_modules/${name}`]?.version]);
  const root = {
    name: 'consumers',
    private: true,
    dependencies: { 'temporal-ims-export': `file:${TARBALL}`, ...Object.fromEntries(versions) },
  };
  const { version, dependencies, peerDependencies, peerDependenciesMeta, engines, bin } = own;
  const packed = { version, dependencies, peerDependencies, peerDependenciesMeta, engines, bin };
  const packages = {
    ...Object.fromEntries(Object.entries(lock.packages).map(([path, entry]) => [path, neededByAnybody(entry)])),
    '': root,
    'node_modules/temporal-ims-export': { ...packed, resolved: `file:${TARBALL}` },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(root));
  await writeFile(
    join(folder, 'package-lock.json'),
    JSON.stringify({ name: root.name, lockfileVersion: 3, requires: true, packages }),
  );
  await run('npm', ['ci', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
}

interface Manifest {
  version: string;
  dependencies: object;
  peerDependencies: { [name: string]: string };
  peerDependenciesMeta: { [name: string]: { optional?: boolean } };
  engines: object;
  bin: object;
}

interface Lockfile {
  packages: { [path: string]: LockedPackage };
}

interface LockedPackage {
  version?: string;
  dev?: boolean;
  devOptional?: boolean;
  peer?: boolean;
}

/** Who needs a package here says nothing of who needs it there; npm leaves out what nobody needs. */
function neededByAnybody({ dev, devOptional, peer, ...entry }: LockedPackage): LockedPackage {
  return entry;
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T;
}
