/**
 * A worker in a process of its own, to be stopped and killed. It comes up and waits for the word to begin, so that the
 * place of one that was killed is taken at once.
 *
 * @module
 */

import { EVIDENCE_WAITS } from '../../../src/activities/evidence';
import { accountFromEnvironment } from '../../../src/huaweicloud';
import { createExportWorker } from '../../../src/worker';
import { connectWorker } from '../../rigs/temporal';
import { scaledBundle } from './bundle';

/** What it tells its parent, and what its parent tells it. */
export type WorkerSays = 'warm' | 'polling';
export type WorkerHears = 'begin';

/** Seconds where the shipped ones are minutes, as in the bundle. */
Object.assign(EVIDENCE_WAITS, { contradictedMs: [100, 200, 400], refusedMs: [500], endOfListMs: 10 });

async function main([address = '', namespace = '', taskQueue = '']: string[]): Promise<void> {
  const connection = await connectWorker({ address, namespace });
  const workflowBundle = await scaledBundle();
  process.once('message', async () => {
    const { run } = await createExportWorker({
      connection,
      namespace,
      taskQueue,
      accounts: [accountFromEnvironment(process.env)],
      // The workflow tasks of a worker that is lost go to another one after this, not after 10 s.
      worker: { workflowBundle, stickyQueueScheduleToStartTimeout: '500ms' },
    });
    const running = run();
    process.send?.('polling' satisfies WorkerSays);
    await running;
  });
  process.send?.('warm' satisfies WorkerSays);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
