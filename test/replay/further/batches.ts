import type { WorkflowHandle } from '@temporalio/client';
import { exportWorkflowId } from '../../../src/contract';
import { untilBatch } from '../../rigs/batch-rig';
import { keyToLose } from '../../rigs/lost-key';
import { FIRST_TASK, type Rig, untilStatus } from '../../rigs/rig';
import { begin, closed, imagesOf } from '../endings/batches';
import { type Ending, UNDER_WAY } from '../endings/ways';
import { CHECKED_OFTEN } from '../fixtures/liveness-limits-by-id';
import { reset } from './resets';
import { refused, runIdOf, sendRounds, untilNextRun } from './ways';

const KEY = keyToLose();

/** The same for batches, of three images, one at a time. */
export const BATCHES: readonly Ending[] = [
  {
    name: 'batch-steered',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const batch = await beginThree(rig);
      await sendRounds(rig, batch.workflowId, ROUND, { oneByOne: 4, atOnce: 4, withoutWorker: 8 });
      return await closedAfterItsJobs(rig, batch);
    },
  },
  {
    name: 'batch-reset-before-planned',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const batch = await beginThree(rig);
      await reset(rig, batch.workflowId, FIRST_TASK);
      await untilBatch(batch, ({ running }) => running === 1);
      return await closedAfterItsJobs(rig, batch);
    },
  },
  {
    name: 'batch-reset-attaching',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      const batch = await begin(rig, { images: imagesOf(rig, 'linux') });
      const { exports } = await untilBatch(batch, ({ running }) => running === 1);
      const workflowId = exportWorkflowId(exports[0]?.bucketUrl ?? '');
      await untilStatus(rig.client, workflowId, ({ jobId }) => jobId !== null);
      await rig.client.workflow.getHandle(workflowId).terminate();
      await closed(batch);
      await reset(rig, batch.workflowId, FIRST_TASK);
      await untilBatch(rig.client.workflow.getHandle(batch.workflowId), ({ running }) => running === 1);
      rig.simulator.clock.advance(600_000);
      return await closed(rig.client.workflow.getHandle(batch.workflowId));
    },
  },
  {
    // Four checks find that its export has ended, and cannot decode how.
    name: 'batch-reset-unreadable',
    closes: 'completed',
    rig: { worker: { dataConverter: { payloadCodecs: [KEY.codec] } } },
    async run(rig) {
      const { workflowId } = await begin(rig, { images: imagesOf(rig, 'linux') }, CHECKED_OFTEN);
      const batch = rig.client.workflow.getHandle(workflowId);
      await closed(batch);
      return await KEY.without(async () => {
        await reset(rig, workflowId, FIRST_TASK);
        return await closed(batch);
      });
    },
  },
  {
    name: 'batch-paused-and-continued-as-new',
    closes: 'completed',
    rig: { ...UNDER_WAY, server: { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } } },
    async run(rig) {
      const batch = await beginThree(rig);
      await batch.signal('pauseStarting');
      await untilNextRun(rig, batch.workflowId, await runIdOf(rig, batch.workflowId), () =>
        batch.executeUpdate('retuneBatch', { args: [{ maxConcurrent: 2 }] }),
      );
      await untilBatch(batch, ({ startingPaused }) => startingPaused);
      return await closedAfterItsJobs(rig, batch);
    },
  },
];

/** The last one is refused. */
const ROUND = [
  (batch: WorkflowHandle) => batch.signal('pauseStarting'),
  (batch: WorkflowHandle) => batch.executeUpdate('retuneBatch', { args: [{ maxConcurrent: 2 }] }),
  (batch: WorkflowHandle) => batch.signal('exportEnded', 'no report'),
  (batch: WorkflowHandle) => batch.executeUpdate('retuneBatch', { args: [{ maxConcurrent: 1 }] }),
  (batch: WorkflowHandle) => refused(batch.executeUpdate('retuneBatch', { args: [{ maxConcurrent: 0 }] })),
];

async function beginThree(rig: Rig): Promise<WorkflowHandle> {
  const { workflowId } = await begin(rig, { images: imagesOf(rig, 'linux', 'large', 'huge'), maxConcurrent: 1 });
  // Of whichever run is the current one.
  const batch = rig.client.workflow.getHandle(workflowId);
  await untilBatch(batch, ({ running }) => running === 1);
  return batch;
}

/** Goes on with what is left, and has each job end as soon as it has begun. */
async function closedAfterItsJobs(rig: Rig, batch: WorkflowHandle): Promise<string> {
  rig.simulator.jobSeconds = 1;
  await batch.signal('resumeStarting');
  rig.simulator.clock.advance(600_000);
  return await closed(batch);
}
