import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type DataConverter, IllegalStateError } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  makeTelemetryFilterString,
  NativeConnection,
  Runtime,
  type Worker,
  type WorkerOptions,
  type WorkflowBundle,
  type BundleOptions as WorkflowBundlerOptions,
} from '@temporalio/worker';
import { type DevServer, type DevServerOptions, findTimeSkippingServer, startDevServer } from '../../src/dev-server';
import { untilNamespaceAnswers } from '../../src/dev-server/server-readiness';
import { exportWorkflowBundle } from '../../src/worker/workflow-bundle';
import { ofRun } from './strict-codec';

/** Many exports in the tests are meant to fail; Temporal warns of each. */
const quietLogger = new DefaultLogger('ERROR');

/** A dev server without Web UI; `stop()` it in `afterAll`. `TEMPORAL_ADDRESS` is not asked: tests own their server. */
export function startTestServer({ dynamicConfig, ...options }: DevServerOptions = {}): Promise<DevServer> {
  installQuietRuntime();
  return startDevServer({ headless: true, dynamicConfig: { ...EXACT_TIMERS, ...dynamicConfig }, ...options });
}

/** Otherwise timers, and with them the next attempts of activities, come up to a second late: here seconds stand for minutes. */
const EXACT_TIMERS = { 'history.timerProcessorMaxTimeShift': '10ms' };

/** The variable with the folder in which each shared server is noted by a file that has its pid as its name. */
export const SHARED_SERVERS = 'IMS_EXPORT_SHARED_TEST_SERVERS';

let sharedServer: Promise<DevServer> | undefined;

async function startSharedServer(): Promise<DevServer> {
  const server = await startTestServer();
  const pids = process.env[SHARED_SERVERS];
  if (pids !== undefined) await writeFile(join(pids, String(server.pid)), '');
  return server;
}

/**
 * A namespace of its own on the one dev server that all test files of this process share. For tests that ask nothing
 * special of their server, and neither stop nor kill it: it ends with the test run.
 */
export async function sharedTestServer(): Promise<DevServer> {
  sharedServer ??= startSharedServer().catch((error: unknown) => {
    // The next file tries again.
    sharedServer = undefined;
    throw error;
  });
  const server = await sharedServer;
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  const connection = await Connection.connect({ address: server.address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await untilNamespaceAnswers(server.address, namespace, AbortSignal.timeout(30_000));
  } finally {
    await connection.close();
  }
  const kill = () => Promise.reject(new Error('this server is shared: start one by startTestServer'));
  return { ...server, namespace, kill, stop: async () => {} };
}

/** The server that skips over idle time. One open workflow per server: with more it hangs. `teardown()` it. */
export async function timeSkippingEnvironment(): Promise<TestWorkflowEnvironment> {
  installQuietRuntime();
  const { path } = await findTimeSkippingServer();
  return TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
    client: ofRun(),
  });
}

export type Reachable = Pick<DevServer, 'address' | 'namespace'>;

/** For starting and asking. Close with `client.connection.close()`. */
export async function connectClient(
  { address, namespace }: Reachable,
  { dataConverter }: { dataConverter?: DataConverter } = ofRun(),
): Promise<Client> {
  return new Client({ connection: await Connection.connect({ address }), namespace, dataConverter });
}

/** For `Worker.create({ connection, namespace, … })`. Close after the worker has ended. */
export function connectWorker({ address }: Reachable): Promise<NativeConnection> {
  installQuietRuntime();
  return NativeConnection.connect({ address });
}

/**
 * For `Worker.create`: workflows run in the thread of the test. A thread of its own loads the SDK anew, for each of the
 * many workers of a test run. Workers that are processes keep theirs, and with it the limit of a workflow task's time.
 */
export const WORKFLOWS_IN_THIS_THREAD = { debugMode: true } satisfies Partial<WorkerOptions>;

