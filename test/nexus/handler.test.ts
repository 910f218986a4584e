import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { WorkflowClientInterceptor, WorkflowHandle } from '@temporalio/client';
import { ServiceError } from '@temporalio/client';
import { DefaultLogger, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accountFromEnvironment, createExportWorker, exportNexusService } from '../../src';
import { followExport, readExport, startExport } from '../../src/client';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW, exportWorkflowId } from '../../src/contract';
import type { Meter } from '../../src/metrics';
import { environmentOf } from '../../src/testing';
import { countOpenExports } from '../../src/worker/open-exports';
import { itInLongForm } from '../rigs/long-form';
import { eventually } from '../rigs/one-export';
import { type InputChanges, type Rig, startRig, takeWorkflowId, untilStatus } from '../rigs/rig';
import { converterOfRun, ofRun } from '../rigs/strict-codec';
import { bundleOnce, connectWorker, WORKFLOWS_IN_THIS_THREAD } from '../rigs/temporal';
import { CALLERS, type CallingNamespace, createEndpoint, startCallers } from './calling-namespace';

/** More callers than this cannot wait for one export; Temporal's default is 2,000. */
const CALLER_LIMIT = 6;

/** What the handler asks Temporal goes through these, so that a test can act right before. */
let onStart: NonNullable<WorkflowClientInterceptor['startWithDetails']>;
let onCancel: NonNullable<WorkflowClientInterceptor['cancel']>;
const pass = () => {
  onStart = (input, next) => next(input);
  onCancel = (input, next) => next(input);
};
beforeAll(pass);
afterEach(pass);

let bundle: WorkflowBundle;
let rig: Rig;
let callers: CallingNamespace;
beforeAll(async () => {
  const replace = { './history-budget': join(__dirname, '../rigs/fixtures/tiny-history.ts') };
  bundle = await bundleOnce({ replace });
  rig = await startRig({
    server: {
      moreNamespaces: [CALLERS],
      dynamicConfig: { 'callback.maxPerExecution': CALLER_LIMIT, 'frontend.WorkflowPauseEnabled': true },
    },
    // Exports end when a test lets them end, and go on in new runs before.
    simulator: { jobSeconds: 3_600 },
    bundle,
    worker: {
      nexusServices: [exportNexusService()],
      interceptors: {
        client: {
          workflow: [
            {
              startWithDetails: (input, next) => onStart(input, next),
              cancel: (input, next) => onCancel(input, next),
            },
          ],
        },
      },
    },
  });
  callers = await startCallers(rig);
});
afterAll(async () => {
  await callers?.close();
  await rig?.close();
});

/** An input for an image of its own, since one image exports once at a time. */
function inputOfItsOwn(changes: InputChanges = {}) {
  return { ...rig.input(changes), imageId: rig.simulator.addImage('linux').id };
}

const jobsOf = (bucketUrl: string) => rig.simulator.jobs().filter((job) => job.bucketUrl === bucketUrl);
const postsFor = ({ imageId }: { imageId: string }) =>
  rig.simulator.requests().filter(({ method, path }) => method === 'POST' && path.includes(imageId)).length;
const submitted = async (bucketUrl: string) => {
  const { jobId } = await untilStatus(rig.client, exportWorkflowId(bucketUrl), (status) => status.jobId !== null);
  return String(jobId);
};
const letJobsEnd = () => rig.simulator.clock.advance(3_600_000);

/** Until the operation of a caller has begun: it has started the export, or joined it. */
async function waiting(...handles: WorkflowHandle[]): Promise<void> {
  for (const handle of handles) {
    await eventually('the caller waits for the export', async () => {
      const { raw } = await handle.describe();
      return raw.pendingNexusOperations?.[0]?.operationToken ? true : undefined;
    });
  }
}

