/**
 * The code of the export workflow, bundled once and kept: bundling takes seconds of a worker's start.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type WorkflowBundle } from '@temporalio/worker';
import { cacheDirectory } from '../cache-directory';

/** Everything of this package that a bundle is made of, and the packages of Temporal that make it and stand in it. */
const SOURCES = join(__dirname, '..');
const SDK_PACKAGES = ['@temporalio/worker', '@temporalio/workflow', '@temporalio/common'];

/**
 * The bundle of the export workflow, for `WorkerOptions.workflowBundle`: from the cache directory when one of exactly
 * these sources and this SDK is there, else made and put there. A cache that cannot be read or written costs time only.
 */
export async function exportWorkflowBundle(
  env: NodeJS.ProcessEnv = process.env,
  make: () => Promise<WorkflowBundle> = bundleExportWorkflow,
): Promise<WorkflowBundle> {
  const folder = join(cacheDirectory(env), 'workflow-bundles');
  const path = join(folder, `${await digestOfSources()}.js`);
  const kept = await readFile(path, 'utf8').then(unsealed, () => undefined);
  if (kept !== undefined) return { code: kept };
  const bundle = await make();
  await keep(folder, path, bundle.code).catch(() => undefined);
  return bundle;
}

function bundleExportWorkflow(): Promise<WorkflowBundle> {
  return bundleWorkflowCode({ workflowsPath: join(SOURCES, 'workflows'), logger: new DefaultLogger('WARN') });
}

/** Written beside its place and renamed, so that no other worker reads half of it. Only its owner may put code there. */
async function keep(folder: string, path: string, code: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${randomUUID()}`;
  await writeFile(unfinished, sealed(code), { mode: 0o600 });
  await rename(unfinished, path);
}

async function digestOfSources(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of SDK_PACKAGES) {
    const { version } = require(`${name}/package.json`) as { version: string };
    hash.update(`${name}@${version}\0`);
  }
  for (const file of await filesOfWorkflows()) hash.update(`${file}\0`).update(await readFile(join(SOURCES, file)));
  return hash.digest('hex');
}

/** Workflows import the contract and the SDK, nothing else. */
async function filesOfWorkflows(): Promise<string[]> {
  const files = [
    ...(await readdir(SOURCES)).filter((name) => name.startsWith('contract.')),
    ...(await readdir(join(SOURCES, 'workflows'), { recursive: true })).map((name) => join('workflows', name)),
  ];
  return files.filter((name) => /(?<!\.d)\.[jt]s$/.test(name)).sort();
}

/** A disk that was full leaves half a file: the digest of the code is its last line. */
function sealed(code: string): string {
  return `${code}\n//${sha256(code)}`;
}

function unsealed(text: string): string | undefined {
  const end = text.lastIndexOf('\n//');
  const code = text.slice(0, Math.max(end, 0));
  return text.slice(end + 3) === sha256(code) ? code : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
