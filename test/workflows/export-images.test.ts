import { randomUUID } from 'node:crypto';
import {
  Client,
  type ScheduleHandle,
  WithStartWorkflowOperation,
  type WorkflowClientInterceptor,
  type WorkflowFailedError,
  type WorkflowHandle,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNightlyExport } from '../../examples/schedule/nightly-export';
import {
  batchResult,
  cancelBatch,
  pollNow,
  readBatch,
  resolveSubmission,
  retuneBatch,
  startBatch,
  startExport,
} from '../../src/client';
import {
  BATCH_MESSAGES,
  EXPORT_IMAGES_WORKFLOW,
  type ExportImagesInput,
  type ExportImagesResult,
  exportBatchWorkflowId,
  exportWorkflowId,
} from '../../src/contract';
import { exportFailureOf } from '../../src/export/failures';
import { bundleOfBatches, startBatchWorkflow, statusOf, untilBatch, verdictsOf } from '../rigs/batch-rig';
import { itInLongForm } from '../rigs/long-form';
import { errorCodeOf, FIRST_TASK, type Rig, resetTo, startRig, takeWorkflowId, untilStatus } from '../rigs/rig';
import { exactProblemsBy } from '../rigs/schema-validator';
import { converterOfRun, ofRun } from '../rigs/strict-codec';

let rig: Rig;
let bucket: string;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleOfBatches() });
  bucket = rig.simulator.info.bucket;
});
beforeEach(() => {
  rig.simulator.jobSeconds = 1;
});
afterAll(() => rig.close());

/** So many further images, as a batch names them. */
const images = (count: number, like = 'linux') =>
  rig.simulator.addImages(like, count).map(({ id }) => ({ imageId: id }));

/** Keys of a test's own. */
const into = (folder = randomUUID().slice(0, 8)) => `${bucket}:${folder}/{imageId}.{format}`;

const resultOf = async (handle: WorkflowHandle) => (await handle.result()) as ExportImagesResult;
const jobsOf = (imageId = '') => rig.simulator.jobs().filter((job) => job.imageId === imageId);
const childOf = (bucketUrl: string | null | undefined) =>
  rig.client.workflow.getHandle(exportWorkflowId(bucketUrl ?? ''));

async function runsOf({ workflowId }: WorkflowHandle) {
  const runs = [];
  for await (const { historyLength, status } of rig.client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    runs.push({ historyLength, status: status.name });
  }
  return runs;
}