describe('Nexus callers in another namespace', () => {
  it('share one export of the same image, format and destination, and each gets its result', async () => {
    const input = inputOfItsOwn();
    const calls = await Promise.all([
      callers.call(input),
      callers.call(input),
      callers.call({ ...input, account: null }),
    ]);
    await waiting(...calls);
    const jobId = await submitted(input.bucketUrl);
    letJobsEnd();
    const ends = await Promise.all(calls.map((call) => call.result()));
    for (const end of ends) {
      expect(end).toMatchObject({ kind: 'succeeded', result: { jobId, object: { format: 'qcow2' }, submissions: 1 } });
    }
    expect(jobsOf(input.bucketUrl)).toHaveLength(1);
    expect(postsFor(input)).toBe(1);
  });

  it('join an export that a client started, and a client joins theirs', async () => {
    const input = inputOfItsOwn();
    const { jobId, result } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    const call = await callers.call(input);
    await waiting(call);
    expect(await startExport(rig.client, input)).toMatchObject({ how: 'joined', jobId });
    letJobsEnd();
    expect(await call.result()).toEqual({ kind: 'succeeded', result: await result() });
    expect(postsFor(input)).toBe(1);
  });

  itInLongForm('join an export whose workflow is paused in Temporal', async () => {
    const input = inputOfItsOwn();
    const { workflowId, runId, jobId } = await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    const { workflowService } = rig.client;
    const run = { namespace: rig.server.namespace, workflowId, runId, requestId: randomUUID() };
    await workflowService.pauseWorkflowExecution(run);
    const call = await callers.call(input);
    await waiting(call);
    const seen = [];
    for await (const { workflowStatus } of followExport(rig.client, workflowId, 50)) {
      if (seen.push(workflowStatus) === 2) break;
    }
    expect(seen).toEqual(['PAUSED', 'PAUSED']);
    const further = startExport(rig.client, input);
    await workflowService.unpauseWorkflowExecution({ ...run, requestId: randomUUID() });
    expect(await further).toMatchObject({ how: 'joined', jobId, notes: [] });
    letJobsEnd();
    expect(await call.result()).toMatchObject({ kind: 'succeeded', result: { jobId } });
  });

  it('leave a history that replays', async () => {
    const input = inputOfItsOwn();
    const calls = await Promise.all([callers.call(input), callers.call(input)]);
    await waiting(...calls);
    await submitted(input.bucketUrl);
    letJobsEnd();
    await Promise.all(calls.map((call) => call.result()));
    const workflowId = exportWorkflowId(input.bucketUrl);
    const history = await rig.client.workflow.getHandle(workflowId).fetchHistory();
    expect(history.events?.some((event) => event.workflowExecutionOptionsUpdatedEventAttributes)).toBe(true);
    const options = { workflowBundle: bundle, ...ofRun(), ...WORKFLOWS_IN_THIS_THREAD };
    await Worker.runReplayHistory(options, history, workflowId);
  });

  itInLongForm('get their results after their worker is restarted', async () => {
    const input = inputOfItsOwn();
    const calls = await Promise.all([callers.call(input), callers.call(input)]);
    await waiting(...calls);
    await callers.withoutWorker(async () => {
      await submitted(input.bucketUrl);
      letJobsEnd();
      await rig.client.workflow.getHandle(exportWorkflowId(input.bucketUrl)).result();
    });
    for (const call of calls) expect(await call.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(1);
  });

  it('all get the failure of the job with type and details, and can export again', async () => {
    const input = inputOfItsOwn();
    const calls = await Promise.all([callers.call(input), callers.call(input)]);
    await waiting(...calls);
    const jobId = await submitted(input.bucketUrl);
    rig.simulator.changeJob(jobId, { status: 'FAIL', error_code: 'IMG.0061', fail_reason: 'no space left' });
    for (const call of calls) {
      expect(await call.result()).toMatchObject({
        kind: 'failed',
        type: 'ExportFailed',
        message: expect.stringContaining('IMG.0061'),
        details: { jobId, code: 'IMG.0061', reason: 'no space left' },
        chain: ['NexusOperationFailure', 'ApplicationFailure ExportFailed'],
      });
    }
    const again = await callers.call(input);
    await waiting(again);
    await submitted(input.bucketUrl);
    letJobsEnd();
    expect(await again.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(2);
  });

  itInLongForm('keep waiting when the export continues in a new run, and can join and cancel that run', async () => {
    const input = inputOfItsOwn();
    const workflowId = exportWorkflowId(input.bucketUrl);
    const early = await callers.call(input);
    await waiting(early);
    const { runId: firstRunId, startedAt } = await readExport(rig.client, workflowId);
    await eventually('it goes on in a new run', async () => {
      await rig.client.workflow.getHandle(workflowId).signal('pollNow');
      return (await readExport(rig.client, workflowId)).runId === firstRunId ? undefined : true;
    });
    const late = await callers.call({ ...input, cancelExport: true });
    await waiting(late);
    const other = await callers.call({ ...input, fileFormat: 'vhd' });
    expect(await other.result()).toMatchObject({ type: 'DestinationBusy', details: { running: { startedAt } } });
    await late.cancel();
    expect(await Promise.all([early.result(), late.result()])).toEqual([{ kind: 'canceled' }, { kind: 'canceled' }]);
    expect(await readExport(rig.client, workflowId)).toMatchObject({ workflowStatus: 'CANCELLED' });
    expect(postsFor(input)).toBe(1);
  });

  it('get an error for invalid input before anything starts', async () => {
    const { bucketUrl, ...input } = inputOfItsOwn();
    const before = rig.simulator.requests().length;
    const seen = async (wrong: unknown) => (await callers.call(wrong)).result();
    expect(await seen({ ...input, bucketUrl, imageId: 7, cancelExport: null })).toMatchObject({
      kind: 'failed',
      type: 'InvalidExportRequest',
      message: expect.stringContaining('imageId is 7; expected the ID of a private image, a UUID'),
      details: { field: 'imageId', value: '7' },
      chain: ['NexusOperationFailure', 'ApplicationFailure OperationError', 'ApplicationFailure InvalidExportRequest'],
    });
    expect(await seen({ ...input, bucketUrl, cancelExport: 'yes' })).toMatchObject({
      type: 'InvalidExportRequest',
      details: { field: 'cancelExport', value: '"yes"', expected: 'true or false' },
    });
    expect(await seen({ ...input, bucketUrl, notify: { workflowId: 'of-the-namespace-of-exports' } })).toMatchObject({
      type: 'InvalidExportRequest',
      details: { field: 'notify', expected: expect.stringContaining('the caller of the operation gets its result') },
    });
    expect(await seen({ ...input, bucketUrl, cancelsExport: true })).toMatchObject({
      details: { field: 'cancelsExport', expected: expect.stringContaining('no key of this name') },
    });
    // Temporal would refuse such an id each time that Nexus tries again.
    for (const key of ['k'.repeat(1_000), '\ud800']) {
      expect(await seen({ ...input, bucketUrl: `ims-image:${key}` })).toMatchObject({
        type: 'InvalidExportRequest',
        details: { field: 'bucketUrl', expected: expect.stringMatching(/well-formed text|visible characters/) },
      });
    }
    for (const nothing of [null, 'text', 7, []]) {
      expect(await seen(nothing)).toMatchObject({ type: 'InvalidExportRequest' });
    }
    expect(rig.simulator.requests()).toHaveLength(before);
    await expect(readExport(rig.client, exportWorkflowId(bucketUrl))).rejects.toMatchObject({ code: 'NoSuchExport' });
  });
});

describe('a Nexus call for another image or format at a destination', () => {
  it('is rejected as DestinationBusy, and the running export is not affected', async () => {
    const input = inputOfItsOwn();
    const { bucketUrl, imageId } = input;
    const first = await callers.call(input);
    await waiting(first);
    const others = [
      { ...inputOfItsOwn(), bucketUrl },
      { ...input, fileFormat: 'vhd' },
      { ...input, fileFormat: undefined, isQuickExport: true },
      { ...input, attach: { jobId: 'another-job' } },
    ];
    for (const other of others) {
      expect(await (await callers.call(other)).result()).toMatchObject({
        kind: 'failed',
        type: 'DestinationBusy',
        message: expect.stringContaining(`already the destination of image ${imageId} (qcow2, since 20`),
        details: { imageId: other.imageId, bucketUrl, running: { imageId, fileFormat: 'qcow2', isQuickExport: false } },
      });
    }
    await submitted(bucketUrl);
    letJobsEnd();
    expect(await first.result()).toMatchObject({ kind: 'succeeded' });
    const { events } = await rig.client.workflow.getHandle(exportWorkflowId(bucketUrl)).fetchHistory();
    // An event of a caller that joined, or of a message to the workflow.
    const touched = events?.filter(
      (event) =>
        event.workflowExecutionOptionsUpdatedEventAttributes ??
        event.workflowExecutionUpdateAcceptedEventAttributes ??
        event.workflowExecutionSignaledEventAttributes,
    );
    expect(touched).toEqual([]);
    expect(jobsOf(bucketUrl)).toHaveLength(1);
  });

  it('is rejected as DestinationBusy when another workflow type has the workflow id', async () => {
    const input = inputOfItsOwn();
    await takeWorkflowId(rig, input.bucketUrl);
    expect(await (await callers.call(input)).result()).toMatchObject({
      kind: 'failed',
      type: 'DestinationBusy',
      message: expect.stringContaining(`of type ${EXPORT_IMAGES_WORKFLOW}, which is not an export`),
      details: { running: null, workflowId: exportWorkflowId(input.bucketUrl) },
    });
    expect(postsFor(input)).toBe(0);
  });

  it('loses the race, whichever call is first', async () => {
    const races = Array.from({ length: 2 }, () => {
      const one = inputOfItsOwn();
      return [one, { ...inputOfItsOwn(), bucketUrl: one.bucketUrl }] as const;
    });
    const calls = await Promise.all(
      races.map((inputs) => Promise.all([...inputs, ...inputs].map((input) => callers.call(input)))),
    );
    const ends = await Promise.all(
      races.map(async ([{ bucketUrl }], race) => {
        await submitted(bucketUrl);
        const [winner] = jobsOf(bucketUrl);
        const won = races[race]?.findIndex(({ imageId }) => imageId === winner?.imageId) ?? -1;
        const [winners, losers] = [0, 1].map((side) =>
          (calls[race] ?? []).filter((_, at) => (at % 2 === won) === (side === 0)),
        );
        await waiting(...(winners ?? []));
        return { winner, winners, losers };
      }),
    );
    letJobsEnd();
    for (const { winner, winners, losers } of ends) {
      for (const call of winners ?? []) {
        expect(await call.result()).toMatchObject({ kind: 'succeeded', result: { imageId: winner?.imageId } });
      }
      for (const call of losers ?? []) {
        expect(await call.result()).toMatchObject({
          kind: 'failed',
          type: 'DestinationBusy',
          details: { running: { imageId: winner?.imageId } },
        });
      }
    }
    for (const [one, other] of races) {
      expect(jobsOf(one.bucketUrl)).toHaveLength(1);
      expect(postsFor(one) + postsFor(other)).toBe(1);
    }
  });

  itInLongForm('is rejected when it replaces the same export at the last moment', async () => {
    const input = inputOfItsOwn();
    const { bucketUrl } = input;
    const other = { ...inputOfItsOwn(), bucketUrl };
    const workflowId = exportWorkflowId(bucketUrl);
    await startExport(rig.client, input, { taskQueue: rig.taskQueue });
    let replaced = 0;
    onStart = async (start, next) => {
      if (start.options.workflowIdConflictPolicy === 'USE_EXISTING' && replaced === 0) {
        replaced += 1;
        await rig.client.workflow.getHandle(workflowId).terminate();
        await rig.startWorkflow(other);
      }
      return next(start);
    };
    expect(await (await callers.call(input)).result()).toMatchObject({
      type: 'DestinationBusy',
      details: { running: { imageId: other.imageId } },
    });
    expect(replaced).toBe(1);
    await submitted(bucketUrl);
    letJobsEnd();
    const result = await rig.client.workflow.getHandle(workflowId).result();
    expect(result).toMatchObject({ imageId: other.imageId });
  });

  it('F51 is rejected as DestinationExists after a success, while the same call gets that result as long as its object is there', async () => {
    const input = inputOfItsOwn();
    const { bucketUrl, imageId } = input;
    const first = await callers.call(input);
    await submitted(bucketUrl);
    letJobsEnd();
    const end = await first.result();
    expect(end).toMatchObject({ kind: 'succeeded', result: { imageId } });
    expect(await (await callers.call(input)).result()).toEqual(end);
    for (const other of [
      { ...inputOfItsOwn(), bucketUrl },
      { ...input, fileFormat: 'vmdk' },
    ]) {
      expect(await (await callers.call(other)).result()).toMatchObject({
        kind: 'failed',
        type: 'DestinationExists',
        message: expect.stringContaining(`already holds image ${imageId}`),
        details: { imageId: other.imageId, bucketUrl, object: { size: 262_144 } },
      });
    }
    expect(postsFor(input)).toBe(1);
    rig.simulator.deleteObject(bucketUrl.slice(bucketUrl.indexOf(':') + 1));
    const again = await callers.call(input);
    await eventually('it is exported again', async () => (postsFor(input) === 2 ? true : undefined));
    await submitted(bucketUrl);
    letJobsEnd();
    expect(await again.result()).toMatchObject({ kind: 'succeeded', result: { verification: { state: 'verified' } } });
  });
});

describe('the cancel of a Nexus caller', () => {
  it('ends the operation of this caller alone and leaves the export running; only with WAIT_CANCELLATION_COMPLETED the operation waits for the end of the export', async () => {
    const input = inputOfItsOwn();
    const leaving = await Promise.all(
      (['WAIT_CANCELLATION_REQUESTED', 'TRY_CANCEL', 'ABANDON'] as const).map((cancellationType) =>
        callers.call(input, { cancellationType }),
      ),
    );
    const [lingering, staying] = await Promise.all([callers.call(input), callers.call(input)]);
    // Temporal asks the handler to cancel nothing when the time of a caller is over, whatever its input said.
    const hasty = await callers.call({ ...input, cancelExport: true }, { scheduleToCloseTimeout: '3s' });
    await waiting(...leaving, lingering, staying);
    await submitted(input.bucketUrl);
    await Promise.all([...leaving, lingering].map((call) => call.cancel()));
    for (const call of leaving) expect(await call.result()).toEqual({ kind: 'canceled' });
    await eventually('the handler was told of the last one, too', async () => {
      const { events } = await lingering.fetchHistory();
      return events?.some((event) => event.nexusOperationCancelRequestCompletedEventAttributes) || undefined;
    });
    expect((await lingering.describe()).status.name).toBe('RUNNING');
    await expect(hasty.result()).rejects.toMatchObject({ cause: { cause: { name: 'TimeoutFailure' } } });
    letJobsEnd();
    for (const call of [lingering, staying]) expect(await call.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(1);
  });

  it('cancels the export for all callers with cancelExport', async () => {
    const input = inputOfItsOwn();
    const [staying, leaving] = [await callers.call(input), await callers.call({ ...input, cancelExport: true })];
    await waiting(staying, leaving);
    const jobId = await submitted(input.bucketUrl);
    await leaving.cancel();
    expect(await Promise.all([staying.result(), leaving.result()])).toEqual([
      { kind: 'canceled' },
      { kind: 'canceled' },
    ]);
    const { workflowStatus, memo } = await readExport(rig.client, exportWorkflowId(input.bucketUrl));
    expect(workflowStatus).toBe('CANCELLED');
    expect(memo).toMatchObject({ jobId, outcome: 'canceled', remoteJob: 'running' });
  });

  itInLongForm('drains the export with onCancel drain, and meanwhile rejects other callers', async () => {
    const input = { ...inputOfItsOwn({ options: { onCancel: 'drain' } }), cancelExport: true };
    const { bucketUrl } = input;
    const call = await callers.call(input);
    await waiting(call);
    await submitted(bucketUrl);
    await call.cancel();
    await untilStatus(rig.client, exportWorkflowId(bucketUrl), ({ phase }) => phase === 'draining');
    expect(await (await callers.call(input)).result()).toMatchObject({
      type: 'DestinationBusy',
      message: expect.stringContaining('is being canceled. Start it again when that has ended.'),
    });
    letJobsEnd();
    expect(await call.result()).toEqual({ kind: 'canceled' });
    const { memo } = await readExport(rig.client, exportWorkflowId(bucketUrl));
    expect(memo).toMatchObject({ remoteJob: 'ended', object: 'discarded' });
  });

  itInLongForm('never ends a later export to the same destination', async () => {
    const input = inputOfItsOwn();
    const { bucketUrl } = input;
    const workflowId = exportWorkflowId(bucketUrl);
    const call = await callers.call({ ...input, cancelExport: true });
    await waiting(call);
    const later = { ...inputOfItsOwn(), bucketUrl };
    const canceled = new Promise<string>((tell) => {
      onCancel = async (cancel, next) => {
        await rig.client.workflow.getHandle(workflowId).terminate();
        await rig.startWorkflow(later);
        const answer = next(cancel);
        answer.then(
          () => tell('taken'),
          (error: Error) => tell(error.name),
        );
        return answer;
      };
    });
    await call.cancel();
    expect(await canceled).toBe('WorkflowNotFoundError');
    await expect(call.result()).rejects.toMatchObject({ cause: { cause: { name: 'TerminatedFailure' } } });
    await submitted(bucketUrl);
    letJobsEnd();
    expect(await rig.client.workflow.getHandle(workflowId).result()).toMatchObject({ imageId: later.imageId });
  });
});

describe('the Nexus handler', () => {
  it('starts one export when Temporal does not answer its start and it tries again', async () => {
    const input = inputOfItsOwn();
    const unavailable = () =>
      new ServiceError('secret of the server', { cause: Object.assign(new Error('secret'), { code: 14 }) });
    let starts = 0;
    onStart = async (start, next) => {
      starts += 1;
      if (starts === 1) throw unavailable();
      const answer = await next(start);
      if (starts === 2) throw unavailable();
      return answer;
    };
    const call = await callers.call(input);
    const told = await eventually('the first try has failed', async () => {
      const { raw } = await call.describe();
      return raw.pendingNexusOperations?.[0]?.lastAttemptFailure ?? undefined;
    });
    // The SDK tells nobody how it is decoded.
    if (converterOfRun === undefined) expect(JSON.stringify(told)).toMatch(/did not answer in time/);
    expect(JSON.stringify(told)).not.toMatch(/secret/);
    await waiting(call);
    expect(starts).toBe(3);
    await submitted(input.bucketUrl);
    letJobsEnd();
    expect(await call.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(1);
  });

  itInLongForm('lets a caller above the limit retry and get the result at the end', async () => {
    const input = inputOfItsOwn();
    const calls = await Promise.all(Array.from({ length: CALLER_LIMIT }, () => callers.call(input)));
    await waiting(...calls);
    const late = await callers.call(input);
    const told = await eventually('it was turned away', async () => {
      const { raw } = await late.describe();
      return raw.pendingNexusOperations?.[0]?.lastAttemptFailure ?? undefined;
    });
    expect(told.message).toMatch(/lets no more callers wait for ims-export:/);
    await submitted(input.bucketUrl);
    letJobsEnd();
    expect(await late.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(1);
  });
});

it('an export whose workflow is paused in Temporal is counted as open', async () => {
  const taskQueue = 'of-nobody';
  const options = { taskQueue, workflowId: randomUUID(), args: [inputOfItsOwn()] };
  const handle = await rig.client.workflow.start(EXPORT_IMAGE_WORKFLOW, options);
  const { workflowId } = options;
  await rig.client.workflowService.pauseWorkflowExecution({
    namespace: rig.server.namespace,
    workflowId,
    requestId: randomUUID(),
  });
  await eventually('Temporal lists it as paused', async () => {
    const { count } = await rig.client.workflow.count(`TaskQueue = "${taskQueue}" AND ExecutionStatus = "Paused"`);
    return count === 1 ? true : undefined;
  });
  const counted = await new Promise((tell) => {
    const createGauge = (name: string) => ({ set: (value: number) => name === 'ims_export_open' && tell(value) });
    const meter = { createGauge } as unknown as Meter;
    countOpenExports({ client: rig.client, taskQueue, meter, logger: new DefaultLogger('WARN') }).stop();
  });
  expect(counted).toBe(1);
  await handle.terminate();
});

it('a worker of createExportWorker serves the Nexus operation', async () => {
  const connection = await connectWorker(rig.server);
  const taskQueue = 'of-the-ready-worker';
  const { worker } = await createExportWorker({
    connection,
    namespace: rig.server.namespace,
    taskQueue,
    accounts: [accountFromEnvironment(environmentOf(rig.simulator.info))],
    worker: { workflowBundle: await bundleOnce(), ...ofRun(), ...WORKFLOWS_IN_THIS_THREAD },
  });
  await worker.runUntil(async () => {
    const endpoint = await createEndpoint(rig, taskQueue);
    const input = inputOfItsOwn();
    const call = await callers.call(input, {}, endpoint);
    await waiting(call);
    await submitted(input.bucketUrl);
    letJobsEnd();
    expect(await call.result()).toMatchObject({ kind: 'succeeded' });
    expect(postsFor(input)).toBe(1);
  });
  await connection.close();
});
