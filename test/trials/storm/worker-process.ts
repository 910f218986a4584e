/**
 * The workers of a process of their own, to be stopped and killed. It comes up and waits for the word to begin, so that the
 * place of one that was killed is taken at once.
 *
 * @module
 */

// First: whatever is loaded after it has these clocks.
import './clocks';

import { ApplicationFailure } from '@temporalio/common';
import { msToNumber } from '@temporalio/common/lib/time';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { accountFromEnvironment } from '../../../src/huaweicloud';
import { createExportWorker } from '../../../src/worker';
import { connectWorker } from '../../rigs/temporal';
import { scaledBundle } from './bundle';
import { scaledDelayMs } from './scaled-delays';

export interface WorkerSettings {
  address: string;
  namespace: string;
  /** One worker for each. */
  taskQueues: string[];
  activitiesOnly: boolean;
}

/** What it tells its parent, and what its parent tells it. */
export type WorkerSays = 'warm' | 'polling';
export type WorkerHears = 'begin';

/** Where an activity asks to be tried again after a time of the package's own, which is minutes, it is after seconds. */
const scaledRetries: ActivityInterceptorsFactory = () => ({
  inbound: {
    async execute(input, next) {
      try {
        return await next(input);
      } catch (error) {
        if (!(error instanceof ApplicationFailure) || error.nextRetryDelay == null) throw error;
        const nextRetryDelay = scaledDelayMs(msToNumber(error.nextRetryDelay));
        const { message, type, nonRetryable, details, cause } = error;
        throw new ApplicationFailure(message, type, nonRetryable, details, cause, nextRetryDelay);
      }
    },
  },
});

async function main({ address, namespace, taskQueues, activitiesOnly }: WorkerSettings): Promise<void> {
  const connection = await connectWorker({ address, namespace });
  const workflows = activitiesOnly
    ? {}
    : {
        workflowBundle: await scaledBundle(),
        // The workflow tasks of a worker that is lost go to another one after this, not after 10 s.
        stickyQueueScheduleToStartTimeout: '500ms' as const,
      };
  const accounts = [accountFromEnvironment(process.env)];
  const begin = async () => {
    const workers = await Promise.all(
      taskQueues.map((taskQueue) =>
        createExportWorker({
          connection,
          namespace,
          taskQueue,
          accounts,
          activitiesOnly,
          worker: { ...workflows, interceptors: { activity: [scaledRetries] } },
        }),
      ),
    );
    const running = workers.map(({ run }) => run());
    process.send?.('polling' satisfies WorkerSays);
    await Promise.all(running);
  };
  process.on('message', (message) => {
    if (message === ('begin' satisfies WorkerHears)) begin().catch(end);
  });
  process.send?.('warm' satisfies WorkerSays);
}

function end(error: unknown): void {
  console.error(error);
  process.exit(1);
}

main(JSON.parse(process.argv[2] ?? '{}') as WorkerSettings).catch(end);
