import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readExport, startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import type { FaultRule } from '../../src/testing';
import { attemptsOf, eventsOf } from '../rigs/history';
import { casesOf } from '../rigs/long-form';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { errorCodeOf, type Rig, startRig, until } from '../rigs/rig';
import { runCommand } from '../rigs/run-command';

/** What a shutdown finds under way it cuts, as the end of the process would; the submit is waited for. */
const cutByShutdown: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    execute: (input, next) =>
      context.info.activityType === 'imsSubmitExport' ? next(input) : Promise.race([next(input), context.cancelled]),
  },
});

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    simulator: { jobSeconds: 3600 },
    worker: { interceptors: { activity: [cutByShutdown] } },
  });
});
afterAll(() => rig.close());

it.concurrent('F34 without a worker on the task queue the start fails within seconds and starts nothing', async () => {
  const { input, bucketUrl } = new OneExport(rig);
  expect(await errorCodeOf(startExport(rig.client, input, { taskQueue: 'nobody' }))).toBe('NoWorker');
  expect(await errorCodeOf(readExport(rig.client, exportWorkflowId(bucketUrl)))).toBe('NoSuchExport');
});

it.concurrent('F34 `ims-export start` without a worker says what to start, and ends with 5', async () => {
  const { imageId, bucketUrl } = new OneExport(rig);
  const { exitCode, stderr } = await runCommand(
    rig,
    'start',
    '--image',
    imageId,
    '--to',
    bucketUrl,
    '--quick',
    '--task-queue',
    'nobody',
  );
  expect(exitCode).toBe(5);
  expect(stderr).toMatch(
    /^ims-export: NoWorker: No worker polls the task queue nobody .*`ims-export worker --task-queue nobody`/,
  );
});

it('F34 the status of an export whose worker is gone comes from Temporal, with its job id', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await rig.withoutWorker(async () => {
    const { workflowStatus, status, memo } = await readExport(rig.client, one.handle.workflowId);
    expect({ workflowStatus, status }).toEqual({ workflowStatus: 'RUNNING', status: null });
    expect(memo).toMatchObject({ jobId });
    const { stdout } = await runCommand(rig, 'status', one.handle.workflowId);
    expect(stdout).toContain(jobId);
    expect(stdout).toContain('no worker answered');
  });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.handle.signal('pollNow');
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId });
});

/** What is under way, by the request that is held up; and how many attempts its activity takes in all. */
const UNDER_WAY: Array<[string, string, number, (one: OneExport) => Omit<FaultRule, 'action'> & { path: string }]> = [
  ['the submit', 'imsSubmitExport', 1, ({ imageId }) => ({ method: 'POST', path: `/v1/cloudimages/${imageId}/file` })],
  ['a poll', 'imsPollJob', 2, () => ({ method: 'GET', path: '/v1/*/jobs/*' })],
  ['the verification', 'imsVerifyObject', 2, ({ objectKey }) => ({ method: 'HEAD', path: `*/${objectKey}`, nth: 2 })],
];

it.each(casesOf(UNDER_WAY, 1))(
  'F36 a worker that shuts down during %s ends nothing, and the next worker continues',
  async (_what, activity, attempts, of) => {
    rig.simulator.jobSeconds = 1;
    const one = new OneExport(rig);
    const request = of(one);
    const is = new RegExp(`^${request.path.replaceAll('*', '.*')}$`);
    const before = rig.simulator.requests().length;
    rig.simulator.faults.add({ ...request, action: { delayMs: 1_500 } });
    await one.start();
    await until('the request is under way', () => {
      const made = rig.simulator
        .requests(before)
        .filter(({ method, path }) => method === request.method && is.test(path));
      return made[(request.nth ?? 1) - 1]?.status === null;
    });
    await rig.withoutWorker(async () => {});
    expect(await one.result()).toMatchObject({
      verdict: 'succeeded',
      submissions: 1,
      verification: { state: 'verified' },
    });
    expect((await one.remains()).memo).toMatchObject({ outcome: 'succeeded', remoteJob: 'ended' });
    expect(Math.max(...attemptsOf(activity, eventsOf(await one.handle.fetchHistory())))).toBe(attempts);
    expect(one.posts()).toHaveLength(1);
  },
);

it('F36 workers that shut down again and again while the export sleeps end nothing', async () => {
  rig.simulator.jobSeconds = 3600;
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  for (let restarts = 0; restarts < 2; restarts += 1) await rig.withoutWorker(async () => {});
  expect(await one.poll()).toMatchObject({ outcome: null, jobId });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
});
