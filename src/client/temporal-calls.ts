/**
 * Calls to Temporal with a bound: a server that is frozen or away never makes a caller hang.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import {
  type Decoded,
  type DescribedRun,
  describeRun,
  type Run,
  readArguments,
  readMemo,
  UndecodableArguments,
} from '../temporal/runs';
import { ExportError, isOfTemporal, isUnreachable, OUTAGE_PATIENCE_MS, unreadable } from './errors';

/** A server that is there answers a short call at once. */
const SHORT_CALL_MS = 8_000;

/** Makes calls that a server answers at once, or fails within seconds. */
export function shortCall<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + SHORT_CALL_MS, call);
}

/** Undefined when there is no run of that id, or none any more. */
export async function findRun<Memo extends object>(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<(DescribedRun & { memo: Partial<Memo>; unreadable: boolean }) | undefined> {
  try {
    const run = await shortCall(client, () => describeRun(client, workflowId, runId));
    const { value: memo, unreadable } = await readMemo<Memo>(client, run);
    return { ...run, memo, unreadable };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** What Temporal itself knows of a run, as the reports of exports and batches show it. */
export function factsOfRun({ workflowId, runId, status, startTime, closeTime }: Run) {
  return {
    workflowId,
    runId,
    workflowStatus: status,
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
  };
}

/**
 * Before anything is sent that a workflow has to decode: a caller that cannot decode what it was started with would encode
 * otherwise than its worker does, and an update or a signal that the worker cannot decode fails the workflow task, again and
 * again.
 *
 * @throws ExportError Unreadable
 */
export async function requireReadable(client: Client, { workflowId, runId }: Run): Promise<void> {
  await shortCall(client, () => readArguments(client, workflowId, runId)).catch((error: unknown) => {
    throw error instanceof UndecodableArguments ? unreadable(workflowId, error.cause) : error;
  });
}

/** What of a report could not be decoded here, as without the data converter of the namespace: that is left out. */
export interface Undecoded {
  /** Set where some of it cannot be decoded. */
  unreadable?: true;
  /** Set where a worker has answered, and that answer cannot be decoded. */
  statusUnreadable?: true;
}

/** @param answer of a worker; null where none was asked */
export function ifUnreadable(answer: Decoded<unknown> | null, ...parts: ReadonlyArray<Decoded<unknown>>): Undecoded {
  if (answer?.unreadable) return { unreadable: true, statusUnreadable: true };
  return parts.some(({ unreadable }) => unreadable) ? { unreadable: true } : {};
}

/** A worker that is there answers a query within this time. */
const QUERY_TIMEOUT_MS = 2_000;

/**
 * The answer of a run to a query; null where no worker answers in time, an old one does, or the workflow has not started, and
 * where the answer cannot be decoded here.
 */
export async function answerOf<Status>(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
  query: string,
  patienceMs = QUERY_TIMEOUT_MS,
): Promise<Decoded<Status | null>> {
  try {
    const value = await client.withDeadline(Date.now() + Math.min(patienceMs, QUERY_TIMEOUT_MS), () =>
      client.workflow.getHandle(workflowId, runId).query<Status>(query),
    );
    return { value, unreadable: false };
  } catch (error) {
    return { value: null, unreadable: !isOfTemporal(error) };
  }
}

/** Repeats a wait while the Temporal server is away, for up to ten minutes. */
export async function throughOutages<T>(wait: () => Promise<T>): Promise<T> {
  let awaySinceMs: number | null = null;
  for (;;) {
    const startedAtMs = Date.now();
    try {
      return await wait();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // A wait that held for a while before it broke was answered: the outage begins now.
      if (awaySinceMs === null || Date.now() - startedAtMs > 60_000) awaySinceMs = Date.now();
      if (Date.now() - awaySinceMs > OUTAGE_PATIENCE_MS) throw error;
      await sleep(1_000);
    }
  }
}

export interface FollowOptions {
  intervalMs: number;
  /** The run to begin with; the latest when absent. */
  runId?: string;
  /** Called each time that Temporal did not answer. */
  onOutage?: () => void;
}

/** What shows whether a workflow goes on. */
interface Followed {
  runId: string;
  workflowStatus: string;
  closedAt: string | null;
}

/** A report, and the run that its workflow began with. */
export interface ReportOfRun<Report> {
  report: Report;
  firstRunId: string;
}

/**
 * Reads again and again until the workflow has ended; that report is given too. Goes on while Temporal is away for up to ten
 * minutes, and while the workflow is paused there. A later workflow of the same id is another one.
 *
 * @param read of the latest run where it is given none; throws ExportError
 */
export async function* reportsUntilEnd<Report extends Followed>(
  read: (runId?: string) => Promise<ReportOfRun<Report>>,
  { intervalMs, onOutage = () => {}, runId }: FollowOptions,
): AsyncGenerator<Report> {
  let answeredAtMs = Date.now();
  let last: { firstRunId: string; runId: string } | undefined;
  for (;;) {
    try {
      const latest = await read(last === undefined ? runId : undefined);
      const isOther = last !== undefined && latest.firstRunId !== last.firstRunId;
      const { report, firstRunId } = isOther ? await read(last?.runId) : latest;
      answeredAtMs = Date.now();
      last = { firstRunId, runId: report.runId };
      yield report;
      if (isOther) return;
      if (report.closedAt !== null && report.workflowStatus !== 'CONTINUED_AS_NEW') return;
    } catch (error) {
      const isOutage = error instanceof ExportError && isUnreachable(error.cause);
      if (!isOutage || Date.now() - answeredAtMs > OUTAGE_PATIENCE_MS) throw error;
      onOutage();
    }
    await sleep(intervalMs);
  }
}
