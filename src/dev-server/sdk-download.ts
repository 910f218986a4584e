import { mkdir, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadEnvironment } from './child-environment';
import { type RunProcess, whatItSaid } from './run-process';

/** Which server @temporalio/testing is asked for. */
export type SdkServer = 'createLocal' | 'createTimeSkipping';

/** A machine that cannot reach temporal.download usually hears so within milliseconds; one behind a silent firewall never. */
const FIRST_BYTE_WITHIN_MS = 10_000;
/** 45 MB over a slow line, once the download has started. */
const DOWNLOAD_TIME_LIMIT_MS = 120_000;

/**
 * Runs in a process of its own, because the SDK's download installs the process-wide Runtime of @temporalio/worker
 * (after which the caller could no longer install its own) and cannot be interrupted.
 */
const DOWNLOAD_SCRIPT = `
const [testing, server, downloadDir, firstByteWithinMs] = process.argv.slice(1);
const { TestWorkflowEnvironment } = require(testing);
setTimeout(() => {
  if (require('node:fs').readdirSync(downloadDir).length > 0) return;
  console.error('Error: no answer from temporal.download within ' + firstByteWithinMs / 1000 + ' s');
  process.exit(1);
}, Number(firstByteWithinMs)).unref();
TestWorkflowEnvironment[server]({ server: { executable: { type: 'cached-download', downloadDir } } })
  .then((environment) => environment.teardown())
  .then(() => process.exit(0), (error) => { console.error('Error: ' + error.message); process.exit(1); });
`;

/**
 * Has @temporalio/testing download a server from temporal.download, start it once, and leaves the executable as
 * `<folder>/bin/<fileName>`.
 * @throws Error when @temporalio/testing is not installed (it is optional), or with what its download said
 */
export async function sdkDownload(
  server: SdkServer,
  folder: string,
  fileName: string,
  run: RunProcess,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const downloads = join(folder, 'bin');
  await mkdir(downloads, { recursive: true });
  const outcome = await run(
    process.execPath,
    ['-e', DOWNLOAD_SCRIPT, resolveTestingPackage(), server, downloads, String(FIRST_BYTE_WITHIN_MS)],
    { timeoutMs: DOWNLOAD_TIME_LIMIT_MS, env: downloadEnvironment(env) },
  );
  if (outcome.kind !== 'exited' || outcome.exitCode !== 0) throw new Error(whatItSaid(outcome, 1));
  const [downloaded] = await readdir(downloads);
  if (downloaded === undefined) throw new Error('@temporalio/testing ended well but left no executable');
  await rename(join(downloads, downloaded), join(downloads, fileName));
}

function resolveTestingPackage(): string {
  try {
    return require.resolve('@temporalio/testing');
  } catch {
    throw new Error('@temporalio/testing is not installed');
  }
}
