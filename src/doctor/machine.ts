import { resolve } from 'node:path';
import { cacheDirectory } from '../cache-directory';
import { command } from '../export/quoting';
import { checkBundleFolder } from '../worker/workflow-bundle';
import { type Check, check, type Finding, ok, problem } from './check';
import { installedSdk, protobufMajor } from './installed-sdk';

interface PackageFile {
  engines: { node: string };
}

export interface Machine {
  env: NodeJS.ProcessEnv;
  /** @default process.versions.node */
  node?: string;
  /** The folder whose packages are loaded. @default the folder of this package */
  folder?: string;
}

/** Node, Temporal's packages, and the cache: what an installation may have wrong before anything is asked. */
export async function checkMachine({
  env,
  node = process.versions.node,
  folder = resolve(__dirname, '../..'),
}: Machine): Promise<Check[]> {
  return await Promise.all([
    check('Node', null, 'configuration', () => nodeFinding(node)),
    check("Temporal's packages", null, 'configuration', () => sdkFinding(folder)),
    check('protobufjs', null, 'configuration', () => protobufFinding(folder)),
    check('cache', null, 'configuration', () => cacheFinding(env)),
  ]);
}

function nodeFinding(version: string): Finding {
  const { engines } = require('../../package.json') as PackageFile;
  const needed = engines.node.replace(/^>=/, '');
  if (isAtLeast(version, needed)) return ok(`${version}, and ${needed} or newer is needed`);
  return problem('configuration', `${version}, but ${needed} or newer is needed`, 'Install a newer Node.');
}

function isAtLeast(version: string, needed: string): boolean {
  const [[major = 0, minor = 0], [neededMajor = 0, neededMinor = 0]] = [version, needed].map((text) =>
    text.split('.').map(Number),
  ) as [number[], number[]];
  return major > neededMajor || (major === neededMajor && minor >= neededMinor);
}

function sdkFinding(folder: string): Finding {
  const found = installedSdk(folder);
  const versions = [...new Set(found.map(({ version }) => version))].sort();
  if (versions.length === 1) return ok(`${found.length} packages, all ${versions[0]}`);
  const newest = versions.at(-1);
  const list = versions.map((version) => {
    const names = found.filter((one) => one.version === version).map(({ name }) => name.replace('@temporalio/', ''));
    return `${version} (${[...new Set(names)].sort().join(', ')})`;
  });
  const others = found.filter(({ version }) => version !== newest).map(({ name }) => `${name}@${newest}`);
  return problem(
    'configuration',
    `@temporalio/* are of several versions: ${list.join(' and ')}`,
    `Install all Temporal packages in the same version: \`${command('npm', 'install', ...new Set(others))}\`.`,
  );
}

/** The SDK asks for `^8.7.1`; with another one beside it, histories cannot be read back from JSON. */
function protobufFinding(folder: string): Finding {
  const { version, askedFor } = protobufMajor(folder);
  if (version.startsWith('8.')) return ok(`${version} beside Temporal's packages, which ask for ${askedFor}`);
  return problem(
    'configuration',
    `Temporal's packages load protobufjs ${version}, and ask for ${askedFor}`,
    'Install protobufjs 8 beside them: `npm install protobufjs@8`.',
  );
}

async function cacheFinding(env: NodeJS.ProcessEnv): Promise<Finding> {
  try {
    return ok(`${await checkBundleFolder(env)} can be written to`);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return problem(
      'configuration',
      `${cacheFolder(env)} cannot keep the bundled workflow (${message}), so each start of a worker takes seconds longer`,
      'Let only your user write to it, or set IMS_EXPORT_CACHE_DIR to another folder.',
    );
  }
}

function cacheFolder(env: NodeJS.ProcessEnv): string {
  try {
    return cacheDirectory(env);
  } catch {
    return 'The cache';
  }
}
