import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import type { ExportOptions } from '../../src/contract';
import { accountFromEnvironment, type CloudClient, createCloudClient } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';
import { bundleOnce, connectWorker, QUICK_SUBMITS } from '../rigs/temporal';

const quickWorkerLimits = join(__dirname, '../rigs/fixtures/quick-worker-limits.ts');

let rig: Rig;
let connection: NativeConnection;
let cloud: CloudClient;
beforeAll(async () => {
  const replace = { ...QUICK_SUBMITS, './worker-limits': quickWorkerLimits };
  rig = await startRig({ bundle: await bundleOnce({ replace }), simulator: { jobSeconds: 3_600 } });
  connection = await connectWorker(rig.server);
  cloud = createCloudClient(accountFromEnvironment(environmentOf(rig.simulator.info)));
});
afterAll(async () => {
  await connection.close();
  await cloud.close();
  await rig.close();
});

/** An export whose activities have a task queue and workers of their own. */
function withActivitiesElsewhere(options: ExportOptions = {}) {
  const activityTaskQueue = `activities-${randomUUID().slice(0, 8)}`;
  const one = new OneExport(rig, { options: { ...options, activityTaskQueue } });
  const { region } = accountFromEnvironment(environmentOf(rig.simulator.info));
  const worker = async () => {
    const created = await Worker.create({
      connection,
      namespace: rig.server.namespace,
      taskQueue: activityTaskQueue,
      ...ofRun(),
      activities: createExportActivities({ accounts: new Map([['default', { region, client: cloud }]]) }),
    });
    const running = created.run();
    return {
      stop: async () => {
        created.shutdown();
        await running;
      },
    };
  };
  return { one, worker };
}

const BUDGET_MS = 1_500;

it.concurrent('F43 activity workers that are gone for longer than pollErrorBudget end nothing, and are missed by name', async () => {
  const { one, worker } = withActivitiesElsewhere({
    pollErrorBudget: BUDGET_MS,
    unknownStatusBudget: BUDGET_MS,
    jobNotFoundGrace: BUDGET_MS,
  });
  const first = await worker();
  const jobId = await one.accepted();
  await one.until(({ polls }) => polls > 0);
  await first.stop();
  const missed = await one.until(({ attention }) => attention === 'noWorker');
  expect(missed).toMatchObject({ phase: 'exporting', outcome: null, lastError: null, stalled: false });
  expect(await one.details()).toMatch(/No worker takes the activities of this export/);
  const goneUntilMs = Date.now() + 2 * BUDGET_MS;
  const later = await one.until(() => Date.now() > goneUntilMs);
  expect(later).toMatchObject({ attention: 'noWorker', outcome: null, polls: missed.polls });
  const second = await worker();
  expect(await one.until(({ attention }) => attention === null)).toMatchObject({ outcome: null });
  one.changeJob(jobId, { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
  await second.stop();
});

it.concurrent('F43 an export that is started while no worker takes activities is validated and submitted when one comes', async () => {
  const { one, worker } = withActivitiesElsewhere();
  await one.start();
  const waiting = await one.until(({ attention }) => attention === 'noWorker');
  expect(waiting).toMatchObject({ phase: 'validating', outcome: null });
  const comes = await worker();
  const { jobId } = await one.until((status) => status.jobId !== null);
  one.changeJob(String(jobId), { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  await comes.stop();
});

it.concurrent('F43 a job that has ended is verified when a worker comes', async () => {
  const { one, worker } = withActivitiesElsewhere({ ...ON_REQUEST });
  const first = await worker();
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'SUCCESS' });
  // The worker shuts down during the poll, and takes nothing after it.
  one.pollsFail(jobId, { delayMs: 1_000 });
  const polls = one.pollsOf(jobId).length;
  await one.handle.signal('pollNow');
  await until('the poll is under way', () => one.pollsOf(jobId).length > polls);
  await first.stop();
  await one.until(({ attention, phase }) => attention === 'noWorker' && phase === 'verifying');
  const second = await worker();
  expect(await one.result()).toMatchObject({ verification: { state: 'verified' } });
  await second.stop();
});

it.concurrent('F43 what became of a lost submit is found out when a worker comes', async () => {
  const { one, worker } = withActivitiesElsewhere();
  one.postsFail({ dropAfter: true });
  const first = await worker();
  await one.start();
  await one.until(({ phase }) => phase === 'reconciling');
  await first.stop();
  await one.until(({ attention, phase }) => attention === 'noWorker' && phase === 'reconciling');
  const second = await worker();
  // The image is busy with the lost job, which ends.
  const [{ jobId } = { jobId: '' }] = one.jobs();
  await one.until(({ attention }) => attention === null);
  expect(jobId).not.toBe('');
  await one.handle.cancel();
  await one.handle.result().catch(() => {});
  expect(one.posts().length).toBeLessThanOrEqual(2);
  await second.stop();
});
