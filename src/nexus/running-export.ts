/**
 * What runs, or ran last, under the id of a destination, as Temporal itself knows it: no worker is asked.
 *
 * @module
 */
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { HandlerError } from 'nexus-rpc';
import type { ExportMemo } from '../contract';
import { type HandedOn, type RunningExport, readAttachedJob, readImageAndFormat } from '../export/same-export';
import { describeRun, type Run, readArguments, readMemo, UndecodableArguments } from '../temporal/runs';

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
  /** Some of the memo cannot be decoded here. */
  unreadable: boolean;
  /** ISO 8601. */
  startedAt: string;
}

/** @param runId the latest when absent. Undefined when there is none, or none any more. */
export async function findRun(client: Client, workflowId: string, runId?: string): Promise<FoundRun | undefined> {
  try {
    const run = await describeRun(client, workflowId, runId);
    const { value: memo, unreadable } = await readMemo<ExportMemo>(client, run);
    return {
      state: stateOf(run),
      workflowType: run.type,
      closeTime: run.closeTime,
      runId: run.runId,
      firstRunId: run.firstRunId,
      cancelRequested: run.cancelRequested,
      memo,
      unreadable,
      startedAt: run.startTime.toISOString(),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function stateOf({ closeTime, status }: Run): FoundRun['state'] {
  if (closeTime === undefined) return 'running';
  return status === 'COMPLETED' ? 'succeeded' : 'endedOtherwise';
}

/**
 * Image, format and job of a run, from what it was started with. Undefined where that names no image: such an export fails
 * by itself, and a caller with the same destination may share that failure.
 *
 * @throws HandlerError, retryable, where it cannot be decoded here: nobody can say whether it is the same export
 */
export async function readRunningExport(
  client: Client,
  workflowId: string,
  { runId, memo, startedAt }: FoundRun,
): Promise<RunningExport | undefined> {
  const [input, resumed] = await readArguments(client, workflowId, runId).catch((error: unknown) => {
    if (!(error instanceof UndecodableArguments)) throw error;
    const message = `The export ${workflowId} that runs cannot be decoded by this worker. Give the worker the data converter of the starter. The operation is retried.`;
    throw new HandlerError('CONFLICT', message, { cause: error, retryableOverride: true });
  });
  const running = readImageAndFormat(input);
  if (running === undefined) return undefined;
  const startedAtMs = (resumed as HandedOn | undefined)?.startedAtMs;
  return {
    ...running,
    jobId: memo.jobId ?? readAttachedJob(input) ?? null,
    startedAt: startedAtMs === undefined ? startedAt : new Date(startedAtMs).toISOString(),
  };
}
