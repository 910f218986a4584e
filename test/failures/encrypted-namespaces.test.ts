import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExportActivities } from '../../src/activities';
import {
  attachExport,
  cancelExport,
  listExports,
  readBatch,
  readExport,
  startBatch,
  startExport,
} from '../../src/client';
import { dryRunExport } from '../../src/client/dry-run';
import { untilChecked } from '../../src/client/steer';
import {
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  exportBatchWorkflowId,
  exportWorkflowId,
} from '../../src/contract';
import { findRun, readRunningExport } from '../../src/nexus/running-export';
import { startGrpcProxy } from '../rigs/grpc-proxy';
import { eventually, ON_REQUEST, OneExport } from '../rigs/one-export';
import { errorCodeOf, type Rig, startRig } from '../rigs/rig';
import { dataConverterOf, OTHER_SECRET, STRICT_CODEC } from '../rigs/strict-codec';
import { bundleOnce, connectClient } from '../rigs/temporal';

const dataConverter = dataConverterOf(STRICT_CODEC);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    dataConverter,
    bundle: await bundleOnce({ dataConverter }),
    simulator: { jobSeconds: 3_600 },
  });
});
afterAll(() => rig.close());

describe.concurrent('with a codec that needs its serialization context', () => {
  it('F56 an export submits, carries its job id by a heartbeat, and succeeds', async () => {
    const one = new OneExport(rig);
    const jobId = await one.accepted();
    one.changeJob(jobId, { status: 'SUCCESS' });
    expect(await one.result()).toMatchObject({ jobId, submissions: 1, verification: { state: 'verified' } });
    expect(one.posts()).toHaveLength(1);
  });

  it('F57 a refusal that a start waits for, and the workflow ends with, keeps its message', async () => {
    const one = new OneExport(rig, { image: 'fullEcs' });
    const refused = await startExport(rig.client, one.input, { taskQueue: rig.taskQueue }).catch((error) => error);
    expect(refused).toMatchObject({ code: 'ExportNotAllowed', message: expect.stringContaining(one.imageId) });
    const { memo } = await readExport(rig.client, exportWorkflowId(one.bucketUrl));
    expect(memo.failure).toMatchObject({ type: 'ExportNotAllowed', message: expect.stringContaining(one.imageId) });
  });

  it('F56 Nexus reads what a running export was started with', async () => {
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    const { workflowId } = one.handle;
    const found = await findRun(rig.client, workflowId);
    if (found === undefined) throw new Error('it does not run');
    expect(await readRunningExport(rig.client, workflowId, found)).toMatchObject({ imageId: one.imageId, jobId });
    await one.handle.cancel();
  });
});

/** An export that somebody with another secret has started: nothing of it can be decoded here, and no worker takes it. */
async function startedBySomebodyElse(key: string): Promise<string> {
  const foreign = await connectClient(rig.server, { dataConverter: dataConverterOf(OTHER_SECRET) });
  try {
    const bucketUrl = `${rig.simulator.info.bucket}:foreign/${key}`;
    const { workflowId } = await foreign.workflow.start(EXPORT_IMAGE_WORKFLOW, {
      workflowId: exportWorkflowId(bucketUrl),
      taskQueue: 'nobody',
      args: [{}],
      memo: { jobId: 'f'.repeat(32), bucketUrl },
    });
    return workflowId;
  } finally {
    await foreign.connection.close();
  }
}

