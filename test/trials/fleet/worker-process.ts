/**
 * One worker of a fleet, in a process of its own: the workflows, their activities and the submits, each on its queue.
 *
 * @module
 */
import { accountFromEnvironment } from '../../../src/huaweicloud';
import { createExportWorker } from '../../../src/worker';
import { bundleOnce, connectWorker } from '../../rigs/temporal';
import { measurePeakRss, runTrialProcess } from '../trial-process';
import type { FleetQueues } from './stage';

export interface WorkerSettings extends FleetQueues {
  address: string;
  namespace: string;
  activitiesPerSecond: number;
  submitsPerSecond: number;
}

runTrialProcess(async (settings: WorkerSettings) => {
  const { address, namespace, taskQueue, activityTaskQueue, submitTaskQueue } = settings;
  const connection = await connectWorker({ address, namespace });
  const accounts = [accountFromEnvironment(process.env)];
  const shared = { connection, namespace, accounts };
  const limitedTo = (maxTaskQueueActivitiesPerSecond: number) => ({ maxTaskQueueActivitiesPerSecond });
  const workers = await Promise.all([
    createExportWorker({ ...shared, taskQueue, worker: { workflowBundle: await bundleOnce() } }),
    createExportWorker({
      ...shared,
      taskQueue: activityTaskQueue,
      activitiesOnly: true,
      worker: limitedTo(settings.activitiesPerSecond),
    }),
    createExportWorker({
      ...shared,
      taskQueue: submitTaskQueue,
      activitiesOnly: true,
      worker: limitedTo(settings.submitsPerSecond),
    }),
  ]);
  return { ready: 'polling', answer: measurePeakRss(), running: Promise.all(workers.map(({ run }) => run())) };
});
