import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBatch } from '../../src/client';
import { type ExportImagesInput, type ExportImagesResult, exportWorkflowId } from '../../src/contract';
import { exportFailureOf } from '../../src/export/failures';
import { startActivityRig } from '../rigs/activity-rig';
import { bundleOfBatches, fixture, startBatchWorkflow, statusOf, untilBatch, verdictsOf } from '../rigs/batch-rig';
import { keyToLose } from '../rigs/lost-key';
import { eventually } from '../rigs/one-export';
import { FIRST_TASK, lookNow, type Rig, resetTo, startRig, until, untilStatus } from '../rigs/rig';
import { exactProblemsBy } from '../rigs/schema-validator';
import { converterOfRun } from '../rigs/strict-codec';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleOfBatches(), simulator: { jobSeconds: 1 } });
});
afterAll(() => rig.close());

const images = (count: number, like = 'linux') =>
  rig.simulator.addImages(like, count).map(({ id }) => ({ imageId: id }));
const into = () => `${rig.simulator.info.bucket}:${randomUUID().slice(0, 8)}/{imageId}.{format}`;
const batchOf = (input: ExportImagesInput) => startBatchWorkflow(rig, { to: into(), ...input });
const jobsOf = (imageId = '') => rig.simulator.jobs().filter((job) => job.imageId === imageId);
const resultOf = async (handle: WorkflowHandle) => (await handle.result()) as ExportImagesResult;
const failureOf = async (handle: WorkflowHandle) =>
  exportFailureOf(await handle.result().catch((error: unknown) => error));

describe.concurrent('a batch with failWhen', () => {
  const iso = () => ({ imageId: rig.simulator.info.images.iso ?? '', fileFormat: 'vhd' as const });

  it('F52 fails as BatchFailed with its counts when all of its exports fail', async () => {
    const handle = await batchOf({ images: [iso()], failWhen: 'all' });
    const failure = await failureOf(handle);
    const counts = expect.objectContaining({ refused: 1, succeeded: 0 });
    expect(failure).toMatchObject({
      type: 'BatchFailed',
      message: expect.stringContaining('1 refused'),
      details: { failWhen: 'all', total: 1, counts },
    });
    expect(exactProblemsBy('failures/BatchFailed', failure?.details)).toEqual([]);
    const { workflowStatus, memo } = await readBatch(rig.client, handle.workflowId);
    expect(workflowStatus).toBe('FAILED');
    expect(memo).toEqual({
      ...{ total: 1, outcome: 'failed', counts: { refused: 1 } },
      failure: { type: 'BatchFailed', message: expect.stringMatching(/^No image of the batch of 1 was exported .*…$/) },
    });
    expect(Buffer.byteLength(memo.failure?.message ?? '')).toBeLessThanOrEqual(200);
    expect(failure?.message).toContain(memo.failure?.message.slice(0, -1));
    expect(await statusOf(handle)).toMatchObject({ outcome: 'failed', failure: { type: 'BatchFailed' } });
  });

  it('F52 fails when any of its exports does, only where it is asked to', async () => {
    const [fine] = images(1);
    const mixed = { images: [fine ?? iso(), iso()], to: into() };
    expect((await resultOf(await batchOf(mixed))).counts).toMatchObject({ succeeded: 1, refused: 1 });
    expect(verdictsOf(await resultOf(await batchOf({ ...mixed, failWhen: 'all' })))).toEqual([
      'alreadyExported',
      'refused',
    ]);
    expect((await failureOf(await batchOf({ ...mixed, failWhen: 'any' })))?.type).toBe('BatchFailed');
  });

  it('F52 completes when all is well, or when there was nothing to export and that is allowed', async () => {
    const fine = await resultOf(await batchOf({ images: images(1), failWhen: 'any' }));
    expect(verdictsOf(fine)).toEqual(['succeeded']);
    const query = { tag: `nothing=${randomUUID()}` };
    expect(await resultOf(await batchOf({ query, allowEmpty: true, failWhen: 'all' }))).toMatchObject({ total: 0 });
  });
});

it.each([
  ['empty', 0],
  ['repeated', 100],
])('F53 a page of images that is %s once does not end the list', async (_what, repeated) => {
  const cloud = await startActivityRig();
  try {
    const all = cloud.simulator.addImages('linux', 250, { tags: ['many=yes'] }).map(({ id }) => id);
    const first = (await cloud.run('imsListImages', { query: { tag: 'many=yes' } })).slice(0, repeated);
    const images = first.map(({ imageId, status }) => ({ id: imageId, status }));
    // The third page: one of 100 images and one of the 50 that are left.
    const page = { service: 'ims', method: 'GET', path: '*/cloudimages', nth: 3 } as const;
    cloud.simulator.faults.add({ ...page, action: { status: 200, body: { images } } });
    const listed = (await cloud.run('imsListImages', { query: { tag: 'many=yes' } })).map(({ imageId }) => imageId);
    expect(listed.sort()).toEqual(all.sort());
  } finally {
    await cloud.close();
  }
});

