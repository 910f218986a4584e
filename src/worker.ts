/**
 * The worker of an export: runs its workflow and its activities.
 *
 * @module
 */
import { type DataConverter, IllegalStateError } from '@temporalio/common';
import { type NativeConnection, TransportError, Worker, type WorkerOptions } from '@temporalio/worker';
import { DEFAULT_TASK_QUEUE } from './contract';
import { ExportError } from './export-error';
import { AccountConfigurationError, accountsFromEnvironment, type CloudAccount, describeAccounts } from './huaweicloud';
import { ProxyConfigurationError } from './network/proxies';
import { exportNexusService } from './nexus/handler';
import { ImsExportPlugin } from './plugin';
import { TemporalConfigurationError } from './temporal/configuration-error';
import { DataConverterError, dataConverterOf, environmentWith } from './temporal/data-converter';
import { print, printToStderr } from './terminal/output';
import { connectWorker, lostConnection } from './worker/native-connection';
import { installRuntime } from './worker/runtime';
import { exportWorkflowBundle } from './worker/workflow-bundle';

export interface ExportWorkerOptions {
  connection: NativeConnection;
  namespace?: string;
  /**
   * A worker with workflows of its own needs a queue of its own: `ims-export worker` would take their tasks, and fail them.
   *
   * @default 'ims-export'
   */
  taskQueue?: string;
  /** The accounts that inputs may name; one of them should be called `default`. */
  accounts: CloudAccount[];
  /** Run activities and no workflows: for a task queue that `options.activityTaskQueue` or `submitTaskQueue` names. @default false */
  activitiesOnly?: boolean;
  /**
   * Anything else for Temporal's Worker, such as `workflowsPath` or a prebuilt `workflowBundle`, activities of your own, or
   * `maxTaskQueueActivitiesPerSecond`, which limits how often all workers of the queue together call the cloud.
   */
  worker?: Partial<WorkerOptions>;
}

export interface ExportWorker {
  worker: Worker;
  /** Runs until SIGINT or SIGTERM, then closes the connections to the cloud. */
  run(): Promise<void>;
}

/**
 * Creates a worker for exports: Temporal's, with an {@link ImsExportPlugin}.
 *
 * @example
 * ```ts
 * const { run } = await createExportWorker({ connection, accounts: accountsFromEnvironment(process.env) });
 * await run();
 * ```
 * @throws Error when an account has no credentials: such a worker would take exports that another one could run; or when
 *   `worker.activities` has one of the names of an export's activities
 */
