import { randomUUID } from 'node:crypto';
import {
  type Client,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
  WorkflowNotFoundError,
  type WorkflowOptions,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { Worker, type WorkerOptions, type WorkflowBundle } from '@temporalio/worker';
import { createExportActivities } from '../../src/activities';
import { ExportError, readExport } from '../../src/client';
import {
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  type ExportImageInput,
  type ExportMemo,
  type ExportOptions,
  type ExportStatus,
  exportWorkflowId,
} from '../../src/contract';
import type { DevServer } from '../../src/dev-server';
import {
  accountFromEnvironment,
  type CloudAccount,
  type CloudClientOptions,
  createCloudClient,
} from '../../src/huaweicloud';
import {
  environmentOf,
  type Simulator,
  type SimulatorInfo,
  type SimulatorOptions,
  startSimulator,
} from '../../src/testing';
import { QUICK_EVIDENCE } from './activity-rig';
import { exactProblemsBy } from './schema-validator';
import { ofRun } from './strict-codec';
import {
  bundleOnce,
  connectClient,
  connectWorker,
  type Reachable,
  runWorker,
  sharedTestServer,
  startTestServer,
  WORKFLOWS_IN_THIS_THREAD,
} from './temporal';

/** A Temporal dev server, a simulator and a worker of this process between them. */
export interface Rig {
  server: DevServer;
  simulator: Simulator;
  client: Client;
  taskQueue: string;
  /** An input for a destination of its own; polls are quick. */
  input(changes?: InputChanges): ExportImageInput;
  /** Starts the workflow as the Web UI would: plainly, with any input, and returns its handle. */
  startWorkflow(input: unknown, workflowId?: string, timeouts?: RunTimeouts): ReturnType<Client['workflow']['start']>;
  /** Runs an action without a worker, then starts one again. */
  withoutWorker(action: () => Promise<void>): Promise<void>;
  /** Images whose jobs end only when the test ends them, unless it sets `simulator.jobSeconds`. */
  longJobs: Set<string>;
  /** POSTs of exports that reached the simulator. */
  posts(): number;
  close(): Promise<void>;
}

export type RunTimeouts = Pick<WorkflowOptions, 'workflowRunTimeout' | 'workflowExecutionTimeout'>;

export interface InputChanges {
  image?: string;
  bucketUrl?: string;
  fileFormat?: 'qcow2' | 'vhd' | 'zvhd' | 'vmdk';
  isQuickExport?: boolean;
  options?: ExportOptions;
}

export interface RigOptions {
  simulator?: Omit<SimulatorOptions, 'jobSeconds'> & { jobSeconds?: number };
  server?: Parameters<typeof startTestServer>[0];
  bundle?: WorkflowBundle;
  /** Of client, worker and bundle; a `bundle` must have it itself. */
  dataConverter?: DataConverter;
  worker?: Partial<WorkerOptions>;
  /** Where the worker finds the server, when something stands between them. */
  workerConnectsTo?: (server: DevServer) => Promise<Reachable>;
  /** Activities of workflows beside those of src. */
  activities?: object;
  /** Changes the account that the worker uses. */
  account?: (account: CloudAccount, simulator: SimulatorInfo) => CloudAccount;
  /** How the worker's client connects and repeats its reads. */
  cloud?: CloudClientOptions;
}

/** Polls as quick as the tests want them. */
export const QUICK_POLLS: ExportOptions = { minInterval: 200, maxInterval: '1s' };

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { dataConverter } = { ...ofRun(), ...options };
  const longJobs = new Set<string>();
  const { jobSeconds = 1 } = options.simulator ?? {};
  const [server, simulator, bundle] = await Promise.all([
    options.server === undefined ? sharedTestServer() : startTestServer(options.server),
    startSimulator({ ...options.simulator, jobSeconds: (imageId) => (longJobs.has(imageId) ? 3_600 : jobSeconds) }),
    options.bundle ?? bundleOnce({ dataConverter }),
  ]);
  const client = await connectClient(server, { dataConverter });
  const connection = await connectWorker((await options.workerConnectsTo?.(server)) ?? server);
  const taskQueue = `exports-${randomUUID().slice(0, 8)}`;
  const configured = accountFromEnvironment(environmentOf(simulator.info));
  const account = options.account?.(configured, simulator.info) ?? configured;
  const cloud = createCloudClient(account, options.cloud);
  const accounts = new Map([['default', { region: account.region, client: cloud }]]);

  const worker = await runWorker(() =>
    Worker.create({
      connection,
      namespace: server.namespace,
      taskQueue,
      workflowBundle: bundle,
      dataConverter,
      activities: { ...options.activities, ...createExportActivities({ accounts, evidence: QUICK_EVIDENCE }) },
      ...WORKFLOWS_IN_THIS_THREAD,
      ...options.worker,
    }),
  );

  return {
    server,
    simulator,
    client,
    taskQueue,
    input: ({ image = 'linux', options: changes, bucketUrl, ...format }: InputChanges = {}) => {
      const chosen = format.isQuickExport || format.fileFormat ? format : { fileFormat: 'qcow2' };
      return {
        imageId: simulator.info.images[image] ?? '',
        bucketUrl: bucketUrl ?? `${simulator.info.bucket}:${randomUUID().slice(0, 8)}/${image}`,
        ...chosen,
        options: { ...QUICK_POLLS, ...changes },
      } as ExportImageInput;
    },
    startWorkflow: (input, workflowId, timeouts) =>
      client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
        ...timeouts,
        workflowId: workflowId ?? idOf(input),
        taskQueue,
        args: input === undefined ? [] : [input],
      }),
    withoutWorker: worker.without,
    longJobs,
    posts: () => simulator.requests().filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length,
    close: async () => {
      await worker.stop();
      await connection.close();
      await client.connection.close();
      await Promise.all([cloud.close(), simulator.close(), server.stop()]);
    },
  };
}

