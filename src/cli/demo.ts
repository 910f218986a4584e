import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { exportResult, followExport, readExport, startExport } from '../client';
import type { ExportImageInput } from '../contract';
import { type ResolvedTemporal, resolveTemporal } from '../dev-server';
import { accountFromEnvironment } from '../huaweicloud';
import { dataConverterOf } from '../temporal/data-converter';
import { temporalOfEnvironment } from '../temporal/place';
import { clientRoute, routeOfTemporal, workerRoute } from '../temporal/route';
import { print } from '../terminal/output';
import { environmentOf, startSimulator } from '../testing';
import { createExportWorker } from '../worker';
import { installRuntime } from '../worker/runtime';
import { interrupted } from './interrupted';
import { type OutputOptions, resultLines } from './output';
import { progressDisplay } from './progress-display';
import { pageOfRun } from './web-ui';

const TASK_QUEUE = 'ims-export-demo';
export interface DemoFlags extends OutputOptions {
  keep: boolean;
}

/** Long enough to watch, short enough to wait for. */
const JOB_SECONDS = 25;

/**
 * `ims-export demo`: a Temporal dev server with its Web UI, the simulated cloud, a worker, and one quick export of a
 * 200 GiB image. Ends when the object is verified; in a terminal it then keeps the Web UI up.
 */
export async function demo({ keep }: DemoFlags): Promise<void> {
  // What is wrong with the address of a server is reported before one is looked for.
  if (process.env.TEMPORAL_ADDRESS) temporalOfEnvironment();
  const dataConverter = await dataConverterOf();
  await installRuntime({ metrics: false, level: 'warn', coreLevel: 'error', format: 'text' });
  print('Starting a Temporal dev server, the simulated cloud and a worker …');
  const temporal = await resolveTemporal({ onProgress: (step) => print(`  ${step}`) });
  const simulator = await startSimulator({ jobSeconds: JOB_SECONDS });
  try {
    const { address, connectionOptions } = temporal;
    const route = routeOfTemporal(address, process.env);
    const connection = await NativeConnection.connect({ ...connectionOptions, ...workerRoute(route) });
    const account = accountFromEnvironment(environmentOf(simulator.info));
    const { namespace } = temporal;
    const { worker } = await createExportWorker({
      ...{ connection, namespace, taskQueue: TASK_QUEUE, accounts: [account] },
      worker: { dataConverter },
    });
    const clientConnection = await Connection.connect({ ...connectionOptions, ...clientRoute(address, route) });
    const client = new Client({ connection: clientConnection, namespace, dataConverter });
    await worker.runUntil(async () => {
      await exportLargeImage(client, simulator.info, temporal);
      if (keep) await untilInterrupted();
    });
    await Promise.all([connection.close(), client.connection.close()]);
  } finally {
    await simulator.close();
    await temporal.stop();
  }
}

async function exportLargeImage(
  client: Client,
  { images, bucket }: { images: { [name: string]: string }; bucket: string },
  { webUi, namespace }: ResolvedTemporal,
): Promise<void> {
  const input: ExportImageInput = {
    imageId: images.large ?? '',
    bucketUrl: `${bucket}:demo/large-${Date.now()}.zvhd2`,
    isQuickExport: true,
    options: { minInterval: '1s', maxInterval: '3s' },
  };
  const { workflowId, jobId } = await startExport(client, input, { taskQueue: TASK_QUEUE });
  print(`Exporting a 200 GiB image to ${input.bucketUrl} as job ${jobId}`);
  if (webUi !== undefined) {
    const { runId } = await readExport(client, workflowId);
    print(`Web UI: ${pageOfRun(webUi, namespace, { workflowId, runId })}/timeline`);
  }
  const display = progressDisplay('stdout');
  for await (const report of followExport(client, workflowId, 500)) display.show(report);
  display.end();
  print(...resultLines(await exportResult(client, workflowId)));
  print('(The simulated cloud writes an empty, sparse image, so the object is small.)');
}

async function untilInterrupted(): Promise<void> {
  const ended = interrupted();
  print('The Web UI stays up; press Ctrl-C to end.');
  await ended;
}
