/**
 * The code of the export workflow, bundled once and kept: bundling takes seconds of a worker's start.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DataConverter } from '@temporalio/common';
import { type BundlerPlugin, bundleWorkflowCode, type WorkflowBundle } from '@temporalio/worker';
import { cacheDirectory, makePrivateFolder, refuseOfOthers } from '../cache-directory';
import { processLogger } from './log';

/** What a bundle is made of. */
export interface BundleSources {
  /** The folder with {@link BUNDLED_FOLDERS}, as TypeScript or JavaScript: workflows import nothing else of this package. */
  folder: string;
  /** Whatever else the bundle depends on, such as the packages of Temporal that make it and stand in it, with their versions. */
  besides: readonly string[];
}

export interface BundleOptions {
  /** For the place of the cache. @default process.env */
  env?: NodeJS.ProcessEnv;
  sources?: BundleSources;
  make?: (workflowsPath: string) => Promise<WorkflowBundle>;
  /** Plugins of the worker that add to the bundle, such as interceptors of workflows. */
  plugins?: BundlerPlugin[];
  /** What stands in the bundle because of them: another bundle is kept for each. */
  besides?: readonly string[];
  /** Whose converters stand in it. */
  dataConverter?: DataConverter;
}

/**
 * The bundle of the export workflow, for `WorkerOptions.workflowBundle`: from the cache directory when one of exactly
 * these sources and this SDK is there, else made and put there. A cache that cannot be read or written, or that others
 * may write to, costs time only.
 */
export async function exportWorkflowBundle(options: BundleOptions = {}): Promise<WorkflowBundle> {
  const { env = process.env, sources = ownSources(options.besides), make = bundleWith(options) } = options;
  const converters = await textsOf(options.dataConverter);
  const digest = await digestOf(sources, converters);
  const path = await placeOf(digest, env).catch(() => null);
  const kept = path === null ? null : await readKept(path).catch(() => null);
  if (kept !== null) return { code: kept };
  const made = await make(join(sources.folder, 'workflows'));
  // An upgrade in the middle of it may have changed what it was made of.
  const isOfDigest = (await digestOf(sources, converters)) === digest;
  if (path !== null && isOfDigest) await keep(path, made.code).catch(() => undefined);
  return made;
}

/**
 * The folder where bundles are kept, made where it is missing.
 *
 * @throws Error when nothing can be kept there, so that every start of a worker bundles anew
 */
export async function checkBundleFolder(env: NodeJS.ProcessEnv): Promise<string> {
  const probe = await placeOf(`probe-${randomUUID()}`, env);
  await writeFile(probe, '', { mode: 0o600 });
  await rm(probe, { force: true });
  return dirname(probe);
}

function ownSources(besides: readonly string[] = []): BundleSources {
  const sdk = ['@temporalio/worker', '@temporalio/workflow', '@temporalio/common'].map((name) => {
    const { version } = require(`${name}/package.json`) as { version: string };
    return `${name}@${version}`;
  });
  return { folder: join(__dirname, '..'), besides: [...sdk, ...besides] };
}

function bundleWith({ plugins = [], dataConverter }: BundleOptions) {
  const { payloadConverterPath, failureConverterPath } = dataConverter ?? {};
  return (workflowsPath: string): Promise<WorkflowBundle> =>
    bundleWorkflowCode({
      ...{ workflowsPath, plugins, payloadConverterPath, failureConverterPath },
      logger: processLogger({ level: 'warn' }),
    });
}

/** The files of the converters that stand in the bundle, with those that they import, which are known once they are loaded. */
async function textsOf({ payloadConverterPath, failureConverterPath }: DataConverter = {}): Promise<string[]> {
  const files = new Set<string>();
  const add = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    for (const { filename } of require.cache[file]?.children ?? []) add(filename);
  };
  const paths = { payloadConverterPath, failureConverterPath };
  for (const path of Object.values(paths)) {
    if (path === undefined) continue;
    require(path);
    add(require.resolve(path));
  }
  const texts = await Promise.all([...files].sort().map(async (file) => `${file}\n${await readFile(file, 'utf8')}`));
  return texts.length === 0 ? [] : [JSON.stringify(paths), ...texts];
}

async function digestOf({ folder, besides }: BundleSources, converters: readonly string[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([...besides, ...converters]));
  for (const file of await sourceFiles(folder)) hash.update(`\0${file}\0`).update(await readFile(join(folder, file)));
  return hash.digest('hex');
}

/** Every folder of this package that the bundle holds files of. */
export const BUNDLED_FOLDERS = ['contract', 'export', 'workflows'] as const;

async function sourceFiles(folder: string): Promise<string[]> {
  const found = await Promise.all(
    BUNDLED_FOLDERS.map(async (room) =>
      (await readdir(join(folder, room), { recursive: true })).map((name) => join(room, name)),
    ),
  );
  return found
    .flat()
    .filter((name) => /(?<!\.d)\.[jt]s$/.test(name))
    .sort();
}

async function placeOf(digest: string, env: NodeJS.ProcessEnv): Promise<string> {
  const cache = cacheDirectory(env);
  const folder = await makePrivateFolder(cache, join(cache, 'workflow-bundles'));
  return join(folder, `${digest}.js`);
}

async function readKept(path: string): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    refuseOfOthers(path, await file.stat());
    return unsealed(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

/** Written beside its place and renamed, so that no other worker reads half of it. */
async function keep(path: string, code: string): Promise<void> {
  await removeOld(dirname(path));
  const unfinished = `${path}.${randomUUID()}`;
  try {
    await writeFile(unfinished, sealed(code), { mode: 0o600 });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;

/** Bundles of former versions, and what a killed worker left unfinished. */
async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const ageMs = Date.now() - (await stat(path)).mtimeMs;
    if (ageMs > (name.endsWith('.js') ? MONTH_MS : HOUR_MS)) await rm(path, { force: true });
  }
}

/** A computer that loses power may keep the name of a file and lose its end: the digest of the code is its last line. */
function sealed(code: string): string {
  return `${code}\n//${sha256(code)}`;
}

function unsealed(text: string): string | null {
  const end = text.lastIndexOf('\n//');
  const code = text.slice(0, Math.max(end, 0));
  return text.slice(end + 3) === sha256(code) ? code : null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
