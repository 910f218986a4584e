/**
 * Reading and steering exports that were started before.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { EXPORT_IMAGE_WORKFLOW, type ExportMemo, type ExportStatus, MESSAGES } from '../contract';
import { ExportError, isUnreachable, toExportError } from './errors';

/** What can be told of an export. Memo and state come from Temporal; the status only from a worker that answers. */
export interface ExportReport {
  workflowId: string;
  runId: string;
  /** `RUNNING`, `COMPLETED`, `FAILED`, `CANCELED`, `TERMINATED`, `TIMED_OUT` or `CONTINUED_AS_NEW`. */
  workflowStatus: string;
  startedAt: string;
  closedAt: string | null;
  memo: ExportMemo;
  /** Null when no worker answered the query in time. */
  status: ExportStatus | null;
}

const QUERY_TIMEOUT_MS = 2_000;
const FOLLOW_INTERVAL_MS = 2_000;

/**
 * Reads one export: what Temporal itself knows first, then the query `exportStatus` if a worker answers within 2 s.
 *
 * @throws ExportError NoSuchExport, TemporalUnreachable
 */
export async function readExport(client: Client, workflowId: string): Promise<ExportReport> {
  try {
    const description = await client.workflow.getHandle(workflowId).describe();
    const status = await queryStatus(client, workflowId, description.runId);
    return { ...reportOf(description), status };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** Open and recent exports, newest first, without their queries. */
export async function listExports(client: Client, limit = 100): Promise<ExportReport[]> {
  const reports: ExportReport[] = [];
  const query = `WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'`;
  try {
    for await (const info of client.workflow.list({ query })) {
      reports.push({ ...reportOf(info), status: null });
      if (reports.length === limit) break;
    }
    return reports;
  } catch (error) {
    throw toExportError(error, EXPORT_IMAGE_WORKFLOW);
  }
}

/** Reports of an export until it has ended, the last one included. Goes on while Temporal is away. */
export async function* followExport(
  client: Client,
  workflowId: string,
  intervalMs = FOLLOW_INTERVAL_MS,
): AsyncGenerator<ExportReport> {
  for (;;) {
    const report = await readThroughOutage(client, workflowId);
    if (report !== undefined) {
      yield report;
      if (report.workflowStatus !== 'RUNNING' && report.workflowStatus !== 'CONTINUED_AS_NEW') return;
    }
    await sleep(intervalMs);
  }
}

/** Sends the signal `pollNow`: check the job at once. */
export async function pollNow(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(MESSAGES.signals.pollNow));
}

/** Asks the workflow to cancel. It stops tracking; the job in the cloud goes on. */
export async function cancelExport(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.cancel());
}

async function steer(
  client: Client,
  workflowId: string,
  send: (handle: ReturnType<Client['workflow']['getHandle']>) => Promise<unknown>,
): Promise<void> {
  try {
    await send(client.workflow.getHandle(workflowId));
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

function reportOf(info: WorkflowExecutionInfo | WorkflowExecutionDescription): Omit<ExportReport, 'status'> {
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    workflowStatus: info.status.name,
    startedAt: info.startTime.toISOString(),
    closedAt: info.closeTime?.toISOString() ?? null,
    memo: (info.memo ?? {}) as ExportMemo,
  };
}

async function queryStatus(client: Client, workflowId: string, runId: string): Promise<ExportStatus | null> {
  try {
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () =>
      client.workflow.getHandle(workflowId, runId).query<ExportStatus>(MESSAGES.queries.exportStatus),
    );
  } catch {
    // No worker, an old one, or a workflow that has not begun: what Temporal knows must do.
    return null;
  }
}

async function readThroughOutage(client: Client, workflowId: string): Promise<ExportReport | undefined> {
  try {
    return await readExport(client, workflowId);
  } catch (error) {
    if (error instanceof ExportError && isUnreachable(error.cause)) return undefined;
    throw error;
  }
}
