/**
 * One worker of a fleet, in a process of its own: the workflows, their activities and the submits, each on its queue.
 *
 * @module
 */
import { accountFromEnvironment } from '../../src/huaweicloud';
import { createExportWorker } from '../../src/worker';
import { bundleOnce, connectWorker } from '../rigs/temporal';
import type { FleetQueues } from './stage';

export interface WorkerSettings extends FleetQueues {
  address: string;
  namespace: string;
  activitiesPerSecond: number;
  submitsPerSecond: number;
}

const LOOK_EVERY_MS = 250;

async function main(settings: WorkerSettings): Promise<void> {
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
  let peakRssBytes = 0;
  setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  }, LOOK_EVERY_MS);
  process.on('message', () => process.send?.({ peakRssBytes }));
  const running = Promise.all(workers.map(({ run }) => run()));
  process.send?.('polling');
  await running;
}

main(JSON.parse(process.argv[2] ?? '{}') as WorkerSettings).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
