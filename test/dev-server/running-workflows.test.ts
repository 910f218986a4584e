import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { connectClient, connectWorker, startTestServer, timeSkippingEnvironment } from '../rigs/temporal';

const bundle = () =>
  bundleWorkflowCode({ workflowsPath: join(__dirname, 'fixtures/nap.ts'), logger: new DefaultLogger('WARN') });

it('the test rig runs a workflow on the dev server', async () => {
  const server = await startTestServer();
  const client = await connectClient(server);
  const connection = await connectWorker(server);
  const { namespace } = server;
  const worker = await Worker.create({ connection, namespace, taskQueue: 'nap', workflowBundle: await bundle() });
  const asleepMs = await worker.runUntil(
    client.workflow.execute('nap', { args: ['50ms'], taskQueue: 'nap', workflowId: 'nap' }),
  );
  expect(asleepMs).toBeGreaterThanOrEqual(50);
  await connection.close();
  await client.connection.close();
  await server.stop();
});

it('the test rig skips nine hours on the time-skipping server', async () => {
  const environment = await timeSkippingEnvironment();
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: 'nap',
    workflowBundle: await bundle(),
  });
  const asleepMs = await worker.runUntil(
    environment.client.workflow.execute('nap', { args: ['9h'], taskQueue: 'nap', workflowId: 'nap' }),
  );
  expect(asleepMs).toBeGreaterThanOrEqual(9 * 60 * 60 * 1000);
  await environment.teardown();
});
