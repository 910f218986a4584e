import { Client, type WorkflowClientInterceptor } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EVIDENCE_WAITS } from '../../src/activities/evidence';
import { readExport, startExport } from '../../src/client';
import type { ExportImageResult, ExportOptions } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { bundleOfBatches, startBatchWorkflow, verdictsOf } from '../rigs/batch-rig';
import { ALWAYS, ON_REQUEST, OneExport } from '../rigs/one-export';
import { FIRST_TASK, lookNow, type Rig, resetTo, startRig } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleOfBatches() });
});
afterAll(() => rig.close());

/** One reading fewer than a verdict needs. */
const TOO_FEW = EVIDENCE_WAITS.contradictedMs.length;
const NOT_THERE: FaultAction = { status: 404 };

const start = (one: OneExport, changes: object = {}) =>
  startExport(rig.client, { ...one.input, ...changes } as OneExport['input'], { taskQueue: rig.taskQueue });

/** An export that has succeeded. */
async function exported(options?: ExportOptions): Promise<{ one: OneExport; first: ExportImageResult }> {
  const one = new OneExport(rig, { options }).withLongJob();
  const { jobId, ...started } = await start(one);
  expect(started.how).toBe('started');
  one.changeJob(jobId ?? '', { status: 'SUCCESS' });
  rig.longJobs.delete(one.imageId);
  await lookNow(rig.client, started.workflowId);
  return { one, first: await started.result() };
}

/** A client whose first start sees something happen just before it reaches Temporal. */
function clientThatMeets(happens: () => Promise<unknown>): Client {
  const { connection, options } = rig.client;
  let starts = 0;
  const meets: WorkflowClientInterceptor = {
    async startUpdateWithStart(input, next) {
      starts += 1;
      if (starts === 1) await happens();
      return next(input);
    },
  };
  return new Client({ connection, namespace: options.namespace, ...ofRun(), interceptors: { workflow: [meets] } });
}

describe.concurrent('an export that has succeeded before', () => {
  it('F51 is answered with that result while its object is there, though three readings did not find it', async () => {
    const { one, first } = await exported();
    one.headsFail(NOT_THERE, { times: TOO_FEW });
    const again = await start(one);
    expect(again).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    expect(await again.result()).toEqual(first);
    expect(one.posts()).toHaveLength(1);
    const { memo, status } = await readExport(rig.client, again.workflowId);
    const { size, etag, lastModified } = first.object ?? {};
    expect(memo).toMatchObject({ outcome: 'succeeded', remoteJob: 'none' });
    expect(memo.jobId).toBeUndefined();
    expect(status).toMatchObject({
      jobId: null,
      remoteJob: 'none',
      earlier: { outcome: 'succeeded', jobId: first.jobId, fileFormat: 'qcow2', object: { size, etag, lastModified } },
    });
    // The run that only answered does not hide the one that exported.
    expect(await (await start(one)).result()).toEqual(first);
  });

  it('F51 is exported again when its object was deleted', async () => {
    const { one, first } = await exported();
    rig.simulator.deleteObject(one.objectKey);
    const again = await start(one);
    expect(again.how).toBe('started');
    const result = await again.result();
    expect(result).toMatchObject({ verification: { state: 'verified' }, submissions: 1 });
    expect(result.jobId).not.toBe(first.jobId);
    expect(one.object()?.etag.replaceAll('"', '')).toBe(result.object?.etag);
    expect(one.posts()).toHaveLength(2);
  });

  it('F51 is refused without a POST when another object has taken its place, also with that rule off', async () => {
    const { one } = await exported({ rules: { destinationFree: 'off' } });
    rig.simulator.putObject(one.objectKey, 'put there by somebody else');
    await expect(start(one)).rejects.toMatchObject({ code: 'DestinationExists', details: { object: { size: 26 } } });
    expect(one.posts()).toHaveLength(1);
  });

  it('F51 is no reason to delete what the job of a later run, which was canceled, has written since', async () => {
    const { one } = await exported(ON_REQUEST);
    rig.simulator.deleteObject(one.objectKey);
    const jobId = await one.asleep();
    await one.handle.cancel();
    await one.result().catch(() => {});
    one.changeJob(jobId, { status: 'SUCCESS' });
    const refused = await start(one).catch((error: Error) => error);
    expect(refused).toMatchObject({
      code: 'DestinationExists',
      message: expect.stringContaining(`that of job ${jobId}`),
    });
    expect((refused as Error).message.match(new RegExp(`ims-export attach --job ${jobId}`, 'g'))).toHaveLength(1);
    expect((refused as Error).message).not.toContain('or delete the object');
  });

  it('F51 is answered as of its date when its object cannot be read, and compared again once it can', async () => {
    const { one, first } = await exported();
    one.headsFail({ status: 403 }, ALWAYS);
    const again = await start(one);
    expect(again.how).toBe('alreadySucceeded');
    const { verification, ...rest } = await again.result();
    const { verification: _, ...before } = first;
    expect(rest).toEqual(before);
    expect(verification).toEqual({ state: 'skipped', reason: expect.stringContaining(`as of ${first.finishedAt}`) });
    expect(one.posts()).toHaveLength(1);
    rig.simulator.faults.clear();
    expect(await (await start(one)).result()).toEqual(first);
  });

  it('F51 is found behind a later run of another format, which is refused while the object is there alone', async () => {
    const { one, first } = await exported();
    const other = { fileFormat: 'vhd' };
    await expect(start(one, other)).rejects.toMatchObject({
      code: 'DestinationExists',
      message: expect.stringContaining(`already holds image ${one.imageId} (qcow2), exported ${first.finishedAt}`),
    });
    expect(await start(one)).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    rig.simulator.deleteObject(one.objectKey);
    const again = await start(one, other);
    expect(again.how).toBe('started');
    expect(await again.result()).toMatchObject({ fileFormat: 'vhd', verification: { state: 'verified' } });
  });

  it('F51 is found by a run that nobody told of it: a plain start, and a reset', async () => {
    const { one, first } = await exported();
    await one.start();
    expect(await one.result()).toEqual(first);
    const { workflowId } = one.handle;
    const { runId } = await rig.client.workflow.getHandle(workflowId).describe();
    const run = await resetTo(FIRST_TASK, rig, { workflowId, firstExecutionRunId: runId });
    expect(await run.result()).toEqual(first);
    expect(one.posts()).toHaveLength(1);
  });

  it('F51 is found by an attach to its job, and another job is refused while its object is there', async () => {
    const { one, first } = await exported();
    const attach = (jobId: string | null) => start(one, { attach: { jobId } });
    expect(await attach(first.jobId)).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    await expect(attach('e'.repeat(32))).rejects.toMatchObject({ code: 'DestinationExists' });
  });

  it('F51 is no answer to an attach to its job once its object was replaced, or is gone', async () => {
    const { one, first } = await exported();
    const attach = () => start(one, { attach: { jobId: first.jobId } });
    rig.simulator.putObject(one.objectKey, 'put there by somebody else');
    await expect(attach()).rejects.toMatchObject({
      code: 'DestinationExists',
      message: expect.stringContaining('another object replaced its object'),
    });
    rig.simulator.deleteObject(one.objectKey);
    await expect(attach()).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      message: expect.stringMatching(/attach\.jobId.*is gone\. Start the export without a job/),
    });
    expect(one.posts()).toHaveLength(1);
  });

  it('F51 is the answer to a start that meant to join it, and that it ended before', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    const client = clientThatMeets(async () => {
      one.changeJob(jobId, { status: 'SUCCESS' });
      await one.handle.signal('pollNow');
      await one.result();
    });
    const started = await startExport(client, one.input, { taskQueue: rig.taskQueue });
    expect(started).toMatchObject({ how: 'alreadySucceeded', jobId });
    const { memo } = await readExport(rig.client, started.workflowId);
    expect(memo.earlier).toMatchObject({ outcome: 'succeeded', jobId });
    expect(one.posts()).toHaveLength(1);
  });
});

