import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitWorkers, requireWorker } from '../../src/client/workers';
import type { DevServer } from '../../src/dev-server';
import { connectClient, connectWorker, startTestServer } from '../rigs/temporal';

let server: DevServer;
let client: Client;
beforeAll(async () => {
  server = await startTestServer();
  client = await connectClient(server);
});
afterAll(async () => {
  await client?.connection.close();
  await server?.stop();
});

describe('the workers of a task queue', () => {
  it('are waited for, and the start is refused where there is none', async () => {
    await expect(requireWorker(client, 'nobody')).rejects.toMatchObject({
      code: 'NoWorker',
      message: expect.stringMatching(
        /^No worker polls the task queue nobody in namespace default\. .*ims-export worker/,
      ),
    });
  });

  it('are known by their identity, and by what they take', async () => {
    const connection = await connectWorker(server);
    const activities = { nothing: async () => {} };
    const options = { connection, taskQueue: 'activities-only', identity: 'worker-7', activities };
    const worker = await Worker.create(options);
    await worker.runUntil(async () => {
      expect(await awaitWorkers(client, 'activities-only', 'activities')).toEqual(['worker-7']);
      expect(await awaitWorkers(client, 'activities-only', 'workflows')).toEqual([]);
    });
    await connection.close();
  });
});
