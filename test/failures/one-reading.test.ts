import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import { EVIDENCE_WAITS } from '../../src/activities/evidence';
import { attachExport } from '../../src/client';
import { EXPORT_IMAGE_WORKFLOW, exportWorkflowId } from '../../src/contract';
import type { FaultAction } from '../../src/testing';
import { QUICK_EVIDENCE } from '../rigs/activity-rig';
import { bundleOfBatches, startBatchWorkflow, untilBatch, verdictsOf } from '../rigs/batch-rig';
import { attemptsOf, eventsOf, timeOf } from '../rigs/history';
import { exportForHours, HOUR_MS } from '../rigs/long-export';
import { type Hits, ON_REQUEST, OneExport } from '../rigs/one-export';
import { type Rig, startRig, untilStatus } from '../rigs/rig';
import { bundleOnce, bundleWithQuickSubmits } from '../rigs/temporal';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ bundle: await bundleWithQuickSubmits(), simulator: { jobSeconds: 3_600 } });
});
afterAll(() => rig.close());

/** One reading fewer than a verdict needs. */
const TOO_FEW = EVIDENCE_WAITS.contradictedMs.length;

const NOT_THERE: FaultAction = { status: 404 };
const PORTAL: FaultAction = { status: 200, body: '<html>Please sign in</html>', headers: { 'Content-Length': '27' } };
const OTHER_OBJECT: FaultAction = {
  status: 200,
  headers: { 'Content-Length': '0', 'Last-Modified': new Date(0).toUTCString(), ETag: '"x"' },
};

/** Lets the job of an export succeed; what the next readings of its object are answered is arranged before. */
async function succeeds(one: OneExport, jobId: string): Promise<void> {
  one.changeJob(jobId, { status: 'SUCCESS' });
  await one.handle.signal('pollNow');
}

describe.concurrent('an object that is there', () => {
  it.each<[string, FaultAction, Hits]>([
    ['a 404', NOT_THERE, { times: 1 }],
    ['a 404 three times', NOT_THERE, { times: TOO_FEW }],
    ['an older and empty one', OTHER_OBJECT, { times: TOO_FEW }],
    ['a 403', { status: 403 }, { times: 1 }],
    ['the page of a captive portal', PORTAL, { times: 2 }],
    ["a proxy's own 404", { status: 404, body: '<html>nginx</html>' }, { times: 2 }],
  ])('F42 is verified although OBS is read as %s meanwhile', async (_what, action, hits) => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    one.headsFail(action, hits);
    await succeeds(one, jobId);
    expect(await one.result()).toMatchObject({ verification: { state: 'verified' }, object: { format: 'qcow2' } });
    expect(attemptsOf('imsVerifyObject', eventsOf(await one.handle.fetchHistory()))).toEqual([(hits.times ?? 1) + 1]);
  });

  it('F42 is deleted by a drain although one reading found none, by the verification or before the deletion', async () => {
    const drained = async (hits: Hits) => {
      const one = new OneExport(rig, { options: { ...ON_REQUEST, onCancel: 'drain' } });
      const jobId = await one.asleep();
      one.headsFail(NOT_THERE, hits);
      await one.handle.cancel();
      await one.until(({ phase }) => phase === 'draining');
      await succeeds(one, jobId);
      expect(await one.handle.result().catch((error: unknown) => error)).toBeInstanceOf(WorkflowFailedError);
      expect((await one.remains()).memo).toMatchObject({ object: 'discarded' });
      expect(one.object()).toBeUndefined();
    };
    await drained({ nth: 1 });
    await drained({ nth: 2 });
  });

  it.each<[string, FaultAction]>([
    ['none', NOT_THERE],
    ['one that was there before the job', OTHER_OBJECT],
  ])('F42 lets an attach take its job although three readings found %s', async (_what, action) => {
    const begun = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await begun.asleep();
    await begun.handle.terminate('the tracking is lost');
    begun.changeJob(jobId, { status: 'SUCCESS' });
    begun.headsFail(action, { times: TOO_FEW });
    const { imageId, bucketUrl } = begun;
    const input = { imageId, bucketUrl, fileFormat: 'qcow2' as const, attach: { jobId }, options: ON_REQUEST };
    expect(await attachExport(rig.client, input, { taskQueue: rig.taskQueue })).toMatchObject({ jobId });
  });

  it.each<[string, FaultAction, Hits]>([
    ['none was found at the second reading', NOT_THERE, { nth: 2 }],
    ['none was found three times', NOT_THERE, { nth: 2, times: TOO_FEW }],
    ['another one was found three times', OTHER_OBJECT, { nth: 1, times: TOO_FEW }],
  ])('F42 is taken after a lost answer although %s', async (_what, action, hits) => {
    const one = new OneExport(rig, { options: { acceptUnconfirmed: true } });
    one.postsFail({ dropAfter: true });
    await one.start();
    await one.until(({ phase }) => phase === 'reconciling');
    for (const { jobId } of one.jobs()) one.changeJob(jobId, { status: 'SUCCESS' });
    one.headsFail(action, hits);
    expect(await one.result()).toMatchObject({ confirmed: false, submissions: 1 });
    expect(one.posts()).toHaveLength(1);
  });
});

