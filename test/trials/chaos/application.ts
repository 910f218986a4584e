/**
 * An application with a workflow of its own, whose exports are children on the task queue of `ims-export worker`.
 *
 * @module
 */
import { join } from 'node:path';
import { Worker } from '@temporalio/worker';
import { bundleOnce, connectWorker } from '../../rigs/temporal';

const parents = join(__dirname, '../../rigs/fixtures/parents/index.ts');

async function main(taskQueue: string, address: string): Promise<void> {
  const connection = await connectWorker({ address, namespace: 'default' });
  const workflowBundle = await bundleOnce({ workflowsPath: parents });
  const worker = await Worker.create({ connection, taskQueue, workflowBundle });
  const running = worker.run();
  console.log(`ready: task queue ${taskQueue}`);
  await running;
}

main(process.argv[2] ?? '', process.env.TEMPORAL_ADDRESS ?? '').catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