describe('a batch of exports', () => {
  it('gives each image its own verdict, and completes although some fail', async () => {
    const { info } = rig.simulator;
    const folder = randomUUID().slice(0, 8);
    const [fine, fails, taken, busy] = images(4);
    const [large] = images(1, 'large');
    const [encrypted] = rig.simulator.addImages('encrypted', 1, { __image_size: String(200 * 1024 ** 3) });
    rig.simulator.putObject(`${folder}/taken`, 'somebody else has put it there');
    const elsewhere = { ...rig.input({ bucketUrl: `${bucket}:${folder}/busy` }), imageId: busy?.imageId } as never;
    rig.simulator.jobSeconds = 600;
    const running = await startExport(rig.client, elsewhere, { taskQueue: rig.taskQueue });
    // No job ends before one of them was made to fail.
    rig.simulator.jobSeconds = 60;
    const handle = await startBatchWorkflow(rig, {
      to: `${bucket}:${folder}/{date}/{imageId}.{format}`,
      images: [
        { imageId: fine?.imageId ?? '' },
        { imageId: large?.imageId ?? '' },
        { imageId: fails?.imageId ?? '', objectKey: `${folder}/fails` },
        { imageId: taken?.imageId ?? '', objectKey: `${folder}/taken` },
        { imageId: busy?.imageId ?? '', bucketUrl: `${bucket}:${folder}/busy` },
        { imageId: encrypted?.id ?? '' },
        { imageId: info.images.iso ?? '', fileFormat: 'vhd' },
        { imageId: '00000000-0000-4000-8000-000000000000' },
      ],
    });
    const { jobId } = await untilStatus(rig.client, exportWorkflowId(`${bucket}:${folder}/fails`), (s) => !!s.jobId);
    rig.simulator.changeJob(jobId ?? '', { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'disk is broken' });
    rig.simulator.jobSeconds = 1;
    rig.simulator.clock.advance(61_000);

    const result = await resultOf(handle);
    expect(verdictsOf(result)).toEqual([
      'succeeded',
      'succeeded',
      'failed',
      'refused',
      'alreadyExporting',
      'refused',
      'refused',
      'refused',
    ]);
    expect(result).toMatchObject({ total: 8, dryRun: false, counts: { succeeded: 2, failed: 1, refused: 4 } });
    const today = result.startedAt.slice(0, 10);
    const [first, quick, failed, notFree, , tooLarge, iso, unknown] = result.items;
    expect(first).toEqual({
      imageId: fine?.imageId,
      bucketUrl: `${bucket}:${folder}/${today}/${fine?.imageId}.qcow2`,
      verdict: 'succeeded',
      jobId: jobsOf(fine?.imageId)[0]?.jobId,
      size: expect.any(Number),
      etag: expect.any(String),
    });
    expect(quick?.bucketUrl).toMatch(/\.zvhd2$/);
    expect(failed?.failure).toMatchObject({ type: 'ExportFailed', message: expect.stringContaining('disk is broken') });
    expect(notFree?.failure?.type).toBe('DestinationExists');
    expect(tooLarge?.failure?.message).toMatch(/too large for a conversion .* encryption/);
    expect(iso?.failure?.message).toContain('ISO');
    expect(unknown).toMatchObject({ bucketUrl: null, failure: { message: expect.stringContaining('was not found') } });
    await childOf(`${bucket}:${folder}/busy`).terminate();
    expect(running.how).toBe('started');
  });

  it('names the job that a canceled batch has left, where its object is there', async () => {
    const [image] = images(1);
    const imageId = image?.imageId ?? '';
    const input = { images: [{ imageId }], to: into() };
    rig.simulator.jobSeconds = 600;
    const canceled = await startBatchWorkflow(rig, input);
    const { exports: running } = await untilBatch(canceled, ({ exports }) => exports.length === 1);
    const bucketUrl = running[0]?.bucketUrl ?? '';
    const { jobId } = await untilStatus(rig.client, exportWorkflowId(bucketUrl), (status) => !!status.jobId);
    await canceled.cancel();
    await expect(canceled.result()).rejects.toThrow();
    rig.simulator.changeJob(jobId ?? '', { status: 'SUCCESS' });
    // The first of these runs is one more that ended without a job.
    for (const _run of [1, 2]) {
      const [item] = (await resultOf(await startBatchWorkflow(rig, input))).items;
      expect(item?.failure?.type).toBe('DestinationExists');
      expect(item?.failure?.message).toContain(
        `\`ims-export attach --job ${jobId} --image ${imageId} --to ${bucketUrl}\` tracks it.`,
      );
    }
  });

  it('finds what an earlier batch exported, and does not export it again', async () => {
    const [image] = images(1);
    const input = { images: [image ?? { imageId: '' }], to: into() };
    const first = await resultOf(await startBatchWorkflow(rig, input));
    const second = await resultOf(await startBatchWorkflow(rig, input));
    expect(second.items).toEqual([{ ...first.items[0], verdict: 'alreadyExported' }]);
    expect(jobsOf(image?.imageId)).toHaveLength(1);
  });

  it('only validates in a dry run', async () => {
    const [fine] = images(1);
    const posts = rig.posts();
    const handle = await startBatchWorkflow(rig, {
      images: [fine ?? { imageId: '' }, { imageId: rig.simulator.info.images.fullEcs ?? '' }],
      to: into(),
      dryRun: true,
    });
    const result = await resultOf(handle);
    expect(verdictsOf(result)).toEqual(['valid', 'refused']);
    expect(rig.posts()).toBe(posts);
    await expect(childOf(result.items[0]?.bucketUrl).describe()).rejects.toThrow(/not found/);
  });

  itInLongForm('exports all images of all pages of a query', async () => {
    const tagged = rig.simulator.addImages('linux', 101, { tags: ['nightly=yes'] });
    rig.simulator.addImages('linux', 1, { tags: ['nightly=yes'], __imagetype: 'shared' });
    const input: ExportImagesInput = { query: { tag: 'nightly=yes', os: 'Linux' }, to: into(), dryRun: true };
    const result = await resultOf(await startBatchWorkflow(rig, { ...input, maxConcurrent: 50 }));
    expect(result.items.map(({ imageId }) => imageId).sort()).toEqual(tagged.map(({ id }) => id).sort());
  });

  describe('whose query matches no image', () => {
    const tag = `nothing=${randomUUID().slice(0, 8)}`;
    const input = (): ExportImagesInput => ({ query: { tag }, to: into() });
    /** It is a shared image that has the tag, and a batch exports private ones. */
    beforeAll(() => {
      rig.simulator.addImages('linux', 1, { tags: [tag], __imagetype: 'shared' });
    });

    it.each([{}, { dryRun: true }])('fails as NothingToExport, with %j', async (changes) => {
      const handle = await startBatchWorkflow(rig, { ...input(), ...changes });
      const details = { query: { tag }, problems: [] };
      const error = await handle.result().catch((failed: unknown) => failed);
      expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'NothingToExport', details: [details] });
      expect(exportFailureOf(error)).toMatchObject({ type: 'NothingToExport', details });
      expect(exactProblemsBy('failures/NothingToExport', details)).toEqual([]);
      const { memo } = await readBatch(rig.client, handle.workflowId);
      const failure = { type: 'NothingToExport', message: expect.stringContaining(tag) };
      expect(memo).toEqual({ outcome: 'failed', counts: {}, failure });
      expect(await statusOf(handle)).toMatchObject({
        phase: 'ended',
        outcome: 'failed',
        total: 0,
        failure: { type: 'NothingToExport', message: expect.stringContaining(tag) },
      });
    });

    it('succeeds without items when allowEmpty is true', async () => {
      const handle = await startBatchWorkflow(rig, { ...input(), allowEmpty: true });
      const warnings = ['The query matches no private image.'];
      expect(await resultOf(handle)).toMatchObject({ total: 0, items: [], warnings });
      const { memo } = await readBatch(rig.client, handle.workflowId);
      expect(memo).toEqual({ total: 0, outcome: 'completed', counts: {} });
    });

    it('fails for its starter even when it ends between two status checks', async () => {
      // So that the first description shows it running; its query is asked only once it has failed.
      rig.simulator.faults.add({ service: 'ims', method: 'GET', path: '/v2/cloudimages', action: { delayMs: 500 } });
      const { connection, options } = rig.client;
      let queries = 0;
      const afterTheEnd: WorkflowClientInterceptor = {
        query: async (query, next) => {
          queries += 1;
          const batch = rig.client.workflow.getHandle(query.workflowExecution.workflowId ?? '');
          await batch.result().catch(() => undefined);
          return await next(query);
        },
      };
      const client = new Client({
        connection,
        namespace: options.namespace,
        ...ofRun(),
        interceptors: { workflow: [afterTheEnd] },
      });
      const starting = startBatch(client, input(), { taskQueue: rig.taskQueue });
      await expect(starting).rejects.toMatchObject({ code: 'NothingToExport', details: { query: { tag } } });
      expect(queries).toBeGreaterThan(0);
    });
  });

  it('whose query matches only unsuitable images gives a verdict on each', async () => {
    const tag = `refused=${randomUUID().slice(0, 8)}`;
    rig.simulator.addImages('encrypted', 2, { tags: [tag], __image_size: String(200 * 1024 ** 3) });
    const result = await resultOf(await startBatchWorkflow(rig, { query: { tag }, to: into() }));
    expect(verdictsOf(result)).toEqual(['refused', 'refused']);
  });

  itInLongForm('is joined by its name only for the same input, also by simultaneous callers', async () => {
    rig.simulator.jobSeconds = 600;
    const inputs = images(2).map((image) => ({ images: [image], to: into() }));
    const options = { taskQueue: rig.taskQueue, name: randomUUID() };
    const started = await Promise.allSettled(inputs.map((input) => startBatch(rig.client, input, options)));
    expect(started.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const first = inputs[started.findIndex(({ status }) => status === 'fulfilled')] as ExportImagesInput;
    expect(started).toContainEqual({
      status: 'rejected',
      reason: expect.objectContaining({ code: 'InvalidExportRequest', message: expect.stringContaining(options.name) }),
    });
    const joined = await startBatch(rig.client, first, options);
    expect(joined.how).toBe('joined');
    await cancelBatch(rig.client, joined.workflowId);
    await expect(joined.result()).rejects.toThrow('1 canceled');
    for (const name of ['', 'n'.repeat(1_000), '\ud800']) {
      const code = errorCodeOf(startBatch(rig.client, first, { ...options, name }));
      expect(await code).toBe('InvalidExportRequest');
    }
  });

  it('rejects two images with one key before it starts any', async () => {
    const [a, b] = rig.simulator.addImages('linux', 2, { tags: ['twice'], name: 'web server' });
    const input = { query: { tag: 'twice' }, to: `${bucket}:twice/{name}` };
    const code = errorCodeOf(startBatch(rig.client, input, { taskQueue: rig.taskQueue }));
    expect(await code).toBe('InvalidExportRequest');
    const refused = await startBatch(rig.client, input, { taskQueue: rig.taskQueue }).catch((error: Error) => error);
    const { message } = refused as Error;
    expect(message).toContain('"ims-image:twice/web_server"');
    for (const image of [a, b]) expect(message).toContain(`${image?.id} (web server)`);
  });

  it('finds all 1,203 images of one name, and refuses to export them to one key', async () => {
    rig.simulator.jobSeconds = 600;
    const golden = rig.simulator.addImages('linux', 1_203, { name: 'golden' });
    const query = { name: 'golden' };
    const posts = rig.posts();
    const refused = await startBatchWorkflow(rig, { query, to: `${bucket}:golden/{name}.{format}` });
    const { cause } = (await refused.result().catch((error) => error)) as WorkflowFailedError;
    expect(cause).toMatchObject({
      type: 'InvalidExportRequest',
      message: expect.stringContaining(`${golden[0]?.id} (golden) and ${golden[1]?.id} (golden)`),
    });
    expect(rig.posts()).toBe(posts);

    const handle = await startBatchWorkflow(rig, { query, to: into(), maxConcurrent: 1 });
    expect(await untilBatch(handle, ({ running }) => running === 1)).toMatchObject({ total: 1_203, pending: 1_202 });
    await cancelBatch(rig.client, handle.workflowId);
    await expect(batchResult(rig.client, handle.workflowId)).rejects.toThrow('1 canceled, 1202 notStarted');
  });

  it('keeps its window of running exports, which can be changed, paused and resumed', async () => {
    rig.simulator.jobSeconds = 600;
    const started = await startBatch(
      rig.client,
      { images: images(6), to: into(), maxConcurrent: 2, options: { maxInterval: '1s', minInterval: 200 } },
      { taskQueue: rig.taskQueue },
    );
    const handle = rig.client.workflow.getHandle(started.workflowId);
    const running = () => rig.simulator.jobs().filter(({ endTime, bucketUrl }) => !endTime && bucketUrl !== '').length;
    const before = running();
    await untilBatch(handle, (status) => status.running === 2 && status.pending === 4);
    await retuneBatch(rig.client, started.workflowId, { maxConcurrent: 3 });
    await untilBatch(handle, (status) => status.running === 3 && status.pending === 3);
    await expect(retuneBatch(rig.client, started.workflowId, { maxConcurrent: 0 })).rejects.toThrow(/1 to 500/);
    await handle.signal(BATCH_MESSAGES.signals.pauseStarting);
    await retuneBatch(rig.client, started.workflowId, { maxConcurrent: 6 });
    expect(await statusOf(handle)).toMatchObject({ phase: 'paused', running: 3, pending: 3, startingPaused: true });
    await handle.signal(BATCH_MESSAGES.signals.resumeStarting);
    const status = await untilBatch(handle, ({ running: count }) => count === 6);
    expect(before).toBeLessThanOrEqual(6);
    for (const { bucketUrl } of status.exports) {
      const { jobId } = await untilStatus(rig.client, exportWorkflowId(bucketUrl ?? ''), (seen) => !!seen.jobId);
      rig.simulator.changeJob(jobId ?? '', { status: 'SUCCESS' });
    }
    expect((await started.result()).counts.succeeded).toBe(6);
  });

  itInLongForm('keeps a window that was changed before the images were read', async () => {
    const input = { images: images(1), to: into(), dryRun: true, maxConcurrent: 2 };
    const startWorkflowOperation = new WithStartWorkflowOperation(EXPORT_IMAGES_WORKFLOW, {
      workflowId: exportBatchWorkflowId(randomUUID()),
      taskQueue: rig.taskQueue,
      args: [input],
      workflowIdConflictPolicy: 'FAIL',
    });
    await rig.client.workflow.executeUpdateWithStart(BATCH_MESSAGES.updates.retuneBatch, {
      args: [{ maxConcurrent: 7 }],
      startWorkflowOperation,
    });
    const handle = await startWorkflowOperation.workflowHandle();
    expect(verdictsOf(await resultOf(handle))).toEqual(['valid']);
    expect((await statusOf(handle)).maxConcurrent).toBe(7);
  });

  it('passes a cancel on to every running export, and reports what it leaves', async () => {
    rig.simulator.jobSeconds = 600;
    const handle = await startBatchWorkflow(rig, { images: images(3), to: into(), maxConcurrent: 2 });
    const { exports } = await untilBatch(handle, ({ running }) => running === 2);
    for (const { bucketUrl } of exports) {
      await untilStatus(rig.client, exportWorkflowId(bucketUrl ?? ''), ({ jobId }) => jobId !== null);
    }
    await cancelBatch(rig.client, handle.workflowId);
    const error = await handle.result().catch((failed: unknown) => failed);
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
    const { memo, status } = await readBatch(rig.client, handle.workflowId);
    expect(memo).toEqual({ total: 3, outcome: 'canceled', counts: { canceled: 2, notStarted: 1 } });
    expect(status?.troubles).toMatchObject([{ remoteJob: 'running' }, { remoteJob: 'running' }]);
    for (const { bucketUrl } of exports) expect((await childOf(bucketUrl).describe()).status.name).toBe('CANCELLED');
    await expect(batchResult(rig.client, handle.workflowId)).rejects.toThrow('2 canceled, 1 notStarted');
  });

  it('rejects an image whose workflow id is taken by another workflow type', async () => {
    const bucketUrl = `${bucket}:${randomUUID()}.qcow2`;
    await takeWorkflowId(rig, bucketUrl);
    const input = { images: images(1).map((image) => ({ ...image, bucketUrl, fileFormat: 'qcow2' as const })) };
    const { items } = await resultOf(await startBatchWorkflow(rig, input));
    const failure = { type: 'DestinationBusy', message: expect.stringContaining(EXPORT_IMAGES_WORKFLOW) };
    expect(items).toMatchObject([{ bucketUrl, verdict: 'refused', failure }]);
  });

  it('notices a terminated child, and waits for a child that was reset', async () => {
    rig.simulator.jobSeconds = 600;
    const input = { images: images(2), to: into(), options: { onAmbiguousSubmit: 'ask' as const } };
    const handle = await startBatchWorkflow(rig, input);
    const { exports } = await untilBatch(handle, ({ running }) => running === 2);
    for (const { bucketUrl } of exports) {
      await untilStatus(rig.client, exportWorkflowId(bucketUrl ?? ''), ({ jobId }) => jobId !== null);
    }
    const [terminated, reset] = exports.map(({ bucketUrl }) => childOf(bucketUrl));
    await terminated?.terminate('by the test');
    const { runId } = (await reset?.describe()) ?? {};
    await resetTo(FIRST_TASK, rig, { workflowId: reset?.workflowId ?? '', firstExecutionRunId: runId ?? '' });
    await untilBatch(handle, ({ counts }) => counts.unknown === 1);
    // The run after the reset cannot know what the one before has submitted; a person can tell it.
    await untilStatus(rig.client, reset?.workflowId ?? '', ({ phase }) => phase === 'needsAnswer');
    const [job] = jobsOf(exports[1]?.imageId);
    await resolveSubmission(rig.client, reset?.workflowId ?? '', { jobId: job?.jobId ?? '' });
    rig.simulator.changeJob(job?.jobId ?? '', { status: 'SUCCESS' });
    const [first, second] = (await resultOf(handle)).items;
    expect(first).toMatchObject({ verdict: 'unknown', remoteJob: 'running', failure: { type: 'Terminated' } });
    expect(first?.jobId).toBe(jobsOf(first?.imageId)[0]?.jobId);
    expect(second).toMatchObject({ verdict: 'succeeded', jobId: job?.jobId });
  });

  it('continues in new runs and loses no report, even while its worker is down', async () => {
    const handle = await startBatchWorkflow(rig, { images: images(14), to: into(), maxConcurrent: 7 });
    await untilBatch(handle, ({ counts }) => counts.succeeded > 1);
    await rig.withoutWorker(async () => {});
    const result = await resultOf(handle);
    expect(result.counts.succeeded).toBe(14);
    const runs = await runsOf(handle);
    expect(runs.length).toBeGreaterThan(1);
    const events = runs.reduce((sum, { historyLength }) => sum + historyLength, 0);
    console.info(`14 images, 7 at a time: ${events} events in ${runs.length} runs`);
    // At most sixteen for an image, and the beginning and the end of each run.
    expect(events).toBeLessThanOrEqual(16 * 14 + 12 * runs.length);
    for (const { imageId } of result.items) expect(jobsOf(imageId)).toHaveLength(1);
  });

  it('rejects a state from outside, and ignores a signal that is no report', async () => {
    const args = [
      { query: {}, to: into() },
      { version: 1, startedAtMs: 0, items: [] },
    ];
    const options = { taskQueue: rig.taskQueue, workflowId: randomUUID(), args };
    const failed = await rig.client.workflow.execute('exportImagesWorkflow', options).catch((error: unknown) => error);
    expect((failed as WorkflowFailedError).cause).toMatchObject({ type: 'InvalidExportRequest' });
    const handle = await startBatchWorkflow(rig, { images: images(1), to: into() });
    for (const report of [null, 'x', { workflowId: 1 }, { workflowId: 'x', outcome: 'succeeded' }]) {
      await handle.signal(BATCH_MESSAGES.signals.exportEnded, report);
    }
    expect(verdictsOf(await resultOf(handle))).toEqual(['succeeded']);
  });
});