/** The destination's own id where the input has one, as every starter should use it. */
function idOf(input: unknown): string {
  const { bucketUrl } = (input ?? {}) as { bucketUrl?: unknown };
  return typeof bucketUrl === 'string' ? exportWorkflowId(bucketUrl) : `test-${randomUUID()}`;
}

/** Has a job looked at that was just changed. An export that saw by itself that it has ended needs no word. */
export async function lookNow(client: Client, workflowId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId).signal('pollNow');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}

/** Reads an export until it shows what is waited for. */
export async function untilStatus(
  client: Client,
  workflowId: string,
  shows: (status: ExportStatus) => boolean,
  limitMs = 30_000,
): Promise<ExportStatus> {
  const giveUpAtMs = Date.now() + limitMs;
  for (;;) {
    const status = await statusIfAny(client, workflowId);
    if (status !== null && shows(status)) return status;
    if (Date.now() > giveUpAtMs)
      throw new Error(`${workflowId} did not get there; last seen ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Has a workflow that is no export, a batch of no image, complete under the id of a destination. */
export async function takeWorkflowId({ client, taskQueue }: Rig, bucketUrl: string): Promise<void> {
  await client.workflow.execute(EXPORT_IMAGES_WORKFLOW, {
    taskQueue,
    workflowId: exportWorkflowId(bucketUrl),
    args: [{ query: { name: 'nobody has it' }, to: 'ims-image:{imageId}', dryRun: true, allowEmpty: true }],
  });
}

/** The code of the error that a client function ends with. */
export async function errorCodeOf(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => new Error('it succeeded'),
    (failed: unknown) => failed,
  );
  if (!(error instanceof ExportError)) throw error;
  return error.code;
}

/** The event by which the first workflow task of a run ends. */
export const FIRST_TASK = 4;

/** Resets a run to the end of a workflow task, as the Web UI's Reset does, and returns the new run. */
export async function resetTo(
  finishEventId: number,
  { client }: Pick<Rig, 'client'>,
  {
    workflowId,
    firstExecutionRunId,
  }: Pick<WorkflowHandleWithFirstExecutionRunId, 'workflowId' | 'firstExecutionRunId'>,
): Promise<WorkflowHandle> {
  const response: { runId?: string | null } = await client.workflowService.resetWorkflowExecution({
    namespace: client.options.namespace,
    workflowExecution: { workflowId, runId: firstExecutionRunId },
    // The type wants a Long; the wire takes a number.
    workflowTaskFinishEventId: finishEventId as never,
    requestId: randomUUID(),
    reason: 'test',
  });
  return client.workflow.getHandle(workflowId, response.runId ?? '');
}

/** Null also where the workflow is not there yet. */
async function statusIfAny(client: Client, workflowId: string): Promise<ExportStatus | null> {
  try {
    const { status } = await readExport(client, workflowId);
    // Every status that any test waits for is held against the schema that is shipped.
    const problems = status === null ? [] : exactProblemsBy('status', status);
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return status;
  } catch (error) {
    if (error instanceof ExportError && error.code === 'NoSuchExport') return null;
    throw error;
  }
}

/** Waits until a condition of this process or its simulator holds. */
export async function until(what: string, holds: () => boolean, limitMs = 30_000): Promise<void> {
  const giveUpAtMs = Date.now() + limitMs;
  while (!holds()) {
    if (Date.now() > giveUpAtMs) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is left to read of an export that has ended without a result. */
export async function whatRemains(
  client: Client,
  workflowId: string,
): Promise<{ memo: ExportMemo; status: ExportStatus }> {
  // A worker on a busy machine may not answer a query in time.
  for (let tries = 1; tries <= 10; tries += 1) {
    const { memo, status } = await readExport(client, workflowId);
    if (status !== null) return { memo, status };
  }
  throw new Error(`no worker answered for ${workflowId}`);
}
