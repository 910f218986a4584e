import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startExport } from '../../src/client';
import { EXPORT_IMAGES_WORKFLOW, exportWorkflowId } from '../../src/contract';
import { errorCodeOf, type Rig, startRig, takeWorkflowId, untilStatus } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';

const JOB_SECONDS = 3;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { jobSeconds: JOB_SECONDS } });
});
afterAll(() => rig.close());

const start = (input: ReturnType<Rig['input']>) => startExport(rig.client, input, { taskQueue: rig.taskQueue });

it('finds the job of its export when the server takes its update back, since a worker was killed in its task', async () => {
  const { connection, options } = rig.client;
  // As the server answers then: FAILED_PRECONDITION, though the export was started.
  const takenBack = Object.assign(new Error('9 FAILED_PRECONDITION: Unable to perform workflow execution update'), {
    ...{ code: 9, details: '', metadata: {} },
  });
  const client = new Client({
    ...{ connection, namespace: options.namespace, ...ofRun() },
    interceptors: {
      workflow: [
        {
          async startUpdateWithStart(call, next) {
            await next(call);
            throw takenBack;
          },
        },
      ],
    },
  });
  const input = { ...rig.input(), imageId: rig.simulator.addImage('linux').id };
  const started = await startExport(client, input, { taskQueue: rig.taskQueue });
  const jobs = rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl);
  expect(jobs.map(({ jobId }) => jobId)).toEqual([started.jobId]);
  expect(started.how).toBe('started');
});

describe('starting an export to the same destination again', () => {
  it('joins the running export when image and format are the same', async () => {
    const input = rig.input();
    const first = await start(input);
    const second = await start(input);
    expect(first.how).toBe('started');
    expect(second).toMatchObject({ how: 'joined', jobId: first.jobId, workflowId: first.workflowId });
    expect(await second.result()).toEqual(await first.result());
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });

  it('makes one export of many simultaneous starts', async () => {
    const input = rig.input({ image: 'dataDisk' });
    const started = await Promise.all(Array.from({ length: 8 }, () => start(input)));
    expect(new Set(started.map(({ jobId }) => jobId)).size).toBe(1);
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });

  it('is rejected as DestinationBusy for another image or format, and names what runs', async () => {
    const input = rig.input({ image: 'encrypted' });
    await start(input);
    const { bucketUrl } = input;
    const otherFormat = start(rig.input({ image: 'encrypted', bucketUrl, fileFormat: 'vhd' }));
    await expect(otherFormat).rejects.toMatchObject({
      code: 'DestinationBusy',
      message: expect.stringContaining(input.imageId),
      details: { running: { imageId: input.imageId, fileFormat: 'qcow2' } },
    });
    expect(await errorCodeOf(start(rig.input({ image: 'linux', bucketUrl })))).toBe('DestinationBusy');
    expect(await errorCodeOf(start(rig.input({ image: 'encrypted', bucketUrl, isQuickExport: true })))).toBe(
      'DestinationBusy',
    );
  });

  it('returns the earlier result after a success, and DestinationExists for another image or format', async () => {
    const input = rig.input({ image: 'windowsFromFile' });
    const first = await (await start(input)).result();
    const again = await start(input);
    expect(again).toMatchObject({ how: 'alreadySucceeded', jobId: first.jobId });
    expect(await again.result()).toEqual(first);
    const { bucketUrl } = input;
    expect(await errorCodeOf(start(rig.input({ image: 'windowsFromFile', bucketUrl, fileFormat: 'vmdk' })))).toBe(
      'DestinationExists',
    );
    expect(await errorCodeOf(start(rig.input({ image: 'linux', bucketUrl })))).toBe('DestinationExists');
  });

  it('is rejected as DestinationBusy without a POST when another workflow type has the workflow id', async () => {
    const input = rig.input();
    const workflowId = exportWorkflowId(input.bucketUrl);
    await takeWorkflowId(rig, input.bucketUrl);
    await expect(start(input)).rejects.toMatchObject({
      code: 'DestinationBusy',
      message: expect.stringContaining(`${workflowId} was taken by a workflow of type ${EXPORT_IMAGES_WORKFLOW}`),
      details: { imageId: input.imageId, bucketUrl: input.bucketUrl, running: null, workflowId },
    });
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toEqual([]);
  });

  it('works after a rejected first start', async () => {
    const { bucketUrl } = rig.input();
    expect(await errorCodeOf(start(rig.input({ image: 'iso', bucketUrl })))).toBe('ExportNotAllowed');
    expect((await start(rig.input({ image: 'exactly128GiB', bucketUrl }))).how).toBe('started');
  });

  it('never exports twice after a cancel, and says what the earlier run left in the cloud', async () => {
    const input = rig.input({ image: 'large', isQuickExport: true, options: { whenImageBusy: 'fail' } });
    rig.simulator.jobSeconds = 600;
    const { workflowId, jobId } = await start(input);
    rig.simulator.jobSeconds = JOB_SECONDS;
    await rig.client.workflow.getHandle(workflowId).cancel();
    await untilStatus(rig.client, workflowId, ({ outcome }) => outcome === 'canceled');
    await expect(start(input)).rejects.toMatchObject({
      code: 'SubmitRejected',
      message: expect.stringMatching(new RegExp(`IMG\\.0148.*ended as canceled\\. In the cloud, job ${jobId} may`)),
    });
    rig.simulator.clock.advance(610_000);
    expect(await errorCodeOf(start(input))).toBe('DestinationExists');
    expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === input.bucketUrl)).toHaveLength(1);
  });
});