it.concurrent.each([
  [401, 'APIGW.0301'],
  [403, 'APIGW.0302'],
])('F42 an export is submitted although its POST was refused once with %i', async (status, error_code) => {
  const one = new OneExport(rig);
  one.postsFail({ status, body: { error_code, error_msg: 'no', request_id: 'r' } });
  const jobId = await one.accepted();
  expect(one.posts().map(({ status: answered }) => answered)).toEqual([status, 200]);
  expect(one.jobs()).toEqual([expect.objectContaining({ jobId })]);
  await one.handle.cancel();
});

it.concurrent('F42 an export is submitted once more, and not refused, after a captive portal answered its POST with 401', async () => {
  const one = new OneExport(rig);
  one.postsFail({ status: 401, body: '<html>Please sign in</html>' });
  await one.accepted();
  expect(one.posts().map(({ status }) => status)).toEqual([401, 200]);
  await one.until(({ submissions }) => submissions === 2);
  await one.handle.cancel();
});

// The list of images tells no id in its path, so that these faults meet every export of a rig.
describe('what is needed before a submit', () => {
  let alone: Rig;
  beforeAll(async () => {
    alone = await startRig({ bundle: await bundleOnce(), simulator: { jobSeconds: 1 } });
  });
  afterAll(() => alone.close());

  const lists = (action: FaultAction, hits: Hits) =>
    alone.simulator.faults.add({ service: 'ims', method: 'GET', path: '*/cloudimages', ...hits, action });
  const refused = (status: number, error_code: string): FaultAction => ({
    status,
    body: { error_code, error_msg: 'no', request_id: 'r' },
  });
  const NO_IMAGES: FaultAction = { status: 200, body: { images: [] } };

  it('F42 an export is submitted although three readings did not list its image, and one did not find its bucket', async () => {
    const one = new OneExport(alone);
    lists(NO_IMAGES, { times: TOO_FEW });
    const path = `/${alone.simulator.info.bucket}/`;
    alone.simulator.faults.add({ service: 'obs', method: 'HEAD', path, nth: TOO_FEW + 1, action: NOT_THERE });
    await one.start();
    expect(await one.result()).toMatchObject({ verdict: 'succeeded' });
    expect(attemptsOf('imsValidateExport', eventsOf(await one.handle.fetchHistory()))).toEqual([TOO_FEW + 2]);
  });

  it('F42 an export is submitted although its readings were refused with 401 and 403, and thrice with a 400 in between', async () => {
    const one = new OneExport(alone);
    lists(refused(401, 'APIGW.0301'), { nth: 1 });
    lists(refused(400, 'IMG.9999'), { nth: 2, times: TOO_FEW });
    lists(refused(403, 'APIGW.0302'), { nth: 2 + TOO_FEW });
    await one.start();
    expect(await one.result()).toMatchObject({ verdict: 'succeeded' });
  });

  it('F42 a batch exports an image that three readings did not find, and those behind a page that was empty once', async () => {
    const { simulator } = alone;
    const { id: imageId } = simulator.addImage('linux');
    lists(NO_IMAGES, { times: TOO_FEW });
    const to = `${simulator.info.bucket}:{name}-{imageId}`;
    const named = await startBatchWorkflow(alone, { images: [{ imageId }], to });
    expect(verdictsOf(await named.result())).toEqual(['succeeded']);

    const copies = simulator.addImages('linux', 3, { __os_type: 'Other' });
    lists(NO_IMAGES, { nth: 1 });
    const queried = await startBatchWorkflow(alone, { query: { os: 'Other' }, to, dryRun: true });
    const { items } = await queried.result();
    expect(items.map((item: { imageId: string }) => item.imageId)).toEqual(
      expect.arrayContaining(copies.map(({ id }) => id)),
    );
  });
});

