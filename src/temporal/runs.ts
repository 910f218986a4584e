/**
 * Runs of workflows as Temporal itself knows them.
 *
 * By raw calls of its service: the SDK's `describe` and `list` decode every memo, and throw where one of them cannot be decoded
 * here, as in a namespace that encrypts with several keys. These decode what is asked for, field by field.
 *
 * @module
 */
import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { rethrowKnownErrorTypes } from '@temporalio/client/lib/helpers';
import type { SerializationContext } from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeMapFromPayloads,
  decodeOptionalFailureToOptionalError,
} from '@temporalio/common/lib/internal-non-workflow';
import { optionalTsToDate, requiredTsToDate } from '@temporalio/common/lib/time';
import { isNotFound, textOf } from './unreachable';

type Raw = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;
type RawInfo = NonNullable<Raw['workflowExecutionInfo']>;
type RawPendingActivity = NonNullable<Raw['pendingActivities']>[number];

/** A run, without anything that has to be decoded. */
export interface Run {
  workflowId: string;
  runId: string;
  /** The run that the workflow began with, before any continue-as-new: it distinguishes the workflow from a later one of the same id. */
  firstRunId: string;
  type: string;
  /** As Temporal spells it: `RUNNING`, `PAUSED`, `COMPLETED`, … */
  status: string;
  startTime: Date;
  closeTime?: Date;
  parentId: string | null;
  raw: RawInfo;
}

export interface DescribedRun extends Run {
  cancelRequested: boolean;
  pendingActivities: RawPendingActivity[];
}

/**
 * @param runId the latest when absent
 * @throws WorkflowNotFoundError, NamespaceNotFoundError; an error of gRPC when the server does not answer
 */
export async function describeRun(client: Client, workflowId: string, runId?: string): Promise<DescribedRun> {
  const { namespace } = client.options;
  const raw = await client.workflowService
    .describeWorkflowExecution({ namespace, execution: { workflowId, runId } })
    .catch((error: unknown) => {
      if (isGrpcServiceError(error)) rethrowKnownErrorTypes(error);
      throw isNotFound(error) ? new WorkflowNotFoundError('Workflow not found', workflowId, runId) : error;
    });
  return {
    ...runOf(raw.workflowExecutionInfo ?? {}),
    cancelRequested: raw.workflowExtendedInfo?.cancelRequested ?? false,
    pendingActivities: raw.pendingActivities ?? [],
  };
}

const PAGE_SIZE = 100;

/**
 * Those that a query of the visibility matches: the open ones, then by their ends, newest first.
 *
 * @param call makes the call for each page, with its deadline
 */
export async function listRuns(
  client: Client,
  query: string,
  limit: number,
  call: <T>(page: () => Promise<T>) => Promise<T> = (page) => page(),
): Promise<Run[]> {
  const { namespace } = client.options;
  const runs: Run[] = [];
  for (let nextPageToken: Uint8Array | undefined; ; ) {
    const pageSize = Math.min(PAGE_SIZE, limit - runs.length);
    const page = await call(() =>
      client.workflowService.listWorkflowExecutions({ namespace, query, pageSize, nextPageToken }),
    ).catch((error: unknown) => {
      if (isGrpcServiceError(error)) rethrowKnownErrorTypes(error);
      throw error;
    });
    runs.push(...(page.executions ?? []).map(runOf));
    nextPageToken = page.nextPageToken ?? undefined;
    if (!nextPageToken?.length || runs.length >= limit) return runs;
  }
}

