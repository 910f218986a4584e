/**
 * Starting an export for a caller of the service, or joining the one that runs when it is the same.
 *
 * @module
 */
import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { startWorkflow } from '@temporalio/nexus';
import { HandlerError, type StartOperationContext } from 'nexus-rpc';
import { earlierOf } from '../client/earlier';
import { MAX_STARTS, refuseTakenId, refuseToJoin } from '../client/joining';
import { exportStartOptions } from '../client/start-options';
import {
  type EarlierExport,
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageInput,
  type ExportImageResult,
  type ExportRequest,
  exportWorkflowId,
} from '../contract';
import { JOINING_POLICY } from '../export/reuse-policy';
import { type FoundRun, findRun, readRunningExport } from './running-export';

/** The workflow as a caller starts it. */
type ExportImageWorkflow = (input: ExportImageInput) => Promise<ExportImageResult>;

export interface Caller {
  context: StartOperationContext;
  client: Client;
  /** Where the export runs if this call starts it. */
  taskQueue?: string;
}

/**
 * The first run of the export that was started or joined: Temporal calls the caller back at its end.
 *
 * Never joins first and compares then: a caller that has joined another export could not be taken off it again. So a start
 * refuses what runs, and that is joined only after it was read.
 *
 * @throws ApplicationFailure DestinationBusy
 * @throws HandlerError, retryable, when what runs there changes all the time
 */
export async function startOrJoin(
  { context, client, taskQueue }: Caller,
  input: ExportImageInput,
  request: ExportRequest,
): Promise<string> {
  const workflowId = exportWorkflowId(request.bucketUrl);
  const enter = (workflowIdConflictPolicy: 'FAIL' | 'USE_EXISTING', earlier: EarlierExport | null = null) =>
    unlessRefused(() =>
      startWorkflow<ExportImageWorkflow>(context, EXPORT_IMAGE_WORKFLOW, {
        ...exportStartOptions(input, request, earlier),
        taskQueue,
        workflowIdConflictPolicy,
        ...(workflowIdConflictPolicy === 'USE_EXISTING' ? { workflowIdReusePolicy: JOINING_POLICY } : {}),
      }),
    );
  // What is found may end before it is joined, or begin again: then all is asked anew.
  for (let starts = 0; starts < MAX_STARTS; starts += 1) {
    const found = await findRun(client, workflowId);
    if (found?.state !== 'running') {
      if (found?.state === 'succeeded') refuseTakenId('nexus', request, found.workflowType);
      const ended = found && { ...found, workflowId, type: found.workflowType };
      const started = await enter('FAIL', ended === undefined ? null : await earlierOf(client, ended));
      if (started?.runId !== undefined) return started.runId;
      continue;
    }
    await refuseOtherRun(client, workflowId, found, request);
    const joined = await enter('USE_EXISTING');
    if (joined?.runId === undefined) continue;
    if (joined.runId === found.runId) return found.firstRunId;
    // It went on in a new run, or ended and another one began, perhaps by this very call.
    const entered = await findRun(client, workflowId, joined.runId);
    if (entered === undefined) continue;
    await refuseOtherRun(client, workflowId, entered, request);
    return entered.firstRunId;
  }
  const message = `Exports under the id ${workflowId} start and end too quickly to be joined. The operation is retried.`;
  throw new HandlerError('CONFLICT', message, { retryableOverride: true });
}

/** Undefined when an export runs there. */
async function unlessRefused<T>(start: () => Promise<T>): Promise<T | undefined> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

async function refuseOtherRun(
  client: Client,
  workflowId: string,
  found: FoundRun,
  request: ExportRequest,
): Promise<void> {
  const { workflowType, cancelRequested: canceling } = found;
  const of = workflowType === EXPORT_IMAGE_WORKFLOW ? await readRunningExport(client, workflowId, found) : undefined;
  refuseToJoin('nexus', request, { state: 'running', workflowType, of, canceling });
}
