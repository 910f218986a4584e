import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { exportResult, followExport, readExport, startExport } from '../client';
import { type ExportImageInput, exportWorkflowId } from '../contract';
import { findTemporalCli, startDevServer } from '../dev-server';
import { command } from '../export/quoting';
import { accountFromEnvironment } from '../huaweicloud';
import { dataConverterOf } from '../temporal/data-converter';
import { temporalOfEnvironment } from '../temporal/place';
import { clientRoute, routeOfTemporal, workerRoute } from '../temporal/route';
import { print } from '../terminal/output';
import { environmentOf, startSimulator } from '../testing';
import { createExportWorker } from '../worker';
import { installRuntime } from '../worker/runtime';
import { ifInterrupted, interrupted } from './interrupted';
import { type OutputOptions, resultLines } from './output';
import { progressDisplay } from './progress-display';
import { pageOfRun } from './web-ui';

const TASK_QUEUE = 'ims-export-demo';

const NOTHING_RUNS = 'The demo has ended, and nothing of it is still running. `ims-export demo` runs it again.';

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
  ifInterrupted(NOTHING_RUNS);
  const place = process.env.TEMPORAL_ADDRESS ? temporalOfEnvironment() : null;
  const dataConverter = await dataConverterOf();
  // Ctrl-C ends the demo, not its worker only: the export would be waited for in vain.
  const logs = { level: 'warn', coreLevel: 'error', format: 'text' } as const;
  await installRuntime({ metrics: false, ...logs, shutdownSignals: [] });
  print(
    place === null
      ? 'Starting a Temporal dev server, the simulated cloud and a worker …'
      : `Using the Temporal server at ${place.address}, namespace ${place.namespace}. Starting the simulated cloud and a worker …`,
  );
  const temporal: DemoTemporal = place ?? (await ownTemporal());
  const simulator = await startSimulator({ jobSeconds: JOB_SECONDS });
  try {
    const { address, connectionOptions } = temporal;
    const route = routeOfTemporal(address, process.env);
    const connection = await NativeConnection.connect({ ...connectionOptions, ...workerRoute(route), address });
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
      if (keep && place === null) await untilInterrupted();
    });
    await Promise.all([connection.close(), client.connection.close()]);
  } finally {
    await simulator.close();
    await temporal.stop?.();
  }
}

/** Where the demo runs its export. A server that it has not started itself goes on after it. */
type DemoTemporal = ReturnType<typeof temporalOfEnvironment> & { webUi?: string; stop?(): Promise<void> };

async function ownTemporal(): Promise<DemoTemporal> {
  const { path: cli } = await findTemporalCli({ onProgress: (step) => print(`  ${step}`) });
  const { address, namespace, webUi, stop } = await startDevServer({ cli });
  return { address, namespace, connectionOptions: { address }, webUi: webUi ?? undefined, stop };
}

async function exportLargeImage(
  client: Client,
  { images, bucket }: { images: { [name: string]: string }; bucket: string },
  { webUi, address, namespace, stop }: DemoTemporal,
): Promise<void> {
  const input: ExportImageInput = {
    imageId: images.large ?? '',
    bucketUrl: `${bucket}:demo/large-${Date.now()}.zvhd2`,
    isQuickExport: true,
    options: { minInterval: '1s', maxInterval: '3s' },
  };
  if (stop === undefined) {
    const where = ['--workflow-id', exportWorkflowId(input.bucketUrl), '--address', address, '--namespace', namespace];
    ifInterrupted(
      `The demo has ended. Its export stays open in Temporal without a worker: \`${command('ims-export', 'temporal', 'workflow', 'terminate', ...where)}\` ends it.`,
    );
  }
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
  ifInterrupted(NOTHING_RUNS);
  print('(The simulated cloud writes an empty, sparse image, so the object is small.)');
}

async function untilInterrupted(): Promise<void> {
  const ended = interrupted();
  print('The Web UI stays up; press Ctrl-C to end.');
  await ended;
}
