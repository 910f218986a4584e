/**
 * What runs, or ran last, under the id of a destination, as Temporal itself knows it: no worker is asked.
 *
 * @module
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { RunningExport } from '../client/same-export';
import type { ExportMemo } from '../contract';
import { type ImageAndFormat, readImageAndFormat } from '../workflows/image-and-format';

export interface FoundRun {
  /** As Temporal spells it: `RUNNING`, `COMPLETED`, `FAILED` and others. */
  status: string;
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
    const { workflowExecutionInfo, workflowExtendedInfo } = description.raw;
    return {
      status: description.status.name,
      runId: description.runId,
      firstRunId: workflowExecutionInfo?.firstRunId || description.runId,
      cancelRequested: workflowExtendedInfo?.cancelRequested ?? false,
      memo: (description.memo ?? {}) as ExportMemo,
      startedAt: description.startTime.toISOString(),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/**
 * Image, format and job of a run, from the input that it was started with. Undefined where that names no image: such an
 * export fails by itself, and whoever means the same destination may share that failure.
 */
export async function readRunningExport(
  client: Client,
  workflowId: string,
  { runId, memo, startedAt }: FoundRun,
): Promise<RunningExport | undefined> {
  const input = await startInputOf(client, workflowId, runId);
  const running: ImageAndFormat | undefined = readImageAndFormat(input);
  return running && { ...running, jobId: memo.jobId ?? attachedJobOf(input) ?? null, startedAt };
}

function attachedJobOf(input: unknown): string | undefined {
  const { attach } = input as { attach?: { jobId?: unknown } | null };
  return typeof attach?.jobId === 'string' ? attach.jobId : undefined;
}

/** The first argument of a run, of its first event. Continue-as-new hands it on. */
async function startInputOf(client: Client, workflowId: string, runId: string): Promise<unknown> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const { payloads = [] } = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input ?? {};
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  let decoded = (payloads ?? []).slice(0, 1);
  for (const codec of [...payloadCodecs].reverse()) decoded = await codec.decode(decoded);
  return decoded[0] && payloadConverter.fromPayload(decoded[0]);
}
