/**
 * What runs, or ran last, under the id of a destination, as Temporal itself knows it: no worker is asked.
 *
 * @module
 */
import { type Client, type WorkflowExecutionDescription, WorkflowNotFoundError } from '@temporalio/client';
import { firstRunOf } from '../client/temporal-calls';
import type { ExportMemo } from '../contract';
import { type HandedOn, type RunningExport, readAttachedJob, readImageAndFormat } from '../export/same-export';

export interface FoundRun {
  /** A paused one runs as well, though its status in Temporal differs. */
  state: 'running' | 'succeeded' | 'endedOtherwise';
  workflowType: string;
  closeTime?: Date;
  runId: string;
  /** The run that the export began with, before any continue-as-new. */
  firstRunId: string;
  /** A cancel of the export was requested. */
  cancelRequested: boolean;
  memo: ExportMemo;
  /** ISO 8601. */
  startedAt: string;
}

/** @param runId the latest when absent. Undefined when there is none, or none any more. */
export async function findRun(client: Client, workflowId: string, runId?: string): Promise<FoundRun | undefined> {
  try {
    const description = await client.workflow.getHandle(workflowId, runId).describe();
    return {
      state: stateOf(description),
      workflowType: description.type,
      closeTime: description.closeTime,
      runId: description.runId,
      firstRunId: firstRunOf(description),
      cancelRequested: description.raw.workflowExtendedInfo?.cancelRequested ?? false,
      memo: (description.memo ?? {}) as ExportMemo,
      startedAt: description.startTime.toISOString(),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function stateOf({ closeTime, status }: WorkflowExecutionDescription): FoundRun['state'] {
  if (closeTime === undefined) return 'running';
  return status.name === 'COMPLETED' ? 'succeeded' : 'endedOtherwise';
}

/**
 * Image, format and job of a run, from what it was started with. Undefined where that names no image: such an export fails
 * by itself, and a caller with the same destination may share that failure.
 */
export async function readRunningExport(
  client: Client,
  workflowId: string,
  { runId, memo, startedAt }: FoundRun,
): Promise<RunningExport | undefined> {
  const [input, resumed] = await argumentsOf(client, workflowId, runId);
  const running = readImageAndFormat(input);
  if (running === undefined) return undefined;
  const startedAtMs = (resumed as HandedOn | undefined)?.startedAtMs;
  return {
    ...running,
    jobId: memo.jobId ?? readAttachedJob(input) ?? null,
    startedAt: startedAtMs === undefined ? startedAt : new Date(startedAtMs).toISOString(),
  };
}

/** The arguments of a run, of its first event: the input, and after continue-as-new the state of the run before. */
async function argumentsOf(client: Client, workflowId: string, runId: string): Promise<unknown[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
  return payloads.map((payload) => payloadConverter.fromPayload(payload));
}
