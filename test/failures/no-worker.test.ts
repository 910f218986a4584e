import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import type { ExportOptions } from '../../src/contract';
import { accountFromEnvironment, type CloudClient, createCloudClient } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { ALWAYS, eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, until } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';
import { bundleOnce, connectWorker, QUICK_SUBMITS } from '../rigs/temporal';

const tinyHistory = join(__dirname, '../rigs/fixtures/tiny-history.ts');
const quickWorkerLimits = join(__dirname, '../rigs/fixtures/quick-worker-limits.ts');

interface Stage {
  rig: Rig;
  connection: NativeConnection;
  cloud: CloudClient;
}

let stage: Stage;
/** Where a run continues as new after a few waits. */
let withTinyHistories: Stage;
beforeAll(async () => {
  [stage, withTinyHistories] = await Promise.all([setUp(), setUp({ './history-budget': tinyHistory })]);
});
afterAll(async () => {
  await Promise.all([stage, withTinyHistories].map(tearDown));
});

async function setUp(further: { [request: string]: string } = {}): Promise<Stage> {
  const replace = { ...QUICK_SUBMITS, './worker-limits': quickWorkerLimits, ...further };
  const rig = await startRig({ bundle: await bundleOnce({ replace }), simulator: { jobSeconds: 3_600 } });
  const connection = await connectWorker(rig.server);
  return { rig, connection, cloud: createCloudClient(accountFromEnvironment(environmentOf(rig.simulator.info))) };
}

async function tearDown({ rig, connection, cloud }: Stage): Promise<void> {
  await connection.close();
  await cloud.close();
  await rig.close();
}

/** An export whose activities have a task queue and workers of their own. */
function withActivitiesElsewhere(options: ExportOptions = {}, { rig, connection, cloud } = stage) {
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

it.concurrent('F43 a job that has ended is not asked for again when its verification outlives a run', async () => {
  const options = { ...ON_REQUEST, jobNotFoundGrace: BUDGET_MS };
  const { one, worker } = withActivitiesElsewhere(options, withTinyHistories);
  const first = await worker();
  const jobId = await one.asleep();
  one.changeJob(jobId, { status: 'SUCCESS' });
  // The worker shuts down during the poll, and takes nothing after it.
  one.pollsFail(jobId, { delayMs: 1_000 });
  const polls = one.pollsOf(jobId).length;
  await one.handle.signal('pollNow');
  await until('the poll is under way', () => one.pollsOf(jobId).length > polls);
  await first.stop();
  const { runId } = await one.handle.describe();
  await eventually('it goes on in a new run', async () => (await one.handle.describe()).runId !== runId || undefined);
  // By now the cloud has forgotten the job.
  one.pollsFail(jobId, { status: 404, body: { error: { code: 'IMG.0404', message: 'No such job.' } } }, ALWAYS);
  expect(await one.until(({ phase }) => phase === 'verifying')).toMatchObject({ remoteJob: 'ended' });
  const second = await worker();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, verification: { state: 'verified' } });
  expect(one.pollsOf(jobId)).toHaveLength(polls + 1);
  await second.stop();
});

it.concurrent('F43 a stretch that had begun before the workers were gone is not made longer by their absence', async () => {
  const budget = 3_000;
  const { one, worker } = withActivitiesElsewhere({
    minInterval: '2s',
    maxInterval: '2s',
    unknownStatusBudget: budget,
  });
  const first = await worker();
  const jobId = await one.accepted();
  one.changeJob(jobId, { stuck: true, status: 'PENDING' });
  await one.until(({ jobStatus }) => jobStatus === 'PENDING');
  await first.stop();
  const { polls } = await one.until(({ attention }) => attention === 'noWorker');
  const goneUntilMs = Date.now() + 2 * budget;
  await one.until(() => Date.now() > goneUntilMs);
  const second = await worker();
  const back = await one.until((status) => status.polls > polls);
  expect(back).toMatchObject({ jobStatus: 'PENDING', outcome: null });
  one.changeJob(jobId, { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId });
  await second.stop();
});

it.concurrent('F43 an export that is paused misses no worker', async () => {
  const { one, worker } = withActivitiesElsewhere();
  const first = await worker();
  const jobId = await one.accepted();
  await one.until(({ polls }) => polls > 0);
  await first.stop();
  await one.until(({ attention }) => attention === 'noWorker');
  await one.handle.signal('pausePolling');
  expect(await one.until(({ attention }) => attention === null)).toMatchObject({ phase: 'paused' });
  expect(await one.details()).not.toMatch(/No worker takes/);
  const second = await worker();
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.handle.signal('resumePolling');
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId });
  await second.stop();
});

it.concurrent('F43 a job that a person named is checked when a worker comes, and its check is not told as a silent cloud', async () => {
  const { one, worker } = withActivitiesElsewhere({ onAmbiguousSubmit: 'ask' });
  one.postsFail({ dropAfter: true });
  const first = await worker();
  await one.start();
  await one.until(({ phase }) => phase === 'needsAnswer');
  await first.stop();
  const [{ jobId } = { jobId: '' }] = one.jobs();
  await one.handle.executeUpdate('resolveSubmission', { args: [{ jobId }] });
  const missed = await one.until(
    ({ attention, resolution }) => attention === 'noWorker' || resolution?.objection != null,
  );
  expect(missed.resolution).toEqual({ jobId, taken: null, objection: null });
  const second = await worker();
  await one.until(({ resolution }) => resolution?.taken === true);
  one.changeJob(jobId, { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
  await second.stop();
});

it.concurrent('F43 at the deadline the check of a named job says that no worker took it', async () => {
  const { one, worker } = withActivitiesElsewhere({ onAmbiguousSubmit: 'ask' });
  one.postsFail({ dropAfter: true });
  const first = await worker();
  await one.start();
  const { startedAt } = await one.until(({ phase }) => phase === 'needsAnswer');
  await first.stop();
  const [{ jobId } = { jobId: '' }] = one.jobs();
  await one.handle.executeUpdate('resolveSubmission', { args: [{ jobId }] });
  await one.until(({ attention }) => attention === 'noWorker');
  await one.handle.executeUpdate('retune', { args: [{ deadline: Date.now() - Date.parse(startedAt) + 1_500 }] });
  const { type, message } = await one.failure();
  expect({ type, message }).toEqual({
    type: 'ExportOutcomeUnknown',
    message: expect.stringContaining(`job ${jobId} was named, and could not be checked by the deadline (NO_WORKER)`),
  });
  expect((await one.remains()).status?.resolution).toMatchObject({
    taken: null,
    objection: 'the cloud was not asked (NO_WORKER: no worker took the check)',
  });
});

it.concurrent('F43 what became of a lost submit is found out when a worker comes', async () => {
  const { one, worker } = withActivitiesElsewhere({ acceptUnconfirmed: true });
  one.postsFail({ dropAfter: true });
  const first = await worker();
  await one.start();
  await one.until(({ phase }) => phase === 'reconciling');
  await first.stop();
  await one.until(({ attention, phase }) => attention === 'noWorker' && phase === 'reconciling');
  expect(one.posts()).toHaveLength(1);
  const [lost] = one.jobs();
  const second = await worker();
  // The probe finds the image busy with the lost job, whose object is then waited for.
  await until('the probe is answered', () => one.posts()[1]?.status === 400);
  one.changeJob(lost?.jobId ?? '', { status: 'SUCCESS' });
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', confirmed: false, submissions: 1 });
  expect(one.jobs().map(({ jobId }) => jobId)).toEqual([lost?.jobId]);
  expect(one.object()).toBeDefined();
  await second.stop();
});
