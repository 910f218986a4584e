import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, ChildWorkflowFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  DEFAULT_TASK_QUEUE,
  type ExportFailure,
  type ExportImageInput,
  exportWorkflowId,
  type FailureDetails,
} from '../../src/contract';
import type { ExportChildOptions } from '../../src/workflows';
import { lookNow, type Rig, startRig, until, untilStatus } from '../rigs/rig';
import { bundleOnce } from '../rigs/temporal';

/** Polls that come only when they are asked for. */
const ON_REQUEST = { minInterval: '5m', maxInterval: '5m' };

let rig: Rig;
beforeAll(async () => {
  const workflowsPath = join(__dirname, '../rigs/fixtures/parents/index.ts');
  // Without a cache every workflow task replays its workflow from the beginning, the parents' own among them.
  rig = await startRig({ bundle: await bundleOnce({ workflowsPath }), worker: { maxCachedWorkflows: 0 } });
});
afterAll(() => rig.close());

type Parent = 'awaitExport' | 'leaveExport' | 'hurryExport' | 'tellFailure';

function startParent(type: Parent, input: ExportImageInput, options?: ExportChildOptions): Promise<WorkflowHandle> {
  const args = options === undefined ? [input] : [input, options];
  return rig.client.workflow.start(type, { workflowId: `${type}-${randomUUID()}`, taskQueue: rig.taskQueue, args });
}

async function told(input: ExportImageInput): Promise<{ failure: ExportFailure; canceled: boolean }> {
  return (await startParent('tellFailure', input)).result();
}

const childOf = ({ bucketUrl }: ExportImageInput) => rig.client.workflow.getHandle(exportWorkflowId(bucketUrl));

async function causeOf(ended: Promise<unknown>): Promise<unknown> {
  const error = await ended.catch((failed: unknown) => failed);
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause;
}

async function endOf(handle: WorkflowHandle): Promise<string> {
  await handle.result().catch(() => undefined);
  return (await handle.describe()).status.name;
}

/** An export of an image of its own, whose job runs until it is changed. */
function longExport(options: ExportImageInput['options'] = {}): ExportImageInput {
  const { id } = rig.simulator.addImage('linux');
  return { ...rig.input({ options: { ...ON_REQUEST, ...options } }), imageId: id };
}

/** The job of an export, once it was submitted. */
async function jobOf({ bucketUrl }: ExportImageInput): Promise<string> {
  const job = () => rig.simulator.jobs().find((one) => one.bucketUrl === bucketUrl);
  await until(`the export to ${bucketUrl} is submitted`, () => job() !== undefined);
  return job()?.jobId ?? '';
}

/** Ends the job of a {@link longExport}, and lets it be seen. */
async function endJob(input: ExportImageInput, status: 'SUCCESS' | 'FAIL'): Promise<void> {
  const reason = status === 'FAIL' ? { error_code: 'IMG.0061', fail_reason: 'disk unreadable' } : {};
  rig.simulator.changeJob(await jobOf(input), { status, ...reason });
  await untilStatus(rig.client, exportWorkflowId(input.bucketUrl), ({ jobId }) => jobId !== null);
  await lookNow(rig.client, exportWorkflowId(input.bucketUrl));
}

/** Runs an action while exports take as long as they like. */
async function whileJobsAreLong<T>(action: () => Promise<T>): Promise<T> {
  const { jobSeconds } = rig.simulator;
  rig.simulator.jobSeconds = 3600;
  try {
    return await action();
  } finally {
    rig.simulator.jobSeconds = jobSeconds;
  }
}

