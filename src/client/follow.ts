/**
 * Reading exports that were started before.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import { EXPORT_IMAGE_WORKFLOW, type ExportedObject, type ExportMemo, type ExportStatus, MESSAGES } from '../contract';
import { type Decoded, type DescribedRun, describeRun, listRuns, readLastFailure, readMemo } from '../temporal/runs';
import { resultOf } from './earlier';
import { toExportError } from './errors';
import {
  answerOf,
  factsOfRun,
  ifUnreadable,
  type ReportOfRun,
  reportsUntilEnd,
  shortCall,
  type Undecoded,
} from './temporal-calls';

/** What is known of an export. Memo and state come from Temporal; the status only from a worker that answers. */
export interface ExportReport extends Undecoded {
  workflowId: string;
  runId: string;
  /** As Temporal spells it: `RUNNING`, `PAUSED`, `COMPLETED`, `FAILED`, `CANCELLED`, `TERMINATED`, `TIMED_OUT`, `CONTINUED_AS_NEW`. */
  workflowStatus: string;
  startedAt: string;
  closedAt: string | null;
  memo: ExportMemo;
  /** What the activity that is tried again failed with last; null when none is tried again, and in a list. */
  retrying: { activity: string; attempt: number; failure: string } | null;
  /** Of the result of an export that has succeeded; absent where it has none that can be decoded here, and in a list. */
  object?: ExportedObject;
  /** Null when no worker answered the query in time, or the answer cannot be decoded here. */
  status: ExportStatus | null;
}

const FOLLOW_INTERVAL_MS = 2_000;

/**
 * Reads one export: what Temporal itself knows first, then the query `exportStatus` if a worker answers within 2 s.
 *
 * @throws ExportError NoSuchExport, TemporalUnreachable; TemporalConfigurationError
 */
export async function readExport(client: Client, workflowId: string): Promise<ExportReport> {
  return (await readRun(client, workflowId)).report;
}

async function readRun(client: Client, workflowId: string, runId?: string): Promise<ReportOfRun<ExportReport>> {
  try {
    const run = await shortCall(client, () => describeRun(client, workflowId, runId));
    const [memo, retrying, object, answer] = await Promise.all([
      readMemo<ExportMemo>(client, run),
      retryingOf(client, run),
      objectOf(client, run),
      answerOf<ExportStatus>(client, run, MESSAGES.queries.exportStatus),
    ]);
    const report = {
      ...factsOfRun(run),
      memo: memo.value,
      retrying: retrying.value,
      ...(object && { object }),
      status: answer.value,
      ...ifUnreadable(answer, memo, retrying),
    };
    return { report, firstRunId: run.firstRunId };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** Open and recent exports, newest first, without their queries. */
export async function listExports(client: Client, limit = 100): Promise<ExportReport[]> {
  const query = `WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'`;
  try {
    const runs = await listRuns(client, query, limit, (page) => shortCall(client, page));
    return await Promise.all(
      runs.map(async (run) => {
        const memo = await readMemo<ExportMemo>(client, run);
        return { ...factsOfRun(run), memo: memo.value, retrying: null, status: null, ...ifUnreadable(null, memo) };
      }),
    );
  } catch (error) {
    throw toExportError(error, EXPORT_IMAGE_WORKFLOW);
  }
}

/**
 * Reports of an export until it has ended, the last one included. Goes on while Temporal is away for a while. Ends, too, when
 * a later export of that id has begun.
 *
 * @param onOutage called each time that Temporal did not answer
 * @param fromRunId the run to begin with; the latest when absent
 * @throws ExportError NoSuchExport; TemporalUnreachable when Temporal was away for ten minutes; TemporalConfigurationError
 */
export function followExport(
  client: Client,
  workflowId: string,
  intervalMs = FOLLOW_INTERVAL_MS,
  onOutage?: () => void,
  fromRunId?: string,
): AsyncGenerator<ExportReport> {
  return reportsUntilEnd((runId) => readRun(client, workflowId, runId), { intervalMs, onOutage, runId: fromRunId });
}

async function objectOf(client: Client, run: DescribedRun): Promise<ExportedObject | null> {
  if (run.type !== EXPORT_IMAGE_WORKFLOW || run.status !== 'COMPLETED') return null;
  return (await shortCall(client, () => resultOf(client, run)))?.object ?? null;
}

/** Of the oldest activity that has failed; the server lists them in any order. */
export async function retryingOf(
  client: Client,
  { workflowId, pendingActivities }: DescribedRun,
): Promise<Decoded<ExportReport['retrying']>> {
  const ids = (one: (typeof pendingActivities)[number]) => Number(one.activityId);
  for (const pending of pendingActivities.toSorted((one, other) => ids(one) - ids(other))) {
    const failure = await readLastFailure(client, workflowId, pending);
    if (failure === null || failure.value === '') continue;
    const { activityType, attempt } = pending;
    const value = { activity: activityType?.name ?? 'activity', attempt: attempt ?? 0, failure: failure.value };
    return { value, unreadable: failure.unreadable };
  }
  return { value: null, unreadable: false };
}