describe.concurrent('beside an export whose memo cannot be decoded', () => {
  it('F57 a list has the others, and says which one cannot be read', async () => {
    const foreign = await startedBySomebodyElse('listed');
    const one = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await one.asleep();
    const reports = await eventually('both are listed', async () => {
      const listed = await listExports(rig.client);
      const ids = [foreign, one.handle.workflowId];
      return ids.every((id) => listed.some(({ workflowId }) => workflowId === id)) ? listed : undefined;
    });
    const reportOn = (id: string) => reports.find(({ workflowId }) => workflowId === id);
    expect(reportOn(foreign)).toMatchObject({ workflowStatus: 'RUNNING', unreadable: true });
    expect(reportOn(one.handle.workflowId)).toMatchObject({ memo: { jobId } });
    expect(reportOn(one.handle.workflowId)).not.toHaveProperty('unreadable');
    await one.handle.cancel();
  });

  it('F57 its own status says so, and a cancel reaches it', async () => {
    const workflowId = await startedBySomebodyElse('canceled');
    expect(await readExport(rig.client, workflowId)).toMatchObject({
      workflowStatus: 'RUNNING',
      unreadable: true,
      status: null,
      memo: {},
    });
    await cancelExport(rig.client, workflowId);
    const description = await rig.client.workflowService.describeWorkflowExecution({
      namespace: rig.server.namespace,
      execution: { workflowId },
    });
    expect(description.workflowExtendedInfo?.cancelRequested).toBe(true);
  });

  it('F57 a start after it says that it cannot know what was left', async () => {
    const workflowId = await startedBySomebodyElse('started-again');
    await rig.client.workflow.getHandle(workflowId).terminate('over');
    const one = new OneExport(rig, { bucketUrl: workflowId.replace('ims-export:', ''), options: ON_REQUEST });
    const { notes } = await startExport(rig.client, one.input, { taskQueue: rig.taskQueue });
    expect(notes).toEqual([expect.stringContaining('cannot be decoded here')]);
    expect((await readExport(rig.client, workflowId)).memo).not.toHaveProperty('earlier');
    await cancelExport(rig.client, workflowId);
  });

  it('F57 a dry run says that it cannot be read', async () => {
    const workflowId = await startedBySomebodyElse('dry-run');
    const one = new OneExport(rig, { bucketUrl: workflowId.replace('ims-export:', '') });
    const { taskQueue } = rig;
    expect(await errorCodeOf(dryRunExport(rig.client, one.input, { taskQueue }))).toBe('Unreadable');
  });

  it('F57 an attach finds its way', async () => {
    await startedBySomebodyElse('beside-an-attach');
    const begun = new OneExport(rig, { options: ON_REQUEST });
    const jobId = await begun.asleep();
    await begun.handle.terminate('the tracking is lost');
    const { imageId, bucketUrl } = begun;
    const input = { imageId, bucketUrl, fileFormat: 'qcow2' as const, attach: { jobId }, options: ON_REQUEST };
    const attached = await attachExport(rig.client, input, { taskQueue: rig.taskQueue });
    expect(attached).toMatchObject({ jobId, how: 'started' });
    await cancelExport(rig.client, attached.workflowId);
  });

  it('F57 Nexus finds it, and refuses to share what it cannot compare', async () => {
    const workflowId = await startedBySomebodyElse('found');
    const found = await findRun(rig.client, workflowId);
    if (found === undefined) throw new Error('it does not run');
    expect(found).toMatchObject({ state: 'running', workflowType: EXPORT_IMAGE_WORKFLOW, memo: {} });
    await expect(readRunningExport(rig.client, workflowId, found)).rejects.toMatchObject({ type: 'CONFLICT' });
  });

  it('F57 a batch whose liveness check meets it reads the others', async () => {
    const foreign = await startedBySomebodyElse('checked');
    const environment = new MockActivityEnvironment({}, { client: rig.client });
    const { imsLookAtExports } = createExportActivities({ accounts: new Map() });
    const one = new OneExport(rig, { options: ON_REQUEST });
    await one.asleep();
    const exports = [foreign, one.handle.workflowId].map((workflowId) => ({ workflowId, firstRunId: null }));
    expect(await environment.run(imsLookAtExports, { exports })).toMatchObject([
      { kind: 'running', imageId: null },
      { kind: 'running', imageId: one.imageId },
    ]);
    await one.handle.cancel();
  });
});