describe('a child export that succeeds', () => {
  it('gives its result to the parent, and describes itself in the Web UI', async () => {
    const input = rig.input({ options: { onCancel: 'drain' } });
    const parent = await startParent('hurryExport', input);
    expect(await parent.result()).toMatchObject({ verdict: 'succeeded', bucketUrl: input.bucketUrl, warnings: [] });
    const { memo, staticSummary, staticDetails, parentExecution } = await childOf(input).describe();
    expect(memo).toMatchObject({ outcome: 'succeeded' });
    expect(parentExecution?.workflowId).toBe(parent.workflowId);
    expect(await staticSummary()).toBe(`Export image ${input.imageId} → ${input.bucketUrl} (qcow2)`);
    expect(await staticDetails()).toContain('Request Cancellation follows the job to its end and deletes its object');
  });

  it('outlives a parent that ends first', async () => {
    const input = await whileJobsAreLong(async () => {
      const started = longExport();
      const parent = await startParent('leaveExport', started);
      expect(await parent.result()).toBe(exportWorkflowId(started.bucketUrl));
      await jobOf(started);
      return started;
    });
    expect((await childOf(input).describe()).status.name).toBe('RUNNING');
    await endJob(input, 'SUCCESS');
    expect(await childOf(input).result()).toMatchObject({ verdict: 'succeeded', submissions: 1 });
  });

  it('F51 is found when the parent runs again, as long as its object is there', async () => {
    const input = rig.input();
    const key = input.bucketUrl.slice(input.bucketUrl.indexOf(':') + 1);
    const parent = async () => (await startParent('awaitExport', input)).result();
    const result = await parent();
    expect(await parent()).toEqual(result);
    rig.simulator.deleteObject(key);
    const again = await parent();
    expect(again).toMatchObject({ verification: { state: 'verified' }, submissions: 1 });
    expect(again.jobId).not.toBe(result.jobId);
    rig.simulator.putObject(key, 'put there by somebody else');
    expect((await told(input)).failure).toMatchObject({ type: 'DestinationExists', details: { object: { size: 26 } } });
  });
});

describe('a child export that does not succeed', () => {
  it('reports code and reason of the cloud when the job fails', async () => {
    const input = await whileJobsAreLong(async () => {
      const started = longExport();
      const failing = told(started).then(({ failure, canceled }) => {
        expect(canceled).toBe(false);
        expect(failure).toMatchObject({
          type: 'ExportFailed',
          message: expect.stringContaining('IMG.0061: disk unreadable'),
          details: { code: 'IMG.0061', reason: 'disk unreadable', jobId: expect.any(String) },
        });
      });
      await endJob(started, 'FAIL');
      await failing;
      return started;
    });
    expect(await endOf(childOf(input))).toBe('FAILED');
  });

  it('reports the job that may still run when the outcome is unknown', async () => {
    const { failure } = await whileJobsAreLong(() => told(longExport({ deadline: '2s' })));
    expect(failure.type).toBe('ExportOutcomeUnknown');
    const details = failure.details as FailureDetails['ExportOutcomeUnknown'];
    expect(details).toMatchObject({ reason: 'deadline', remoteJob: 'running', jobId: expect.any(String) });
    expect(details.status).toMatchObject({ jobId: details.jobId, phase: 'exporting' });
  });

  it('fails a parent that catches nothing with its own failure, which no retry policy repeats', async () => {
    const parent = await startParent('awaitExport', rig.input({ image: 'iso' }));
    const cause = await causeOf(parent.result());
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect(cause).toMatchObject({
      type: 'ExportNotAllowed',
      nonRetryable: true,
      details: [expect.objectContaining({ rule: 'notIso' })],
    });
    await expectNoFailedTask(parent);
  });

  it.each<[string, object, string, ExportChildOptions?]>([
    ['a number for the destination', { bucketUrl: 7 }, 'bucketUrl'],
    ['a destination too long for Temporal', { bucketUrl: `ims-image:${'a'.repeat(1000)}` }, 'bucketUrl'],
    ['an image id too long for a summary', { imageId: 'x'.repeat(5000) }, 'imageId'],
    ['an invalid task queue', {}, 'taskQueue', { taskQueue: 'exports of today' }],
  ])(
    'with %s ends the parent as InvalidExportRequest and fails no workflow task',
    async (_, changes, field, options) => {
      const parent = await startParent('awaitExport', { ...rig.input(), ...changes } as ExportImageInput, options);
      expect(await causeOf(parent.result())).toMatchObject({
        type: 'InvalidExportRequest',
        details: [expect.objectContaining({ field })],
      });
      await expectNoFailedTask(parent);
    },
  );

  it('fails as DestinationBusy, names the workflow that already exports there, and submits nothing', async () => {
    await whileJobsAreLong(async () => {
      const running = longExport();
      await rig.startWorkflow(running);
      await jobOf(running);
      const { failure } = await told({ ...rig.input(), bucketUrl: running.bucketUrl } as ExportImageInput);
      expect(failure).toEqual({
        type: 'DestinationBusy',
        message: expect.stringContaining(`runs as ${exportWorkflowId(running.bucketUrl)}`),
        details: {
          imageId: rig.simulator.info.images.linux,
          bucketUrl: running.bucketUrl,
          running: null,
          workflowId: exportWorkflowId(running.bucketUrl),
        },
      });
      expect(rig.simulator.jobs().filter(({ bucketUrl }) => bucketUrl === running.bucketUrl)).toHaveLength(1);
      await endJob(running, 'SUCCESS');
      await childOf(running).result();
    });
  });

  it('has an unknown outcome when it is terminated', async () => {
    const failure = await whileJobsAreLong(async () => {
      const input = longExport();
      const telling = told(input);
      await jobOf(input);
      await childOf(input).terminate('a person pressed the button');
      return (await telling).failure;
    });
    expect(failure).toMatchObject({
      type: 'ExportOutcomeUnknown',
      message: expect.stringContaining('ims-export status ims-export:'),
      details: { reason: 'trackingEnded', remoteJob: 'unknown', status: null },
    });
  });
});

