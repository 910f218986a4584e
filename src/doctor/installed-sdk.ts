/**
 * The packages of Temporal's SDK as node would load them, from a folder and from each other: a second copy of another
 * version deep in node_modules is what breaks a worker.
 *
 * @module
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface InstalledPackage {
  name: string;
  version: string;
}

interface Manifest extends InstalledPackage {
  folder: string;
  dependencies?: { [name: string]: string };
  peerDependencies?: { [name: string]: string };
}

/** Every copy of an `@temporalio/*` package that is loaded by the package in a folder, or by one of them. */
export function installedSdk(folder: string): InstalledPackage[] {
  return manifestsFrom(folder).map(({ name, version }) => ({ name, version }));
}

/** The protobufjs that Temporal's packages load, and what they ask for. */
export function protobufMajor(folder: string): { version: string; askedFor: string } {
  for (const { folder: from, dependencies } of manifestsFrom(folder)) {
    const askedFor = dependencies?.protobufjs;
    const found = askedFor === undefined ? undefined : find('protobufjs', from);
    if (askedFor !== undefined && found !== undefined) return { version: found.version, askedFor };
  }
  throw new Error(`None of Temporal's packages was found from ${folder}.`);
}

function manifestsFrom(folder: string): Manifest[] {
  const found = new Map<string, Manifest>();
  const inspect = (from: Pick<Manifest, 'folder' | 'dependencies' | 'peerDependencies'>): void => {
    const names = Object.keys({ ...from.peerDependencies, ...from.dependencies });
    for (const name of names.filter((one) => one.startsWith('@temporalio/'))) {
      const manifest = find(name, from.folder);
      if (manifest === undefined || found.has(manifest.folder)) continue;
      found.set(manifest.folder, manifest);
      inspect(manifest);
    }
  };
  inspect(readManifest(folder));
  return [...found.values()];
}

/** Up the folders, as Node searches; undefined for a package that is optional and absent. */
function find(name: string, from: string): Manifest | undefined {
  const here = join(from, 'node_modules', name);
  if (existsSync(join(here, 'package.json'))) return readManifest(here);
  const parent = dirname(from);
  return parent === from ? undefined : find(name, parent);
}

function readManifest(folder: string): Manifest {
  return { ...(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest), folder };
}
