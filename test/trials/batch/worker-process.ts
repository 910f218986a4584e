/**
 * The worker of a batch, in a process of its own, so that it can be killed.
 *
 * @module
 */
import { accountFromEnvironment } from '../../../src/huaweicloud';
import { createExportWorker } from '../../../src/worker';
import { bundleOnce, bundleWithQuickSubmits, connectWorker, type Reachable } from '../../rigs/temporal';
import { measurePeakRss, runTrialProcess } from '../trial-process';

export interface WorkerSettings extends Reachable {
  taskQueue: string;
  quickSubmits: boolean;
}

runTrialProcess(async ({ address, namespace, taskQueue, quickSubmits }: WorkerSettings) => {
  const connection = await connectWorker({ address, namespace });
  const accounts = [accountFromEnvironment(process.env)];
  const worker = { workflowBundle: await (quickSubmits ? bundleWithQuickSubmits() : bundleOnce()) };
  const { run } = await createExportWorker({ connection, namespace, taskQueue, accounts, worker });
  return { ready: 'polling', answer: measurePeakRss(), running: run() };
});
