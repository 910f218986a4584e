import { Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { awaitWorkers, requireWorker } from '../../src/client/workers';
import { namespaceOfThisFile } from '../rigs/namespace';
import { connectWorker } from '../rigs/temporal';

const temporal = namespaceOfThisFile();

describe('the workers of a task queue', () => {
  it('are waited for, and the start is refused where there is none', async () => {
    await expect(requireWorker(temporal.client, 'nobody')).rejects.toMatchObject({
      code: 'NoWorker',
      message: expect.stringMatching(
        new RegExp(
          `^No worker polls the task queue nobody in namespace ${temporal.server.namespace}\\. .*\`ims-export worker --task-queue nobody\``,
        ),
      ),
    });
  });

  it('are known by their identity, and by what they take', async () => {
    const connection = await connectWorker(temporal.server);
    const activities = { nothing: async () => {} };
    const { namespace } = temporal.server;
    const options = { connection, namespace, taskQueue: 'activities-only', identity: 'worker-7', activities };
    const worker = await Worker.create(options);
    await worker.runUntil(async () => {
      expect(await awaitWorkers(temporal.client, 'activities-only', 'activities')).toEqual(['worker-7']);
      expect(await awaitWorkers(temporal.client, 'activities-only', 'workflows')).toEqual([]);
    });
    await connection.close();
  });
});