/** A worker that can be taken away for a while. */
export interface ReplaceableWorker {
  /** Runs an action without the worker, then starts another. */
  without(action: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** @param create makes the first worker, and each that comes after it */
export async function runWorker(create: (which: 'first' | 'later') => Promise<Worker>): Promise<ReplaceableWorker> {
  const start = async (which: 'first' | 'later') => {
    const worker = await create(which);
    const running = worker.run();
    return async () => {
      worker.shutdown();
      await running;
    };
  };
  let stop = await start('first');
  return {
    without: async (action) => {
      await stop();
      try {
        await action();
      } finally {
        stop = await start('later');
      }
    },
    stop: () => stop(),
  };
}

/** Warnings and errors only. The Runtime is the process's own: the first install counts, for all files in it. */
export function installQuietRuntime(): void {
  try {
    Runtime.install({
      logger: quietLogger,
      telemetryOptions: {
        logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'WARN' }) },
      },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

const repository = resolve(__dirname, '../..');
const exportWorkflows = join(repository, 'src/workflows/index.ts');
const lockfile = join(repository, 'package-lock.json');
const cache = join(repository, '.cache/of-tests');

export interface BundleOptions {
  /** A file with workflows beside those of src, which it must export too; src/workflows alone when absent. */
  workflowsPath?: string;
  /** Files that it imports besides those of the workflows of src. */
  imports?: string[];
  /** Files whose `interceptors` belong into the bundle. */
  workflowInterceptorModules?: string[];
  /**
   * Files to bundle in the place of modules, by the name that the workflows import them by, such as
   * `{ './history-budget': '/…/short-history.ts' }`. A way for tests only: no input of a workflow can do the like.
   */
  replace?: { [request: string]: string };
  /** Whose converters belong into the bundle. */
  dataConverter?: DataConverter;
}

/**
 * The bundle of src/workflows, for `Worker.create({ workflowBundle })`. Made once for a state of the sources and kept
 * under `.cache`, so that the many test processes of a run share one.
 */
export async function bundleOnce(options: BundleOptions = {}): Promise<WorkflowBundle> {
  const { workflowsPath = exportWorkflows, imports = [], workflowInterceptorModules = [], replace = {} } = options;
  const { payloadConverterPath, failureConverterPath } = options.dataConverter ?? ofRun().dataConverter ?? {};
  const converters = [payloadConverterPath, failureConverterPath].flatMap((path) => path ?? []);
  const files = [
    lockfile,
    workflowsPath,
    ...[...imports, ...workflowInterceptorModules, ...Object.values(replace), ...converters],
  ];
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return exportWorkflowBundle({
    env: { IMS_EXPORT_CACHE_DIR: cache },
    sources: { folder: join(repository, 'src'), besides: [JSON.stringify({ files, replace }), ...texts] },
    make: () =>
      bundleWorkflowCode({
        workflowsPath,
        workflowInterceptorModules,
        payloadConverterPath,
        failureConverterPath,
        webpackConfigHook: (config) => ({ ...config, plugins: [...(config.plugins ?? []), replacement(replace)] }),
        logger: quietLogger,
      }),
  });
}

const quickSubmitLimits = join(__dirname, 'fixtures/quick-submit-limits.ts');

/** What to replace for submits that settle in seconds instead of minutes. */
export const QUICK_SUBMITS = { './submit-limits': quickSubmitLimits, '../submit-limits': quickSubmitLimits };

/** The bundle whose submits settle in seconds. */
export function bundleWithQuickSubmits(): Promise<WorkflowBundle> {
  return bundleOnce({ replace: QUICK_SUBMITS });
}

type WebpackPlugin = Extract<
  NonNullable<ReturnType<NonNullable<WorkflowBundlerOptions['webpackConfigHook']>>['plugins']>[number],
  { apply(...args: never[]): void }
>;

/** A replacement may import what it stands for: by another name, such as `../../src/workflows/history-budget`. */
function replacement(replace: { [request: string]: string }): WebpackPlugin {
  return {
    apply: (compiler) =>
      compiler.hooks.normalModuleFactory.tap('replacement', (factory) =>
        factory.hooks.beforeResolve.tap('replacement', (module) => {
          module.request = replace[module.request] ?? module.request;
        }),
      ),
  };
}
