import { afterAll, beforeAll, expect, it } from 'vitest';
import { attachExport, retuneExport, startExport } from '../../src/client';
import { ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, type RunTimeouts, startRig, until } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: 3600 } });
});
afterAll(() => rig.close());

const HOUR_MS = 3_600_000;

const retune = (one: OneExport, deadline: string | number) =>
  retuneExport(rig.client, one.handle.workflowId, { deadline });

it.concurrent('F1 an export without a deadline option gets a day', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.accepted();
  const { startedAt, deadlineAt, options } = await one.until(() => true);
  expect(options?.deadlineMs).toBeGreaterThanOrEqual(24 * HOUR_MS);
  expect(Date.parse(String(deadlineAt)) - Date.parse(startedAt)).toBe(options?.deadlineMs);
  await one.handle.cancel();
});

it.concurrent('F1 a deadline that is too short can be moved while the export runs, and the export outlives it', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, deadline: '12s' } });
  const jobId = await one.asleep();
  const { deadlineAt: tooSoon } = await one.until(() => true);
  const { deadlineAt } = await retune(one, '+6h');
  expect(Date.parse(deadlineAt) - Date.parse(String(tooSoon))).toBe(6 * HOUR_MS);
  await until('the first deadline has passed', () => Date.now() > Date.parse(String(tooSoon)));
  expect(await one.poll()).toMatchObject({ outcome: null, phase: 'exporting', deadlineAt });
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.poll();
  expect(await one.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
});

it.concurrent('F2 at the deadline the outcome is unknown with the last facts, and an attach to the job finds its object', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  one.changeJob(jobId, { percent: 0.37 });
  const { startedAt } = await one.poll();
  await retune(one, Date.now() - Date.parse(startedAt) + 2_000);

  const failure = await one.failure();
  expect(failure).toMatchObject({
    type: 'ExportOutcomeUnknown',
    message: expect.stringMatching(
      new RegExp(`job ${jobId} may still be running.*RUNNING 37 %.*attach --job ${jobId}`),
    ),
    details: [
      expect.objectContaining({
        reason: 'deadline',
        jobId,
        remoteJob: 'running',
        status: expect.objectContaining({ jobStatus: 'RUNNING', progress: 0.37, polls: expect.any(Number) }),
      }),
    ],
  });
  expect((await one.remains()).memo).toMatchObject({ outcome: 'unknown', remoteJob: 'running', jobId });

  one.changeJob(jobId, { status: 'SUCCESS' });
  const { imageId, bucketUrl } = one;
  const attached = await attachExport(
    rig.client,
    { imageId, bucketUrl, fileFormat: 'qcow2', attach: { jobId } },
    { taskQueue: rig.taskQueue },
  );
  expect(attached.notes).toContainEqual(expect.stringContaining(jobId));
  expect(await attached.result()).toMatchObject({ jobId, submissions: 0, object: { format: 'qcow2' } });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F28 the package starts an export without any run timeout', async () => {
  const { input } = new OneExport(rig, { options: ON_REQUEST });
  const { workflowId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
  const handle = rig.client.workflow.getHandle(workflowId);
  const [started] = (await handle.fetchHistory()).events ?? [];
  const { workflowRunTimeout, workflowExecutionTimeout } = started?.workflowExecutionStartedEventAttributes ?? {};
  expect([workflowRunTimeout, workflowExecutionTimeout].map((timeout) => Number(timeout?.seconds ?? 0))).toEqual([
    0, 0,
  ]);
  await handle.cancel();
});

it.concurrent.each<[string, RunTimeouts]>([
  ['run timeout', { workflowRunTimeout: '23h' }],
  ['execution timeout', { workflowExecutionTimeout: '23h' }],
])('F28 an export warns about its %s when it is shorter than the deadline', async (name, timeout) => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.start(timeout);
  const { warnings } = await one.until(({ jobId }) => jobId !== null);
  expect(warnings).toEqual([expect.stringMatching(new RegExp(`after 23 h \\(its ${name}\\).*deadline of 1 d`))]);
  await one.handle.cancel();
});

it.concurrent('F28 a run timeout longer than the deadline gives a warning once the deadline is moved beyond it', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  await one.start({ workflowRunTimeout: '30h' });
  const { warnings } = await one.until(({ jobId }) => jobId !== null);
  expect(warnings).toEqual([]);
  await retune(one, '40h');
  expect((await one.until(() => true)).warnings).toEqual([expect.stringContaining('1 d 6 h (its run timeout)')]);
  await one.handle.cancel();
});
