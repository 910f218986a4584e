import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountFromEnvironment } from '../../src/huaweicloud';
import { environmentOf } from '../../src/testing';
import { createExportWorker } from '../../src/worker';
import { type Rig, startRig } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';
import { connectWorker } from '../rigs/temporal';

const queues = {
  activityTaskQueue: `activities-${randomUUID().slice(0, 8)}`,
  submitTaskQueue: `submits-${randomUUID().slice(0, 8)}`,
};

describe('the activities of an export', () => {
  let rig: Rig;
  let stopWorkers: () => Promise<void>;

  beforeAll(async () => {
    // This worker could not run an activity of an export.
    rig = await startRig({ worker: { activities: {} } });
    const connection = await connectWorker(rig.server);
    const accounts = [accountFromEnvironment(environmentOf(rig.simulator.info))];
    const workers = await Promise.all(
      Object.values(queues).map((taskQueue) =>
        createExportWorker({
          connection,
          namespace: rig.server.namespace,
          taskQueue,
          accounts,
          activitiesOnly: true,
          worker: { maxTaskQueueActivitiesPerSecond: 50, ...ofRun() },
        }),
      ),
    );
    const running = workers.map(({ run }) => run());
    stopWorkers = async () => {
      for (const { worker } of workers) worker.shutdown();
      await Promise.all(running);
      await connection.close();
    };
  });
  afterAll(async () => {
    await stopWorkers();
    await rig.close();
  });

  it('run on the task queues that the options name, including the validation', async () => {
    const handle = await rig.startWorkflow(rig.input({ options: queues }));
    expect(await handle.result()).toMatchObject({ verdict: 'succeeded' });
    expect(await queuesByActivity(handle)).toEqual({
      imsValidateExport: queues.activityTaskQueue,
      imsSubmitExport: queues.submitTaskQueue,
      imsPollJob: queues.activityTaskQueue,
      imsVerifyObject: queues.activityTaskQueue,
    });
  });

  it('all run on one task queue when only that is named', async () => {
    const { activityTaskQueue } = queues;
    const handle = await rig.startWorkflow(rig.input({ image: 'dataDisk', options: { activityTaskQueue } }));
    await handle.result();
    expect(new Set(Object.values(await queuesByActivity(handle)))).toEqual(new Set([activityTaskQueue]));
  });
});

describe('an invalid task queue', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.close());

  it.each(['', 'x'.repeat(201), '/_sys/activities', 'two words', 7])(
    '%j is rejected before it is tried',
    async (name) => {
      const input = rig.input();
      const options = { ...input.options, activityTaskQueue: name };
      const handle = await rig.startWorkflow({ ...input, options });
      await expect(handle.result()).rejects.toMatchObject({
        cause: { type: 'InvalidExportRequest', details: [{ field: 'options.activityTaskQueue' }] },
      });
    },
  );
});

async function queuesByActivity(handle: Awaited<ReturnType<Rig['startWorkflow']>>) {
  const { events } = await handle.fetchHistory();
  const scheduled = (events ?? []).map((event) => event.activityTaskScheduledEventAttributes);
  return Object.fromEntries(scheduled.flatMap((it) => (it ? [[it.activityType?.name, it.taskQueue?.name]] : [])));
}
