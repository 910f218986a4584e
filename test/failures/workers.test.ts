import { afterAll, beforeAll, expect, it } from 'vitest';
import { readExport, startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import type { FaultRule } from '../../src/testing';
import { errorCodeOf, type Rig, startRig, until } from '../rig';
import { commandLine } from './command-line';
import { ON_REQUEST, OneExport } from './one-export';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3600 } });
});
afterAll(() => rig.close());

it.concurrent('F34 without a worker on the queue nothing is started, and the caller is told within seconds', async () => {
  const { input, bucketUrl } = new OneExport(rig);
  expect(await errorCodeOf(startExport(rig.client, input, { taskQueue: 'nobody' }))).toBe('NoWorker');
  expect(await errorCodeOf(readExport(rig.client, exportWorkflowId(bucketUrl)))).toBe('NoSuchExport');
});

it.concurrent('F34 the command line says what to start, and ends with 5', async () => {
  const { imageId, bucketUrl } = new OneExport(rig);
  const { exitCode, stderr } = await commandLine(
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
  expect(stderr).toMatch(/^ims-export: NoWorker: No worker polls the task queue nobody .*`ims-export worker`/);
});

it('F34 an export whose worker is gone is told of by what Temporal knows, with its job', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await rig.withoutWorker(async () => {
    const { workflowStatus, status, memo } = await readExport(rig.client, one.handle.workflowId);
    expect({ workflowStatus, status }).toEqual({ workflowStatus: 'RUNNING', status: null });
    expect(memo).toMatchObject({ jobId });
    const { stdout } = await commandLine(rig, 'status', one.handle.workflowId);
    expect(stdout).toContain(jobId);
    expect(stdout).toContain('no worker answered');
  });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.handle.signal('pollNow');
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId });
});

const HELD_UP: Array<[string, (one: OneExport) => FaultRule]> = [
  ['the submit', () => ({ service: 'ims', method: 'POST', path: '*/file', action: {} })],
  ['a poll', () => ({ service: 'ims', method: 'GET', path: '/v1/*/jobs/*', action: {} })],
  [
    'the verification',
    ({ objectKey }) => ({ service: 'obs', method: 'HEAD', path: `*/${objectKey}`, nth: 2, action: {} }),
  ],
];

it.each(HELD_UP)(
  'F36 a worker that shuts down in the middle of %s ends nothing: the next one goes on',
  async (_what, request) => {
    const one = new OneExport(rig);
    rig.simulator.jobSeconds = 1;
    const before = rig.simulator.requests().length;
    rig.simulator.faults.add({ ...request(one), action: { delayMs: 1_500 } });
    await one.start();
    await until('the request is under way', () =>
      rig.simulator.requests(before).some(({ status, note }) => status === null && note === ''),
    );
    await rig.withoutWorker(async () => {});
    expect(await one.result()).toMatchObject({
      verdict: 'succeeded',
      submissions: 1,
      verification: { state: 'verified' },
    });
    expect((await one.remains()).memo).toMatchObject({ outcome: 'succeeded', remoteJob: 'ended' });
    expect(one.posts()).toHaveLength(1);
  },
);

it('F36 a worker that shuts down while the export sleeps, again and again, ends nothing either', async () => {
  rig.simulator.jobSeconds = 3600;
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  for (let restarts = 0; restarts < 2; restarts += 1) await rig.withoutWorker(async () => {});
  expect(await one.poll()).toMatchObject({ outcome: null, jobId });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
});