describe('with a child export, a cancel', () => {
  it('of the parent lets the export continue to its end', async () => {
    await whileJobsAreLong(async () => {
      const input = longExport();
      const parent = await startParent('awaitExport', input);
      await jobOf(input);
      await parent.cancel();
      expect(await causeOf(parent.result())).toBeInstanceOf(CancelledFailure);
      expect((await parent.describe()).status.name).toBe('CANCELLED');
      expect((await childOf(input).describe()).status.name).toBe('RUNNING');
      await endJob(input, 'SUCCESS');
      expect(await childOf(input).result()).toMatchObject({ verdict: 'succeeded' });
    });
  });

  it('of the parent cancels the export and waits for its drain with WAIT_CANCELLATION_COMPLETED', async () => {
    await whileJobsAreLong(async () => {
      const input = longExport({ onCancel: 'drain' });
      const parent = await startParent('awaitExport', input, { cancellationType: 'WAIT_CANCELLATION_COMPLETED' });
      await jobOf(input);
      await untilStatus(rig.client, exportWorkflowId(input.bucketUrl), ({ jobId }) => jobId !== null);
      await parent.cancel();
      await untilStatus(rig.client, exportWorkflowId(input.bucketUrl), ({ phase }) => phase === 'draining');
      expect((await parent.describe()).status.name).toBe('RUNNING');
      await endJob(input, 'SUCCESS');
      expect(await endOf(parent)).toBe('CANCELLED');
      const { status, memo } = await childOf(input).describe();
      expect(status.name).toBe('CANCELLED');
      expect(memo).toMatchObject({ object: 'discarded' });
    });
  });

  it('of the export alone is a cancellation for a parent that catches it, and fails a parent that does not', async () => {
    await whileJobsAreLong(async () => {
      const inputs = [longExport(), longExport()] as const;
      const telling = told(inputs[0]);
      const parent = await startParent('awaitExport', inputs[1]);
      for (const input of inputs) {
        await jobOf(input);
        await childOf(input).cancel();
      }
      expect(await telling).toEqual({ canceled: true });
      const cause = await causeOf(parent.result());
      expect(cause).toBeInstanceOf(ChildWorkflowFailure);
      expect((cause as ChildWorkflowFailure).cause).toBeInstanceOf(CancelledFailure);
      expect((await parent.describe()).status.name).toBe('FAILED');
      await expectNoFailedTask(parent);
    });
  });
});

it('a child export runs on the task queue of its parent or on the one that the parent names', async () => {
  for (const [options, taskQueue] of [
    [{}, rig.taskQueue],
    [{ taskQueue: DEFAULT_TASK_QUEUE }, DEFAULT_TASK_QUEUE],
  ] as const) {
    const parent = await startParent('leaveExport', rig.input(), options);
    const child = rig.client.workflow.getHandle(await parent.result());
    expect((await child.describe()).taskQueue).toBe(taskQueue);
    await child.terminate();
  }
});

async function expectNoFailedTask(parent: WorkflowHandle): Promise<void> {
  const { events } = await parent.fetchHistory();
  expect((events ?? []).filter(({ workflowTaskFailedEventAttributes: failed }) => failed)).toEqual([]);
}
