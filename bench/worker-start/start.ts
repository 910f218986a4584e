import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One start of `ims-export worker`. */
export interface Start {
  /** From the spawn of the process to its line `ready`. */
  wallMs: number;
  /** CPU time of all its threads until then. */
  cpuMs: number;
}

/** From `.cache/bench/bench/worker-start`, where this runs. */
const CLI = join(__dirname, '../../../../lib/cli.js');

/** Starts a worker, waits until it polls, and ends it. */
export async function startWorkerOnce(address: string, cacheDirectory: string): Promise<Start> {
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    TEMPORAL_ADDRESS: address,
    IMS_EXPORT_CACHE_DIR: cacheDirectory,
    IMS_EXPORT_REGION: 'cn-north-4',
    HUAWEICLOUD_SDK_AK: 'access-key',
    HUAWEICLOUD_SDK_SK: 'secret-key',
  };
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--', CLI, 'worker'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  try {
    for await (const text of child.stdout.setEncoding('utf8')) {
      said += text;
      if (/^ready: /m.test(said)) return { wallMs: performance.now() - startedAt, cpuMs: cpuMsOf(child.pid ?? 0) };
    }
    throw new Error(`the worker ended before it polled:\n${said}`);
  } finally {
    child.kill('SIGTERM');
    await ended;
  }
}

/** Linux counts it in ticks of 10 ms; other systems are not asked. */
function cpuMsOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return Number.NaN;
  }
}