describe('an export with notify', () => {
  it('ends normally when the notified workflow does not exist, and also notifies about invalid input', async () => {
    const input = { ...rig.input(), notify: { workflowId: 'nobody-of-that-name' } };
    const handle = await rig.startWorkflow(input);
    expect(await handle.result()).toMatchObject({ verdict: 'succeeded' });
    const refused = await rig.startWorkflow({ ...rig.input(), notify: { workflowId: '' } });
    const error = await refused.result().catch((failed: unknown) => failed);
    expect((error as WorkflowFailedError).cause).toMatchObject({ details: [{ field: 'notify.workflowId' }] });
  });
});

describe('examples/schedule', () => {
  // A schedule adds the time to the id of its workflow, and the SDK encodes the input for the id without it.
  it.skipIf(converterOfRun !== undefined)(
    'creates a schedule that starts batches with date keys, and can be run again',
    async () => {
      const [image] = rig.simulator.addImages('linux', 1, { tags: ['backup=nightly'] });
      const nightly = { scheduleId: randomUUID().slice(0, 8), bucket, tag: 'backup=nightly', taskQueue: rig.taskQueue };
      await createNightlyExport(rig.client, nightly);
      await createNightlyExport(rig.client, nightly);
      const schedule = rig.client.schedule.getHandle(nightly.scheduleId);
      const { policies } = await schedule.describe();
      expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 21_600_000 });
      await schedule.trigger();
      const workflowId = await startedBy(schedule);
      expect(workflowId).toMatch(new RegExp(`^ims-export-batch:${nightly.scheduleId}-2`));
      const { startedAt } = await readBatch(rig.client, workflowId);
      const bucketUrl = `${bucket}:nightly/${startedAt.slice(0, 10)}/${image?.name}.qcow2`;
      // Its exports poll as the example has it, every quarter of a minute.
      await untilStatus(rig.client, exportWorkflowId(bucketUrl), ({ jobId }) => jobId !== null);
      rig.simulator.clock.advance(1_000);
      await pollNow(rig.client, exportWorkflowId(bucketUrl));
      const { items } = await batchResult(rig.client, workflowId);
      expect(items).toMatchObject([{ imageId: image?.id, verdict: 'succeeded', bucketUrl }]);
      await schedule.delete();
    },
  );

  /** The workflow of the first run of a schedule. */
  async function startedBy(schedule: ScheduleHandle): Promise<string> {
    for (;;) {
      const { recentActions } = (await schedule.describe()).info;
      const [action] = recentActions;
      if (action !== undefined) return action.action.workflow.workflowId;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
});
