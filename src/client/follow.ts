/**
 * Reading exports that were started before.
 *
 * @module
 */
import type { Client, WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import { EXPORT_IMAGE_WORKFLOW, type ExportMemo, type ExportStatus, MESSAGES } from '../contract';
import { toExportError } from './errors';
import { answerOf, factsOfRun, reportsUntilEnd, shortCall } from './temporal-calls';

/** What is known of an export. Memo and state come from Temporal; the status only from a worker that answers. */
export interface ExportReport {
  workflowId: string;
  runId: string;
  /** As Temporal spells it: `RUNNING`, `PAUSED`, `COMPLETED`, `FAILED`, `CANCELLED`, `TERMINATED`, `TIMED_OUT`, `CONTINUED_AS_NEW`. */
  workflowStatus: string;
  startedAt: string;
  closedAt: string | null;
  memo: ExportMemo;
  /** What the activity that is tried again failed with last; null when none is tried again, and in a list. */
  retrying: { activity: string; attempt: number; failure: string } | null;
  /** Null when no worker answered the query in time. */
  status: ExportStatus | null;
}

const FOLLOW_INTERVAL_MS = 2_000;

/**
 * Reads one export: what Temporal itself knows first, then the query `exportStatus` if a worker answers within 2 s.
 *
 * @throws ExportError NoSuchExport, TemporalUnreachable
 */
export async function readExport(client: Client, workflowId: string): Promise<ExportReport> {
  try {
    const description = await shortCall(client, () => client.workflow.getHandle(workflowId).describe());
    const status = await answerOf<ExportStatus>(client, description, MESSAGES.queries.exportStatus);
    return { ...reportOf(description), retrying: retryingOf(description), status };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** Open and recent exports, newest first, without their queries. */
export async function listExports(client: Client, limit = 100): Promise<ExportReport[]> {
  const reports: ExportReport[] = [];
  const query = `WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'`;
  try {
    await shortCall(client, async () => {
      for await (const info of client.workflow.list({ query })) {
        reports.push({ ...reportOf(info), retrying: null, status: null });
        if (reports.length === limit) break;
      }
    });
    return reports;
  } catch (error) {
    throw toExportError(error, EXPORT_IMAGE_WORKFLOW);
  }
}

/**
 * Reports of an export until it has ended, the last one included. Goes on while Temporal is away for a while.
 *
 * @param onOutage called each time that Temporal did not answer
 * @throws ExportError NoSuchExport; TemporalUnreachable when Temporal was away for ten minutes
 */
export function followExport(
  client: Client,
  workflowId: string,
  intervalMs = FOLLOW_INTERVAL_MS,
  onOutage?: () => void,
): AsyncGenerator<ExportReport> {
  return reportsUntilEnd(() => readExport(client, workflowId), { intervalMs, onOutage });
}

function reportOf(info: Omit<WorkflowExecutionInfo, 'raw'>): Omit<ExportReport, 'status' | 'retrying'> {
  return { ...factsOfRun(info), memo: (info.memo ?? {}) as ExportMemo };
}

function retryingOf({ raw }: WorkflowExecutionDescription): ExportReport['retrying'] {
  for (const { activityType, attempt, lastFailure } of raw.pendingActivities ?? []) {
    if (lastFailure?.message) {
      return { activity: activityType?.name ?? 'activity', attempt: attempt ?? 0, failure: lastFailure.message };
    }
  }
  return null;
}
