import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findTemporalCli, findTimeSkippingServer } from '../../../src/dev-server';
import { bundleOnce, SHARED_SERVERS } from '../temporal';

/**
 * Brings what every test file needs before the first of them runs, so that they do not all install it at once. Ends the
 * servers that the files of a process share: vitest kills its processes, which cannot end them then.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const onProgress = (step: string) => console.log(step);
  await findTemporalCli({ onProgress });
  await findTimeSkippingServer({ onProgress });
  await bundleOnce();
  const pids = await mkdtemp(join(tmpdir(), 'ims-export-test-servers-'));
  process.env[SHARED_SERVERS] = pids;
  return async () => {
    for (const pid of await readdir(pids)) end(Number(pid));
    await rm(pids, { recursive: true });
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
