/**
 * The process that `ims-export worker` is: a worker with logs, metrics, probes and traces, and an orderly end.
 *
 * What is set here is the process's own, such as Temporal's Runtime. An application that runs the worker in itself
 * (`createExportWorker`) sets these up as it sees fit.
 *
 * @module
 */
import type { DataConverter } from '@temporalio/common';
import { Runtime, type WorkerOptions } from '@temporalio/worker';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW } from '../contract';
import { type Metric, setGauge } from '../metrics';
import { type ReadyFacts, type RunExportWorkerOptions, runExportWorker } from '../worker';
import { exportLogAttributes } from './activity-log-attributes';
import type { LogFormat, LogLevel } from './log-options';
import { serveMetrics } from './metrics-server';
import { countOpenExports } from './open-exports';
import { installRuntime } from './runtime';
import { onShutdownSignals } from './shutdown-signals';
import { MissingTracingPackages, startTracing, type Tracing } from './tracing';
import { exportWorkflowBundle } from './workflow-bundle';
import { beginSeries } from './zero-counters';

export interface WorkerProcessOptions
  extends Pick<RunExportWorkerOptions, 'activitiesOnly' | 'activitiesPerSecond' | 'dataConverter'> {
  taskQueue: string;
  /** Show metrics and probes on this port; 0 takes any. */
  metricsPort?: number;
  /** @default every address, of IPv6 and IPv4 */
  metricsHost?: string;
  logLevel?: LogLevel;
  logFormat?: LogFormat;
  /** Send traces. @default whether OTEL_EXPORTER_OTLP_ENDPOINT is set */
  otel?: boolean;
  /** Called once the worker polls its task queue. */
  ready: (facts: ReadyFacts & { metricsPort: number | null }) => void;
}

/** Runs until SIGINT or SIGTERM. Once in a process. */
export async function runWorkerProcess(options: WorkerProcessOptions): Promise<void> {
  const { taskQueue, metricsPort, activitiesOnly = false } = options;
  let worker: ReadyFacts['worker'] | undefined;
  const { metricsPort: corePort } = await installRuntime({
    level: options.logLevel,
    format: options.logFormat,
    metrics: metricsPort !== undefined,
  });
  const isReady = () => worker?.getState() === 'RUNNING';
  const shown =
    corePort === null || metricsPort === undefined
      ? null
      : await serveMetrics({ port: metricsPort, host: options.metricsHost, corePort, isReady });
  const signals = onShutdownSignals(() => worker, Runtime.instance().logger);
  let counting: { stop(): void } | undefined;
  let tracing: Tracing | null = null;
  try {
    tracing = await tracingOf(options);
    await runExportWorker(
      taskQueue,
      (facts) => {
        worker = facts.worker;
        if (shown !== null) counting = beginMetrics(facts, activitiesOnly);
        options.ready({ ...facts, metricsPort: shown?.port ?? null });
      },
      { ...options, worker: (dataConverter) => workerOptionsOf({ tracing, activitiesOnly, dataConverter }) },
    );
  } finally {
    counting?.stop();
    signals.close();
    await Promise.allSettled([shown?.close(), tracing?.close()]);
  }
}

async function workerOptionsOf({
  tracing,
  activitiesOnly,
  dataConverter,
}: {
  tracing: Tracing | null;
  activitiesOnly: boolean;
  dataConverter?: DataConverter;
}): Promise<Partial<WorkerOptions>> {
  const interceptors = { activity: [exportLogAttributes] };
  if (tracing === null) return { interceptors };
  const { plugin, bundledPackage } = tracing;
  const workflowBundle = activitiesOnly
    ? undefined
    : await exportWorkflowBundle({ plugins: [plugin], besides: [bundledPackage], dataConverter });
  return { interceptors, plugins: [plugin], ...(workflowBundle === undefined ? {} : { workflowBundle }) };
}

/** An endpoint that is in the environment of all, as in many a cluster, is no reason not to export. */
async function tracingOf({ otel }: WorkerProcessOptions): Promise<Tracing | null> {
  const isAskedFor = otel ?? Boolean(process.env.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (!isAskedFor || process.env.OTEL_SDK_DISABLED === 'true') return null;
  try {
    return await startTracing();
  } catch (error) {
    if (otel === true || !(error instanceof MissingTracingPackages)) throw error;
    Runtime.instance().logger.warn(`No traces are sent to OTEL_EXPORTER_OTLP_ENDPOINT. ${error.message}`);
    return null;
  }
}

function beginMetrics(facts: ReadyFacts, activitiesOnly: boolean): { stop(): void } | undefined {
  const { worker, taskQueue, namespace } = facts;
  const { metricMeter, logger } = Runtime.instance();
  const meter = metricMeter.withTags({ namespace, taskQueue });
  const { version } = require('../../package.json') as { version: string };
  setGauge(meter, 'ims_export_worker_info', { version }, 1);
  beginSeries(({ source }: Metric) => {
    if (source !== EXPORT_IMAGE_WORKFLOW && source !== EXPORT_IMAGES_WORKFLOW)
      return meter.withTags({ activityType: source });
    return activitiesOnly ? null : meter.withTags({ workflowType: source });
  });
  return activitiesOnly || worker.client === undefined
    ? undefined
    : countOpenExports({ client: worker.client, taskQueue, meter, logger });
}
