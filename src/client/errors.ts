import {
  NamespaceNotFoundError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import {
  EXPORT_CANCELED,
  EXPORT_ENDED,
  exportBatchWorkflowId,
  FAILURE_TYPES,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
} from '../contract';
import { workflowCommand } from '../export/quoting';
import { ExportError } from '../export-error';
import { destinationOfUrl } from '../request/object-url';
import { isOfTemporal, isUnreachable, noSuchNamespace } from '../temporal/unreachable';

export { ExportError, type ExportErrorCode } from '../export-error';
export { isOfTemporal, isUnreachable } from '../temporal/unreachable';

/** How long a Temporal server may be away while a caller waits for an export. */
export const OUTAGE_PATIENCE_MS = 10 * 60_000;

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
  const message = `The data of ${workflowId} in Temporal cannot be decoded here${why}. Set the data converter of the namespace: \`--data-converter MODULE\`, or IMS_EXPORT_DATA_CONVERTER.`;
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
      'The Temporal server does not answer. Check that it is up, and run the command again.',
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
    const message = `There is no batch ${workflowId}. The id of a batch is ims-export-batch:<name>, with the time at its end if a schedule started it; \`ims-export list\` shows the known ones.`;
    return new ExportError('NoSuchExport', message, undefined, { cause });
  }
  const destination = destinationOfUrl(workflowId) ?? workflowId;
  const isDestination = !destination.startsWith('ims-export:') && destination.includes(':');
  const form = isDestination
    ? `Did you mean ims-export:${destination}?`
    : 'The id of an export is ims-export:<bucket>:<object key>;';
  return new ExportError(
    'NoSuchExport',
    `There is no export ${workflowId}. ${form} \`ims-export list\` shows the known ones.`,
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
    const message = isBatchId(workflowId)
      ? `The batch ${workflowId} was terminated or timed out. Exports that it started may still be running: \`ims-export list\` shows them.`
      : `The workflow ${workflowId} was terminated or timed out. A job may still be running in the cloud. \`${workflowCommand('status', workflowId)}\` shows the job id. Then track the job with \`ims-export attach\`.`;
    return new ExportError('Terminated', message, undefined, { cause: failure });
  }
  return undefined;
}

function canceled(workflowId: string, cause: Error): ExportError {
  const status = `\`${workflowCommand('status', workflowId)}\``;
  const message = isBatchId(workflowId)
    ? `The batch was canceled. ${status} shows what it had exported.`
    : `The export was canceled. ${status} shows whether a job is still running in the cloud.`;
  return new ExportError('Canceled', message, undefined, { cause });
}

const REPORTED = [...FAILURE_TYPES, NOTHING_TO_RESOLVE, NOT_VALIDATED_YET, EXPORT_ENDED] as const;

function isReported(type: unknown): type is (typeof REPORTED)[number] {
  return (REPORTED as readonly unknown[]).includes(type);
}