it('F45 a start that meant to join an export that was canceled just before says that it has started one, and what is left', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await one.asleep();
  const client = clientThatMeets(async () => {
    await one.handle.cancel();
    await one.result().catch(() => {});
    one.changeJob(jobId, { status: 'FAIL' });
  });
  const started = await startExport(client, one.input, { taskQueue: rig.taskQueue });
  expect(started).toMatchObject({
    how: 'started',
    notes: [expect.stringContaining(`canceled. In the cloud, job ${jobId}`)],
  });
  expect(started.jobId).not.toBe(jobId);
  await rig.client.workflow.getHandle(started.workflowId).terminate();
});

it('F51 a batch that runs again exports what is gone, and finds the rest', async () => {
  const { simulator } = rig;
  const images = simulator.addImages('linux', 4).map(({ id }) => ({ imageId: id }));
  const input = { images, to: `${simulator.info.bucket}:fixed/{imageId}.qcow2`, format: 'qcow2' as const };
  const batch = async () => (await startBatchWorkflow(rig, input)).result();
  const before = await batch();
  expect(verdictsOf(before)).toEqual(['succeeded', 'succeeded', 'succeeded', 'succeeded']);
  const [there, gone, changed, unseen] = images.map(({ imageId }) => `fixed/${imageId}.qcow2`);
  simulator.deleteObject(gone ?? '');
  simulator.putObject(changed ?? '', 'put there by somebody else');
  const head = { service: 'obs', method: 'HEAD', path: `*/${unseen}`, action: NOT_THERE } as const;
  simulator.faults.add({ ...head, times: TOO_FEW });
  const after = await batch();
  expect(verdictsOf(after)).toEqual(['alreadyExported', 'succeeded', 'refused', 'alreadyExported']);
  expect(after.items[0]).toEqual({ ...before.items[0], verdict: 'alreadyExported' });
  expect(after.items[2]?.failure?.type).toBe('DestinationExists');
  const keys = simulator.objects().map(({ key }) => key);
  expect(keys).toEqual(expect.arrayContaining([there, gone, changed, unseen]));
  const posted = simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file'));
  const posts = (imageId: string) => posted.filter(({ path }) => path.includes(imageId)).length;
  expect(images.map(({ imageId }) => posts(imageId))).toEqual([1, 2, 1, 1]);

  simulator.deleteObject(there ?? '');
  const dry = await (await startBatchWorkflow(rig, { ...input, dryRun: true })).result();
  expect(verdictsOf(dry)).toEqual(['valid', 'alreadyExported', 'refused', 'alreadyExported']);
});

// The key rests after it: nothing else of this file follows.
it('F51 is answered as of its date when the cloud refuses the credentials', async () => {
  const { one, first } = await exported();
  rig.simulator.credentials.revoke();
  try {
    const again = await start(one);
    expect(again).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    expect((await again.result()).verification).toEqual({
      state: 'skipped',
      reason: expect.stringContaining(`as of ${first.finishedAt}`),
    });
  } finally {
    rig.simulator.credentials.restore();
  }
});