describe.concurrent('a batch that is reset', () => {
  /** A batch of one image whose export has ended without a verdict, while its job runs on. */
  async function lost(end: (workflowId: string) => Promise<unknown>) {
    const [image] = rig.simulator.addImages('linux', 1);
    const input: ExportImagesInput = {
      images: [{ imageId: image?.id ?? '' }],
      to: into(),
      options: { minInterval: '5m', maxInterval: '5m', whenImageBusy: 'fail' },
    };
    rig.simulator.jobSeconds = 3_600;
    const handle = await startBatchWorkflow(rig, input);
    const { exports } = await untilBatch(handle, ({ running }) => running === 1);
    const workflowId = exportWorkflowId(exports[0]?.bucketUrl ?? '');
    const { jobId } = await untilStatus(rig.client, workflowId, (status) => status.jobId !== null);
    await end(workflowId);
    const before = await resultOf(handle);
    const run = await resetTo(FIRST_TASK, rig, handle);
    return { imageId: image?.id ?? '', workflowId, jobId: jobId ?? '', before, run };
  }

  it.each<[string, (workflowId: string) => Promise<unknown>]>([
    ['that was terminated', (id) => rig.client.workflow.getHandle(id).terminate()],
    ['that was canceled', (id) => rig.client.workflow.getHandle(id).cancel()],
  ])('F54 attaches to the job of an export %s', async (_what, end) => {
    const { imageId, workflowId, jobId, before, run } = await lost(end);
    expect(before.items).toMatchObject([{ jobId, remoteJob: 'running' }]);
    await untilStatus(rig.client, workflowId, (status) => status.outcome === null && status.jobId === jobId);
    rig.simulator.changeJob(jobId, { status: 'SUCCESS' });
    await lookNow(rig.client, workflowId);
    expect(await resultOf(run)).toMatchObject({ items: [{ verdict: 'succeeded', jobId }] });
    expect(jobsOf(imageId)).toHaveLength(1);
  });
});

// Its worker has a codec of its own.
describe.skipIf(converterOfRun !== undefined)('a batch in a namespace whose key was lost', () => {
  let encrypted: Rig;
  const key = keyToLose();
  beforeAll(async () => {
    encrypted = await startRig({
      bundle: await bundleOfBatches([fixture('refused-starts.ts')]),
      worker: { dataConverter: { payloadCodecs: [key.codec] } },
    });
  });
  afterAll(() => encrypted.close());

  const one = () => [{ imageId: encrypted.simulator.addImage('linux').id }];
  const begin = (input: ExportImagesInput) =>
    startBatchWorkflow(encrypted, { to: `${encrypted.simulator.info.bucket}:${randomUUID()}/{imageId}`, ...input });

  it('F55 ends although the memo of an export that was terminated cannot be decoded', async () => {
    encrypted.simulator.jobSeconds = 3_600;
    const images = one();
    const handle = await begin({ images });
    const jobs = () => encrypted.simulator.jobs().filter(({ imageId }) => imageId === images[0]?.imageId);
    await until('its job runs', () => jobs().length === 1);
    const { exports } = await untilBatch(handle, ({ running }) => running === 1);
    const child = encrypted.client.workflow.getHandle(exportWorkflowId(exports[0]?.bucketUrl ?? ''));
    await eventually('its memo has the job', async () => {
      const query = { namespace: encrypted.server.namespace, execution: { workflowId: child.workflowId } };
      const { workflowExecutionInfo } = await encrypted.client.workflowService.describeWorkflowExecution(query);
      return workflowExecutionInfo?.memo?.fields?.jobId ?? undefined;
    });
    const result = await key.without(async () => {
      await child.terminate();
      return await resultOf(handle);
    });
    expect(result.items).toMatchObject([{ verdict: 'unknown', failure: { type: 'Terminated' } }]);
  });

  it('F55 gives an export that has ended, nobody can decode how, the verdict unknown after some checks', async () => {
    encrypted.simulator.jobSeconds = 1;
    const input = { images: one(), to: `${encrypted.simulator.info.bucket}:${randomUUID()}/{imageId}` };
    const handle = await begin(input);
    expect(verdictsOf(await resultOf(handle))).toEqual(['succeeded']);
    await key.without(async () => {
      const run = await resetTo(FIRST_TASK, encrypted, handle);
      const message = expect.stringContaining('cannot be decoded: the key is not there any more');
      const failure = { type: 'ExportOutcomeUnknown', message };
      expect((await resultOf(run)).items).toMatchObject([{ verdict: 'unknown', remoteJob: 'unknown', failure }]);
      // What is no export of its own is not waited for: the object says what is there.
      const { items } = await resultOf(await begin(input));
      expect(items).toMatchObject([{ verdict: 'refused', failure: { type: 'DestinationExists' } }]);
    });
  });

  it('F55 goes on without an export whose start fails', async () => {
    encrypted.simulator.jobSeconds = 1;
    const [image] = one();
    const images = [{ ...image, objectKey: 'unstartable' }, ...one()] as ExportImagesInput['images'];
    const failure = { type: 'SubmitRejected', message: expect.stringContaining('no child of that name') };
    const { items } = await resultOf(await begin({ images }));
    expect(items).toMatchObject([{ verdict: 'refused', failure }, { verdict: 'succeeded' }]);
  });
});
