/**
 * The worker of a trial, in a process of its own, so that it can be killed.
 *
 * @module
 */
import { accountFromEnvironment } from '../../src/huaweicloud';
import { createExportWorker } from '../../src/worker';
import { bundleOnce, bundleWithQuickSubmits, connectWorker, type Reachable } from '../rigs/temporal';

export interface WorkerSettings extends Reachable {
  taskQueue: string;
  quickSubmits: boolean;
}

const LOOK_EVERY_MS = 250;

async function main({ address, namespace, taskQueue, quickSubmits }: WorkerSettings): Promise<void> {
  const connection = await connectWorker({ address, namespace });
  const accounts = [accountFromEnvironment(process.env)];
  const worker = { workflowBundle: await (quickSubmits ? bundleWithQuickSubmits() : bundleOnce()) };
  const { run } = await createExportWorker({ connection, namespace, taskQueue, accounts, worker });
  let peakRssBytes = 0;
  setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, process.memoryUsage.rss());
  }, LOOK_EVERY_MS);
  process.on('message', () => process.send?.({ peakRssBytes }));
  const running = run();
  process.send?.('polling');
  await running;
}

main(JSON.parse(process.argv[2] ?? '{}') as WorkerSettings).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