export async function createExportWorker(options: ExportWorkerOptions): Promise<ExportWorker> {
  const plugin = new ImsExportPlugin({
    accounts: options.accounts,
    workflows: options.activitiesOnly ? undefined : 'whenAbsent',
  });
  const release = await plugin.open();
  try {
    const worker = await Worker.create({
      connection: options.connection,
      namespace: options.namespace,
      taskQueue: options.taskQueue ?? DEFAULT_TASK_QUEUE,
      ...options.worker,
      nexusServices: [
        ...(options.activitiesOnly ? [] : [exportNexusService()]),
        ...(options.worker?.nexusServices ?? []),
      ],
      plugins: [...(options.worker?.plugins ?? []), plugin],
    });
    keepFailure(worker);
    return { worker, run: () => worker.run().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Lets a worker throw why it has failed. When a poll fails while another is under way, as when the server begins to refuse
 * it, the SDK's last step finds its native part "still in use", and throws that in place of the cause.
 */
function keepFailure(worker: Worker): void {
  const { nativeWorker } = worker as unknown as { nativeWorker: { finalizeShutdown(): Promise<void> } };
  const finalizeShutdown = nativeWorker.finalizeShutdown.bind(nativeWorker);
  nativeWorker.finalizeShutdown = async () => {
    try {
      await finalizeShutdown();
    } catch (error) {
      if (worker.getState() !== 'FAILED' || !(error instanceof IllegalStateError)) throw error;
    }
  };
}

/** What is known of a worker once it polls its task queue. */
export interface ReadyFacts {
  worker: Worker;
  taskQueue: string;
  namespace: string;
  address: string;
  accounts: CloudAccount[];
}

export interface RunExportWorkerOptions {
  /** @default false */
  activitiesOnly?: boolean;
  /** `maxTaskQueueActivitiesPerSecond`: the same for every worker of the queue, since the server uses the last one. */
  activitiesPerSecond?: number;
  /** A module with the named export `dataConverter`. @default IMS_EXPORT_DATA_CONVERTER */
  dataConverter?: string;
  /**
   * Anything else for Temporal's Worker. A function is called once the server has answered, with the data converter of the module,
   * if there is one: for what takes long to make.
   */
  worker?: Partial<WorkerOptions> | ((dataConverter?: DataConverter) => Promise<Partial<WorkerOptions>>);
}

/**
 * Runs a worker for the accounts and the Temporal server that the environment names, until SIGINT or SIGTERM.
 *
 * @param ready called once the worker polls its task queue
 * @throws ExportError TemporalUnreachable when no Temporal server answers, or it refuses the worker; DataConverterError;
 *   TemporalConfigurationError; AccountConfigurationError, or ProxyConfigurationError where HTTPS_PROXY or a variable like it names no usable proxy
 */
export async function runExportWorker(
  taskQueue: string = process.env.IMS_EXPORT_TASK_QUEUE || DEFAULT_TASK_QUEUE,
  ready: (facts: ReadyFacts) => void = () => {},
  { activitiesOnly, activitiesPerSecond, dataConverter: module, worker: others = {} }: RunExportWorkerOptions = {},
): Promise<void> {
  const accounts = accountsFromEnvironment(process.env);
  const dataConverter = await dataConverterOf(environmentWith(module));
  // Before it bundles, which keeps this thread busy for seconds.
  const { connection, address, namespace } = await connectWorker();
  try {
    const further = typeof others === 'function' ? await others(dataConverter) : others;
    const needsBundle = !(activitiesOnly || further.workflowBundle || further.workflowsPath);
    const options = {
      workflowBundle: needsBundle
        ? await exportWorkflowBundle({ dataConverter: further.dataConverter ?? dataConverter })
        : undefined,
      maxTaskQueueActivitiesPerSecond: activitiesPerSecond,
      dataConverter,
      ...further,
    };
    const { worker, run } = await createExportWorker({
      connection,
      namespace,
      taskQueue,
      accounts,
      activitiesOnly,
      worker: options,
    });
    const running = run();
    ready({ worker, taskQueue, namespace, address, accounts });
    await running;
  } catch (error) {
    throw error instanceof TransportError ? await lostConnection({ connection, address, namespace }, error) : error;
  } finally {
    await connection.close();
  }
}

if (typeof require !== 'undefined' && require.main === module) {
  const ready = ({ taskQueue, address, accounts }: ReadyFacts) =>
    print(`Worker polls the task queue ${taskQueue} at ${address}, ${describeAccounts(accounts)}`);
  const running = installRuntime({ metrics: false }).then(() => runExportWorker(undefined, ready));
  running.catch((error: unknown) => {
    printToStderr(error instanceof Error ? error.message : String(error));
    // Not process.exitCode: Temporal's native side keeps the process of a worker that could not be created alive.
    process.exit(exitCodeOfWorker(error));
  });
}

/** As of `ims-export worker`: Temporal is not reachable, the configuration is wrong, or anything else. */
function exitCodeOfWorker(error: unknown): number {
  if (error instanceof ExportError) return 5;
  const curable = [AccountConfigurationError, DataConverterError, ProxyConfigurationError, TemporalConfigurationError];
  return curable.some((type) => error instanceof type) ? 2 : 1;
}