describe.concurrent('beside one field of a memo that cannot be decoded, while no worker answers', () => {
  /** A workflow that no worker takes, started by one who encrypts what says `lost` with another key. */
  async function startedUnread(workflowType: string, workflowId: string, input: object, memo: object) {
    const [own] = dataConverter.payloadCodecs ?? [];
    const [other] = dataConverterOf(OTHER_SECRET).payloadCodecs ?? [];
    const isLost = ({ data }: Payload) => Buffer.from(data ?? []).includes('lost');
    const both: PayloadCodec = {
      decode: async (payloads) => payloads,
      encode: async (payloads, context) =>
        (await Promise.all(payloads.map((one) => (isLost(one) ? other : own)?.encode([one], context) ?? []))).flat(),
    };
    const client = await connectClient(rig.server, { dataConverter: { ...dataConverter, payloadCodecs: [both] } });
    try {
      const options = { workflowId, taskQueue: 'nobody', args: [input], memo: { ...memo, odd: 'lost' } };
      return (await client.workflow.start(workflowType, options)).workflowId;
    } finally {
      await client.connection.close();
    }
  }

  it('F57 a start that joins it waits for a worker, which it says', async () => {
    const { input, bucketUrl } = new OneExport(rig, { options: ON_REQUEST });
    await startedUnread(EXPORT_IMAGE_WORKFLOW, exportWorkflowId(bucketUrl), input, {});
    const proxy = await startGrpcProxy(rig.server.address);
    const client = await connectClient({ ...rig.server, address: proxy.address }, { dataConverter });
    try {
      proxy.answer('ExecuteMultiOperation', DEADLINE_EXCEEDED);
      expect(await errorCodeOf(startExport(client, input, { taskQueue: 'nobody' }))).toBe('NoWorker');
    } finally {
      await client.connection.close();
      await proxy.close();
    }
  });

  it('F57 a batch of that name is joined once its memo says that it is planned', async () => {
    const input = { query: { tag: 'backup' }, to: 'ims-image:{imageId}' };
    const workflowId = exportBatchWorkflowId('half-read');
    await startedUnread(EXPORT_IMAGES_WORKFLOW, workflowId, input, { total: 7 });
    expect(await startBatch(rig.client, input, { name: 'half-read' })).toMatchObject({ workflowId, how: 'joined' });
    expect(await readBatch(rig.client, workflowId)).toMatchObject({ memo: { total: 7 }, unreadable: true });
  });

  it('F57 an answer to an ambiguous submit is followed on', async () => {
    const { input, bucketUrl } = new OneExport(rig);
    const workflowId = await startedUnread(EXPORT_IMAGE_WORKFLOW, exportWorkflowId(bucketUrl), input, {});
    const jobId = 'a'.repeat(32);
    // Longer than a worker has for its answer to the first reading.
    expect(await untilChecked(rig.client, workflowId, jobId, 2_500)).toMatchObject({ jobId, taken: null });
  });
});

/** Of gRPC. */
const DEADLINE_EXCEEDED = 4;

it('F57 a failure whose message is encoded is decoded, and said to be unreadable for whom it is not', async () => {
  const one = new OneExport(rig, { options: ON_REQUEST });
  rig.simulator.faults.add({
    service: 'ims',
    method: 'GET',
    path: '/v2/cloudimages',
    times: 1_000,
    action: { status: 503 },
  });
  try {
    await one.start();
    const { workflowId } = one.handle;
    const retrying = await eventually('the validation is tried again', async () => {
      const report = await readExport(rig.client, workflowId);
      return report.retrying ?? undefined;
    });
    expect(retrying.failure).toMatch(/^ListImages: .*503/);
    const plain = await connectClient(rig.server, {});
    try {
      const report = await readExport(plain, workflowId);
      expect(report).toMatchObject({ unreadable: true, retrying: { activity: 'imsValidateExport' } });
      expect(report.retrying?.failure).not.toBe('Encoded failure');
      const [listed] = (await listExports(plain)).filter((other) => other.workflowId === workflowId);
      expect(listed).toMatchObject({ workflowStatus: 'RUNNING' });
      expect(await errorCodeOf(startExport(plain, one.input, { taskQueue: rig.taskQueue }))).toBe('Unreadable');
    } finally {
      await plain.connection.close();
    }
  } finally {
    rig.simulator.faults.clear();
    await one.handle.cancel();
  }
});

it('F57 an attach reads no thousand memos', async () => {
  const begun = new OneExport(rig, { options: ON_REQUEST });
  const jobId = await begun.asleep();
  await begun.handle.terminate('the tracking is lost');
  let decoded = 0;
  const counting: DataConverter = {
    ...dataConverter,
    payloadCodecs: (dataConverter.payloadCodecs ?? []).map((codec) => ({
      encode: (payloads, context) => codec.encode(payloads, context),
      decode: (payloads, context) => {
        decoded += payloads.length;
        return codec.decode(payloads, context);
      },
    })),
  };
  await Promise.all(
    Array.from({ length: 150 }, (_, index) =>
      rig.client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
        workflowId: exportWorkflowId(`${rig.simulator.info.bucket}:many/${index}`),
        taskQueue: 'nobody',
        args: [{}],
        memo: { jobId: String(index).padStart(32, '0'), bucketUrl: 'x:y', imageId: 'z' },
      }),
    ),
  );
  const client = await connectClient(rig.server, { dataConverter: counting });
  try {
    const { imageId } = begun;
    const bucketUrl = `${begun.bucketUrl}.other`;
    const input = { imageId, bucketUrl, fileFormat: 'qcow2' as const, attach: { jobId }, options: ON_REQUEST };
    // The newest that have ended have it: those of others run.
    await expect(attachExport(client, input, { taskQueue: rig.taskQueue })).rejects.toMatchObject({
      code: 'InvalidExportRequest',
      message: expect.stringContaining(begun.bucketUrl),
    });
    expect(decoded).toBeLessThan(200);
  } finally {
    await client.connection.close();
  }
});
