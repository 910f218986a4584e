/**
 * The package as a stranger has it: packed by `npm pack`, and installed by npm in a folder that is no part of this
 * repository.
 *
 * @module
 */
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import manifest from '../../package.json';
import { run } from './commands';
import { linkPackages } from './linked-packages';

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

/** Puts a project into a folder of its own under this one. */
export async function addProject(folder: string, project: Project): Promise<string> {
  const place = join(folder, project);
  await cp(join(__dirname, project), place, { recursive: true });
  return place;
}

/** Makes a CommonJS project of the TypeScript on a page, each block a file; answers its tsconfig.json. */
export async function addCodeOf(page: string, folder: string): Promise<string> {
  const place = join(folder, basename(page));
  await cp(join(__dirname, 'cjs-node16/tsconfig.json'), join(place, 'tsconfig.json'));
  await writeFile(join(place, 'package.json'), JSON.stringify({ type: 'commonjs' }));
  await mkdir(join(place, 'src'));
  const text = await readFile(join(repository, page), 'utf8');
  const blocks = [...text.matchAll(/^```ts\b[^\n]*\n(.*?)^```$/gms)];
  await Promise.all(blocks.map(({ 1: code = '' }, n) => writeFile(join(place, 'src', `block-${n + 1}.ts`), code)));
  return join(place, 'tsconfig.json');
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
 * One installation for all projects below a folder: of the package, of the peers that it asks for, and of nothing else but
 * the types of Node. What comes from the registry is there before npm begins, which finds out that nothing is missing.
 */
export async function installBesideLinked(folder: string): Promise<void> {
  const { dependencies, peerDependencies, peerDependenciesMeta } = manifest as Manifest;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const versions = linkPackages(folder, [...Object.keys(dependencies), ...peers, '@types/node']);
  const wanted = [...peers, '@types/node'].map((name) => [name, versions[name]]);
  const root = {
    private: true,
    dependencies: { 'temporal-ims-export': `file:${TARBALL}`, ...Object.fromEntries(wanted) },
  };
  await writeFile(join(folder, 'package.json'), JSON.stringify(root));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder);
}

interface Manifest {
  dependencies: { [name: string]: string };
  peerDependencies: { [name: string]: string };
  peerDependenciesMeta: { [name: string]: { optional?: boolean } };
}