/** In the order of Temporal's `WorkflowExecutionStatus`, as its SDK spells them. */
const STATUSES = [
  ...['UNSPECIFIED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'CONTINUED_AS_NEW', 'TIMED_OUT'],
  'PAUSED',
];

/** Temporal's word for the state of a workflow, in plain English: `running`, `canceled`, `timed out`. */
export function stateText(workflowStatus: string): string {
  return workflowStatus === 'CANCELLED' ? 'canceled' : workflowStatus.toLowerCase().replaceAll('_', ' ');
}

function runOf(raw: RawInfo): Run {
  const runId = raw.execution?.runId ?? '';
  return {
    workflowId: raw.execution?.workflowId ?? '',
    runId,
    firstRunId: raw.firstRunId || runId,
    type: raw.type?.name ?? '',
    status: STATUSES[raw.status ?? 0] ?? 'UNKNOWN',
    startTime: requiredTsToDate(raw.startTime, 'startTime'),
    closeTime: optionalTsToDate(raw.closeTime),
    parentId: raw.parentExecution?.workflowId ?? null,
    raw,
  };
}

/** What was decoded, and whether there is more that could not be. */
export interface Decoded<T> {
  value: T;
  unreadable: boolean;
}

/** @param only these fields; all when absent */
export async function readMemo<Memo extends object>(
  client: Client,
  { workflowId, raw }: Pick<Run, 'workflowId' | 'raw'>,
  only?: ReadonlyArray<keyof Memo & string>,
): Promise<Decoded<Partial<Memo>>> {
  const context = contextOfWorkflow(client, workflowId);
  const fields = Object.entries(raw.memo?.fields ?? {}).filter(([name]) => only?.some((one) => one === name) ?? true);
  const decoded = await Promise.all(
    fields.map(([name, payload]) =>
      decodeMapFromPayloads(client.options.loadedDataConverter, { [name]: payload }, context).catch(() => null),
    ),
  );
  return { value: Object.assign({}, ...decoded), unreadable: decoded.includes(null) };
}

/** What a run was started with, of the first event of its history. @throws UndecodableArguments */
export async function readArguments(client: Client, workflowId: string, runId: string): Promise<unknown[]> {
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
    maximumPageSize: 1,
  });
  const { input } = history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  const payloads = input?.payloads ?? [];
  return await decodeArrayFromPayloads(
    client.options.loadedDataConverter,
    payloads,
    contextOfWorkflow(client, workflowId),
  ).catch((error: unknown) => {
    throw new UndecodableArguments(error);
  });
}

export class UndecodableArguments extends Error {
  /** What the data converter has said. */
  readonly why: string;

  constructor(cause: unknown) {
    const why = textOf(cause);
    super(`What the workflow was started with cannot be decoded here: ${why}`, { cause });
    this.why = why;
  }
}

/** Of an activity that is tried again: what its last attempt failed with. Null where it has not failed. */
export async function readLastFailure(
  client: Client,
  workflowId: string,
  { activityId, lastFailure }: RawPendingActivity,
): Promise<Decoded<string> | null> {
  if (!lastFailure) return null;
  const { namespace, loadedDataConverter } = client.options;
  const context = { type: 'activity', namespace, workflowId, activityId: activityId ?? '', isLocal: false } as const;
  try {
    const error = await decodeOptionalFailureToOptionalError(loadedDataConverter, lastFailure, context);
    return { value: error?.message ?? '', unreadable: false };
  } catch {
    return { value: 'a failure that cannot be decoded here', unreadable: true };
  }
}

/** Of the last activity that a run has given up; undefined where there is none, or it cannot be decoded here. */
export async function readActivityFailure(
  client: Client,
  workflowId: string,
  runId: string,
): Promise<Error | undefined> {
  const { namespace, loadedDataConverter } = client.options;
  const { history } = await client.workflowService.getWorkflowExecutionHistory({
    namespace,
    execution: { workflowId, runId },
  });
  const events = history?.events ?? [];
  const failed = events.findLast((event) => event.activityTaskFailedEventAttributes)?.activityTaskFailedEventAttributes;
  const scheduled = events.find(({ eventId }) => String(eventId) === String(failed?.scheduledEventId));
  const activityId = scheduled?.activityTaskScheduledEventAttributes?.activityId ?? '';
  const context = { type: 'activity', namespace, workflowId, activityId, isLocal: false } as const;
  return await decodeOptionalFailureToOptionalError(loadedDataConverter, failed?.failure, context).catch(
    () => undefined,
  );
}

function contextOfWorkflow({ options: { namespace } }: Client, workflowId: string): SerializationContext {
  return { type: 'workflow', namespace, workflowId };
}
