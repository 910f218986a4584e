import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import type { StartNexusOperationOptions } from '@temporalio/workflow';
import type { ExportOperationInput } from '../../src/nexus';
import type { Rig } from '../rigs/rig';
import { ofRun } from '../rigs/strict-codec';
import { bundleOnce, connectClient, connectWorker, runWorker, WORKFLOWS_IN_THIS_THREAD } from '../rigs/temporal';
import type { callExport } from './fixtures/callers';

/** The namespace of the callers; the rig's server must have it. */
export const CALLERS = 'callers';

/** Workflows of another namespace, their worker, and the endpoint by which they reach the exports of a rig. */
export interface CallingNamespace {
  client: Client;
  /** Starts a workflow that calls the service, and returns when Temporal has taken it. */
  call(
    input: unknown,
    options?: Partial<StartNexusOperationOptions>,
    endpoint?: string,
  ): Promise<WorkflowHandle<typeof callExport>>;
  /** Runs an action without the callers' worker, then starts one again. */
  withoutWorker(action: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** An endpoint that leads to a task queue of a rig. */
export async function createEndpoint({ client: { connection, options } }: Rig, taskQueue: string): Promise<string> {
  const name = `ims-export-${randomUUID().slice(0, 8)}`;
  await connection.operatorService.createNexusEndpoint({
    spec: { name, target: { worker: { namespace: options.namespace, taskQueue } } },
  });
  return name;
}

export async function startCallers(rig: Rig): Promise<CallingNamespace> {
  const ownEndpoint = await createEndpoint(rig, rig.taskQueue);
  const reachable = { address: rig.server.address, namespace: CALLERS };
  const client = await connectClient(reachable);
  const nativeConnection = await connectWorker(reachable);
  const workflowBundle = await bundleOfCallers();
  const worker = await runWorker((which) =>
    Worker.create({
      connection: nativeConnection,
      namespace: CALLERS,
      taskQueue: 'callers',
      workflowBundle,
      ...ofRun(),
      ...WORKFLOWS_IN_THIS_THREAD,
      // From the second on every workflow task replays its caller.
      ...(which === 'later' ? { maxCachedWorkflows: 0 } : {}),
    }),
  );
  return {
    client,
    call: (input, callOptions = {}, endpoint = ownEndpoint) =>
      client.workflow.start<typeof callExport>('callExport', {
        workflowId: `caller-${randomUUID()}`,
        taskQueue: 'callers',
        args: [endpoint, input as ExportOperationInput, callOptions],
      }),
    withoutWorker: worker.without,
    close: async () => {
      await worker.stop();
      await nativeConnection.close();
      await client.connection.close();
    },
  };
}

/** None of the export's own workflows: a caller needs the definition of the service alone. */
function bundleOfCallers(): Promise<WorkflowBundle> {
  return bundleOnce({
    workflowsPath: join(__dirname, 'fixtures/callers.ts'),
    imports: [join(__dirname, '../../src/nexus.ts')],
  });
}
