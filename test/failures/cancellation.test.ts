import { join } from 'node:path';
import { CancelledFailure } from '@temporalio/common';
import { ActivityCancellationType } from '@temporalio/workflow';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { attachExport, startExport } from '../../src/client';
import { exportWorkflowId } from '../../src/contract';
import { eventsOf } from '../rigs/history';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';

/** What the workflows logged. */
const logged: Array<{ workflowId: string; message: string; attributes: object }> = [];
const note = (info: { workflowId: string }, message: string, attributes: object = {}) =>
  void logged.push({ workflowId: info.workflowId, message, attributes });

let rig: Rig;
beforeAll(async () => {
  const log = { fn: note, callDuringReplay: false };
  rig = await startRig({
    bundle: await bundleOnce({ workflowsPath: join(__dirname, '../rigs/fixtures/parents/index.ts') }),
    simulator: { jobSeconds: 3600 },
    worker: { sinks: { defaultWorkerLogger: { trace: log, debug: log, info: log, warn: log, error: log } } },
  });
});
afterAll(() => rig.close());

async function endsCanceled({ handle }: OneExport): Promise<void> {
  await expect(handle.result()).rejects.toMatchObject({ cause: expect.any(CancelledFailure) });
}

/** Every export's first poll says that its job has failed; these tests run by themselves. */
const FIRST_POLL_FAILS = {
  service: 'ims',
  method: 'GET',
  path: '/v1/*/jobs/*',
  action: { body: { status: 'FAIL', error_code: 'IMG.0064', fail_reason: 'no room' } },
} as const;

it('F24 the job id is in the memo before the first poll, and the destination stays free for the next export', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  rig.simulator.faults.add(FIRST_POLL_FAILS);
  await one.start();
  expect(await one.failure()).toMatchObject({ type: 'ExportFailed' });
  const { memo, status } = await one.remains();
  expect(memo).toMatchObject({ jobId: one.jobs()[0]?.jobId, outcome: 'failed', remoteJob: 'ended' });
  expect(status).toMatchObject({ polls: 1, jobId: memo.jobId });
  const events = eventsOf(await one.handle.fetchHistory());
  const memoAt = events.findIndex((event) => event.workflowPropertiesModifiedEventAttributes);
  const pollAt = events.findIndex(
    ({ activityTaskScheduledEventAttributes: activity }) => activity?.activityType?.name === 'imsPollJob',
  );
  expect(memoAt).toBeGreaterThan(0);
  expect(pollAt).toBeGreaterThan(memoAt);

  one.changeJob(String(memo.jobId), { status: 'FAIL' });
  const next = await startExport(rig.client, one.input, { taskQueue: rig.taskQueue });
  expect(next.jobId).not.toBe(memo.jobId);
  one.changeJob(String(next.jobId), { status: 'SUCCESS' });
  await rig.client.workflow.getHandle(next.workflowId).signal('pollNow');
  expect(await next.result()).toMatchObject({ jobId: next.jobId });
});

it.concurrent('F24 a terminated export leaves its job id: the next start reports it and can attach to it', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.accepted();
  await rig.client.workflow.getHandle(one.handle.workflowId).terminate('pulled the plug');
  const { bucketUrl, imageId } = one;
  const attached = await attachExport(
    rig.client,
    { imageId, bucketUrl, fileFormat: 'qcow2', attach: { jobId } },
    { taskQueue: rig.taskQueue },
  );
  // Whoever attaches to it needs no advice to attach.
  expect(attached.notes).toEqual([
    expect.stringMatching(new RegExp(`terminated\\. In the cloud, job ${jobId} may still run\\.$`)),
  ]);
  one.changeJob(jobId, { status: 'SUCCESS' });
  await rig.client.workflow.getHandle(attached.workflowId).signal('pollNow');
  expect(await attached.result()).toMatchObject({ jobId, submissions: 0 });
  expect(one.posts()).toHaveLength(1);
});

it.concurrent('F22 a cancel reports in memo, status, details and log that the job continues, and its id', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  await one.handle.cancel();
  await endsCanceled(one);
  const { memo, status } = await one.remains();
  expect(memo).toMatchObject({ outcome: 'canceled', remoteJob: 'running', jobId });
  expect(status).toMatchObject({ outcome: 'canceled', remoteJob: 'running', jobId });
  expect(await one.details()).toContain(`The job \`${jobId}\` is still running in the cloud; nothing tracks it.`);
  const said = logged.find(
    ({ workflowId, message }) => workflowId === one.handle.workflowId && message === 'Export ended',
  );
  expect(said?.attributes).toMatchObject({ outcome: 'canceled', remoteJob: 'running', jobId });
  expect(one.jobs()).toMatchObject([{ jobId, status: expect.stringMatching(/INIT|RUNNING/) }]);
});

it.concurrent('F22 a cancel with onCancel drain leaves neither job nor object, and says so', async () => {
  const one = new OneExport(rig, { options: { ...ON_REQUEST, onCancel: 'drain' } });
  const jobId = await one.asleep();
  await one.handle.cancel();
  expect(await one.until(({ phase }) => phase === 'draining')).toMatchObject({ outcome: null, jobId });
  one.changeJob(jobId, { status: 'SUCCESS' });
  expect(one.object()).toBeDefined();
  await one.handle.signal('pollNow');
  await endsCanceled(one);
  const { memo, status } = await one.remains();
  expect(memo).toMatchObject({ outcome: 'canceled', remoteJob: 'ended', object: 'discarded', jobId });
  expect(status.discard).toEqual({ kind: 'discarded' });
  expect(one.object()).toBeUndefined();
});

it.concurrent('F29 an export outlives the parent that started it', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const parent = await rig.client.workflow.start('awaitExport', {
    workflowId: `parent-of-${one.objectKey}`,
    taskQueue: rig.taskQueue,
    args: [one.input],
  });
  const { jobId } = await eventually('the child has a job', async () => {
    const [job] = one.jobs();
    return job;
  });
  await parent.terminate('gone');
  const child = rig.client.workflow.getHandle(exportWorkflowId(one.bucketUrl));
  expect((await child.describe()).status.name).toBe('RUNNING');
  one.changeJob(jobId, { status: 'SUCCESS' });
  await child.signal('pollNow');
  expect(await child.result()).toMatchObject({ verdict: 'succeeded', jobId, submissions: 1 });
});

it('F29 every activity has the right cancellation type, and only the submit delays a cancel', async () => {
  const types = new Map<string, unknown>();
  // Another file of this process may have loaded the workflow.
  vi.resetModules();
  vi.doMock('@temporalio/workflow', async (original) => ({
    ...(await original<object>()),
    proxyActivities: ({ cancellationType }: { cancellationType?: unknown }) =>
      new Proxy({}, { get: (_, name) => types.set(String(name), cancellationType) }),
  }));
  await import('../../src/workflows/activity-stubs.js');
  await import('../../src/workflows/batch/activity-stubs.js');
  vi.doUnmock('@temporalio/workflow');
  // One is there for workflows of a user's own.
  const { imsListImages, ...activities } = createExportActivities({ accounts: new Map() });
  const names = Object.keys(activities);
  const { TRY_CANCEL, WAIT_CANCELLATION_COMPLETED } = ActivityCancellationType;
  expect(Object.fromEntries(types)).toEqual({
    ...Object.fromEntries(names.map((name) => [name, TRY_CANCEL])),
    imsSubmitExport: WAIT_CANCELLATION_COMPLETED,
  });
});