describe('a caller that waits for an export', () => {
  const throttled = { error: { code: 'IMG.0060', message: 'The number of tasks exceeds the flow control limit.' } };
  const throttleTheSubmit = () =>
    rig.simulator.faults.add({
      service: 'ims',
      method: 'POST',
      path: '*/file',
      action: { status: 400, body: throttled },
    });

  it("gets the job even above Temporal's limit of waiting updates", async () => {
    throttleTheSubmit();
    const input = rig.input({ image: 'dataDisk' });
    const { bucketUrl } = input;
    const starts = Promise.all(Array.from({ length: 14 }, () => start(input)));
    await untilStatus(rig.client, exportWorkflowId(bucketUrl), ({ phase }) => phase === 'waitingToSubmit');
    // The callers beyond the tenth are refused by Temporal until they look for themselves.
    const other = start(rig.input({ image: 'linux', bucketUrl }));
    expect(await errorCodeOf(other)).toBe('DestinationBusy');
    await rig.client.workflow.getHandle(exportWorkflowId(bucketUrl)).signal('pollNow');
    const jobs = new Set((await starts).map(({ jobId }) => jobId));
    expect([...jobs]).toEqual([rig.simulator.jobs().find((job) => job.bucketUrl === bucketUrl)?.jobId]);
  }, 60_000);

  it('gets an error when the workflow is terminated meanwhile', async () => {
    throttleTheSubmit();
    const input = rig.input({ image: 'exactly128GiB' });
    const started = errorCodeOf(start(input));
    const workflowId = exportWorkflowId(input.bucketUrl);
    await untilStatus(rig.client, workflowId, ({ phase }) => phase === 'waitingToSubmit');
    await rig.client.workflow.getHandle(workflowId).terminate('somebody pressed the button');
    expect(await started).toBe('Terminated');
  });

  it('gets the result of its own run, not of a later one', async () => {
    const first = await start(rig.input({ image: 'huge', isQuickExport: true }));
    const result = errorCodeOf(first.result());
    await rig.client.workflow.getHandle(first.workflowId).cancel();
    expect(await result).toBe('Canceled');
    const bucketUrl = first.workflowId.replace('ims-export:', '');
    const second = await start(rig.input({ image: 'linux', bucketUrl }));
    expect(await errorCodeOf(first.result())).toBe('Canceled');
    expect(second.notes).toEqual([expect.stringContaining(String(first.jobId))]);
  });

  it('joins an export on another task queue', async () => {
    const input = rig.input({ image: 'windowsFromFile' });
    const { jobId } = await start(input);
    const joined = await startExport(rig.client, input, { taskQueue: 'nobody-is-here' });
    expect(joined).toMatchObject({ how: 'joined', jobId });
  });
});