it('F42 an export that Temporal says once not to know is read again, and is there', async () => {
  const { imsLookAtExports } = createExportActivities({ accounts: new Map(), evidence: QUICK_EVIDENCE });
  const workflowId = exportWorkflowId(`ims-image:${randomUUID()}`);
  const attempt = (heartbeatDetails: unknown) => {
    const environment = new MockActivityEnvironment({ heartbeatDetails }, { client: rig.client });
    const heartbeats: unknown[] = [];
    environment.on('heartbeat', (details: unknown) => heartbeats.push(details));
    const reading = environment.run(imsLookAtExports, { exports: [{ workflowId, firstRunId: null }] });
    return reading.then(
      (found) => ({ found, left: undefined }),
      (error: Error) => ({ found: error, left: heartbeats.at(-1) }),
    );
  };
  let left: unknown;
  for (let readings = 0; readings < TOO_FEW; readings += 1) {
    const { found, left: details } = await attempt(left);
    expect(found).toMatchObject({ type: 'ReadAgain', nonRetryable: false });
    left = details;
  }
  expect((await attempt(left)).found).toEqual([{ kind: 'gone' }]);
  // Nobody serves that queue: it only has to be there.
  await rig.client.workflow.start(EXPORT_IMAGE_WORKFLOW, { workflowId, taskQueue: 'nobody', args: [{}] });
  expect((await attempt(left)).found).toMatchObject([{ kind: 'running' }]);
  await rig.client.workflow.getHandle(workflowId).terminate();
});

it('F42 what several readings have found counts: an object of another format, images that are not there, an export that was deleted', async () => {
  const batches = await startRig({ bundle: await bundleOfBatches(), simulator: { jobSeconds: 3_600 } });
  try {
    const { client, server, simulator } = batches;
    const lost = new OneExport(batches, { options: { acceptUnconfirmed: true, maxProbes: 0 } });
    lost.postsFail({ dropAfter: true });
    await lost.start();
    await lost.until(({ phase }) => phase === 'reconciling');
    simulator.putObject(lost.objectKey, 'no disk at all');
    expect(await lost.failure()).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringContaining('it is not a valid qcow2'),
    });

    const to = `${simulator.info.bucket}:${randomUUID()}/{name}-{imageId}`;
    const there = simulator.addImage('linux').id;
    const gone = simulator.addImage('linux').id;
    const images = [there, gone, randomUUID()].map((imageId) => ({ imageId, fileFormat: 'qcow2' as const }));
    const batch = await startBatchWorkflow(batches, { images, to });
    const idOf = async (imageId: string) => {
      const { exports } = await untilBatch(batch, ({ running }) => running === 2);
      return exportWorkflowId(exports.find((running) => running.imageId === imageId)?.bucketUrl ?? '');
    };
    const [workflowId, other] = [await idOf(gone), await idOf(there)];
    await untilStatus(client, workflowId, ({ jobId }) => jobId !== null);
    await client.workflowService.deleteWorkflowExecution({
      namespace: server.namespace,
      workflowExecution: { workflowId },
    });
    for (const { jobId, imageId } of simulator.jobs()) {
      if (imageId === there) simulator.changeJob(jobId, { status: 'SUCCESS' });
    }
    await client.workflow.getHandle(other).signal('pollNow');
    expect(verdictsOf(await batch.result())).toEqual(['succeeded', 'unknown', 'refused']);
  } finally {
    await batches.close();
  }
});

it('F42 the readings of a missing object take about two minutes, and add nothing to the history', async () => {
  const { failure, runs, jobEndsMs } = await exportForHours({
    bundle: await bundleOnce(),
    jobHours: 1,
    happenings: [
      {
        afterHours: 0.5,
        change: ({ faults }) => faults.add({ service: 'obs', method: 'HEAD', times: 1_000, action: NOT_THERE }),
      },
    ],
  });
  expect(failure).toMatchObject({
    type: 'ExportedObjectInvalid',
    details: [expect.objectContaining({ problem: 'missing' })],
  });
  const events = runs[0]?.events ?? [];
  expect(attemptsOf('imsVerifyObject', events)).toEqual([TOO_FEW + 1]);
  expect(jobEndsMs[0]).toBeGreaterThan(0);
  const times = events.filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'imsVerifyObject',
  );
  expect(times).toHaveLength(1);
  const tookMs = timeOf(events.at(-1)) - timeOf(times[0]);
  expect(tookMs).toBeGreaterThan(105_000);
  expect(tookMs).toBeLessThan(0.05 * HOUR_MS);
});
