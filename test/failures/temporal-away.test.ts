import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type DevServer, startDevServer } from '../../src/dev-server';
import { CuttableProxy } from '../rigs/cuttable-proxy';
import { itInLongForm } from '../rigs/long-form';
import { OneExport } from '../rigs/one-export';
import { type Rig, type RigOptions, startRig, until } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';

const limits = join(__dirname, '../rigs/fixtures/outage-submit-limits.ts');

let directory: string;
let quick: WorkflowBundle;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'temporal-away-'));
  quick = await bundleOnce({ replace: { './submit-limits': limits, '../submit-limits': limits } });
});
afterAll(() => rm(directory, { recursive: true }));

/** An outage is longer than a submit without heartbeats counts, and than the SDK repeats a completion (10 s). */
const OUTAGE_MS = 15_000;

/**
 * An export whose POST the cloud has executed, and will answer in the middle of an outage. The job has ended by then, so that
 * a lost id would leave an object that nobody can account for.
 */
async function submitting(rig: Rig, answerMs: number): Promise<OneExport> {
  const one = new OneExport(rig);
  one.postsFail({ delayMs: answerMs });
  await one.start();
  await until('the POST has arrived', () => one.jobs().length === 1);
  return one;
}

async function endsWithItsJob(one: OneExport): Promise<void> {
  const [job] = one.jobs();
  expect(await one.result()).toMatchObject({
    jobId: job?.jobId,
    confirmed: true,
    submissions: 1,
    verification: { state: 'verified' },
  });
  expect(one.posts()).toHaveLength(1);
  const { status } = await one.remains();
  // The word of the worker, not of a person.
  expect(status).toMatchObject({ resolution: null, warnings: [] });
}

async function withRig(options: RigOptions, run: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await startRig({ bundle: quick, ...options });
  try {
    await run(rig);
  } finally {
    await rig.close();
  }
}

it.concurrent('F40 a job id that arrives while the connection to Temporal is cut is taken once it is back', async () => {
  let proxy: CuttableProxy | undefined;
  const workerConnectsTo = async (server: DevServer) => {
    proxy = await new CuttableProxy(server.address).open();
    return { address: proxy.address, namespace: server.namespace };
  };
  await withRig({ workerConnectsTo }, async (rig) => {
    const one = await submitting(rig, 2_000);
    await proxy?.cut();
    await sleep(OUTAGE_MS);
    await proxy?.open();
    await endsWithItsJob(one);
  });
  await proxy?.cut();
});

it.concurrent('F40 a job id that arrives while the Temporal server is restarted is taken by the new one', async () => {
  const dbFilename = join(directory, 'restarted.db');
  let restarted: DevServer | undefined;
  try {
    await withRig({ server: { dbFilename } }, async (rig) => {
      const one = await submitting(rig, 2_000);
      await rig.server.kill('SIGKILL');
      await sleep(OUTAGE_MS);
      const port = Number(rig.server.address.split(':')[1]);
      restarted = await startDevServer({ headless: true, dbFilename, port });
      await endsWithItsJob(one);
    });
  } finally {
    await restarted?.stop();
  }
});

/** The server stands still, as when its host is suspended. */
async function frozen(rig: Rig, forMs: number): Promise<void> {
  process.kill(rig.server.pid, 'SIGSTOP');
  await sleep(forMs);
  process.kill(rig.server.pid, 'SIGCONT');
}

itInLongForm(
  'F40 a job id that arrives while the Temporal server stands still for 75 s is taken by the limits as shipped',
  async () => {
    const bundle = await bundleOnce();
    await withRig({ bundle, server: { dbFilename: join(directory, 'frozen.db') } }, async (rig) => {
      const one = await submitting(rig, 8_000);
      await sleep(4_000);
      await frozen(rig, 75_000);
      await endsWithItsJob(one);
    });
  },
  240_000,
);
