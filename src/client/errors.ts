import {
  isGrpcServiceError,
  NamespaceNotFoundError,
  QueryNotRegisteredError,
  QueryRejectedError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import {
  EXPORT_CANCELED,
  EXPORT_ENDED,
  exportBatchWorkflowId,
  FAILURE_TYPES,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
} from '../contract';
import { ExportError } from '../export-error';
import { noSuchNamespace } from '../temporal/unreachable';

export { ExportError, type ExportErrorCode } from '../export-error';

/** How long a Temporal server may be away while a caller waits for an export. */
export const OUTAGE_PATIENCE_MS = 10 * 60_000;

/** gRPC statuses of a server that cannot be reached, does not answer in time, or has too much to do. */
const UNREACHABLE_STATUSES = new Set([
  4 /* DEADLINE_EXCEEDED */, 8 /* RESOURCE_EXHAUSTED */, 13 /* INTERNAL, as of a broken stream */, 14 /* UNAVAILABLE */,
]);

/** True when Temporal itself did not answer, so that the same call may succeed later. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const cause = error instanceof ServiceError ? error.cause : error;
  return typeof cause === 'object' && cause !== null && 'code' in cause && UNREACHABLE_STATUSES.has(Number(cause.code));
}

/**
 * True for what Temporal or a workflow has answered, and where neither did. Anything else that a call to read something
 * throws is of its decoding.
 */
export function isOfTemporal(error: unknown): boolean {
  return isGrpcServiceError(error) || OF_TEMPORAL.some((type) => error instanceof type);
}

const OF_TEMPORAL = [
  ...[ServiceError, NamespaceNotFoundError, WorkflowNotFoundError, QueryNotRegisteredError, QueryRejectedError],
  ...[WorkflowFailedError, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError, TemporalFailure],
];

/** An answer as it is, or that it cannot be decoded. @throws ExportError Unreadable */
export async function readable<T>(workflowId: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw isOfTemporal(error) || error instanceof ExportError ? error : unreadable(workflowId, error);
  }
}

export function unreadable(workflowId: string, cause?: unknown): ExportError {
  const why = cause instanceof Error ? ` (${cause.message})` : '';
  const message = `What Temporal has of ${workflowId} cannot be decoded here${why}. Name the data converter of the namespace: \`--data-converter MODULE\`, or IMS_EXPORT_DATA_CONVERTER.`;
  return new ExportError('Unreadable', message, undefined, { cause });
}

/** An error of Temporal's client as an {@link ExportError}; anything else as it is. */
export function toExportError(error: unknown, workflowId: string): unknown {
  if (error instanceof ExportError) return error;
  if (error instanceof WorkflowNotFoundError) return noSuchExport(workflowId, error);
  if (error instanceof NamespaceNotFoundError) return noSuchNamespace(error.namespace, error);
  if (isUnreachable(error)) {
    return new ExportError(
      'TemporalUnreachable',
      'The Temporal server does not answer. Look whether it is up, and ask again.',
      undefined,
      { cause: error },
    );
  }
  if (error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError) {
    return fromFailure(error.cause, workflowId) ?? error;
  }
  return fromFailure(error, workflowId) ?? error;
}

export function noSuchExport(workflowId: string, cause?: unknown): ExportError {
  if (isBatchId(workflowId)) {
    const message = `There is no batch ${workflowId}. Its id is ims-export-batch:<name>, as \`ims-export batch\` has printed it.`;
    return new ExportError('NoSuchExport', message, undefined, { cause });
  }
  const isDestination = !workflowId.startsWith('ims-export:') && workflowId.includes(':');
  const form = isDestination ? `Did you mean ims-export:${workflowId}?` : 'Its id is ims-export:<bucket>:<object key>;';
  return new ExportError(
    'NoSuchExport',
    `There is no export ${workflowId}. ${form} \`ims-export list\` shows those that are known.`,
    undefined,
    { cause },
  );
}

/** Of one that was started here; a schedule may give its batches other ids. */
export function isBatchId(workflowId: string): boolean {
  return workflowId.startsWith(exportBatchWorkflowId(''));
}

function fromFailure(failure: unknown, workflowId: string): ExportError | undefined {
  if (failure instanceof ApplicationFailure) {
    if (failure.type === EXPORT_CANCELED) return canceled(workflowId, failure);
    if (!isReported(failure.type)) return undefined;
    return new ExportError(failure.type, failure.message, failure.details?.[0], { cause: failure });
  }
  if (failure instanceof CancelledFailure) return canceled(workflowId, failure);
  if (failure instanceof TerminatedFailure || failure instanceof TimeoutFailure) {
    const message = `The workflow ${workflowId} was ended from outside; a job in the cloud may go on. \`ims-export status ${workflowId}\` tells its id.`;
    return new ExportError('Terminated', message, undefined, { cause: failure });
  }
  return undefined;
}

function canceled(workflowId: string, cause: Error): ExportError {
  const message = `The export was canceled. \`ims-export status ${workflowId}\` tells whether a job goes on in the cloud.`;
  return new ExportError('Canceled', message, undefined, { cause });
}

const REPORTED = [...FAILURE_TYPES, NOTHING_TO_RESOLVE, NOT_VALIDATED_YET, EXPORT_ENDED] as const;

function isReported(type: unknown): type is (typeof REPORTED)[number] {
  return (REPORTED as readonly unknown[]).includes(type);
}
