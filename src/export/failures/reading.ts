/**
 * Reading the failure of an export: which it is, what its details are, and why in short.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import type { ExportFailure, FailureDetails, FailureType } from '../../contract';
import { isFailureType } from './kinds';

/** A failure that may leave the workflow as it is. */
export type ExportApplicationFailure = ApplicationFailure & { readonly type: FailureType };

export function isExportFailure(error: unknown): error is ExportApplicationFailure {
  return error instanceof ApplicationFailure && isFailureType(error.type);
}

/**
 * What an export ended with, found in whatever a workflow or a client caught: the failure of a child, of a Nexus operation or
 * of a workflow, by itself or as the cause of others. `type` says what `details` are.
 *
 * @returns undefined for anything else, also for a cancel (`isCancellation` detects that)
 * @example
 * ```ts
 * try {
 *   await executeExportChild(input);
 * } catch (error) {
 *   const failure = exportFailureOf(error);
 *   if (failure?.type === 'ExportOutcomeUnknown') await notifyOnCall(failure.message, failure.details.jobId);
 *   throw error;
 * }
 * ```
 */
export function exportFailureOf(error: unknown): ExportFailure | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (isExportFailure(at) && isOfAnExport(at.details?.[0])) {
      return { type: at.type, message: at.message, details: at.details?.[0] } as ExportFailure;
    }
  }
  return undefined;
}

/** Others may call their failures `AccessDenied`, too. */
function isOfAnExport(details: unknown): boolean {
  return (
    typeof details === 'object' &&
    details !== null &&
    ('bucketUrl' in details || 'problems' in details || 'counts' in details)
  );
}

/**
 * Why an export failed, without its image and destination: a list of thousands shows those beside it, and has little
 * room for text.
 */
export function shortReason({ type, message, details }: ApplicationFailure): string {
  const { refusals, code, reason, error, problem, object, left } = (details?.[0] ?? {}) as {
    [field in DetailField]?: FieldOf<field>;
  };
  const said = error ? `${error.code}: ${error.message}` : null;
  switch (type) {
    case 'ExportNotAllowed':
      return refusals?.map((refusal) => refusal.message).join(' ') ?? message;
    case 'DestinationExists':
      return `An object is there${object ? `, last modified ${object.lastModified}` : ''}.${left ? ` ${left}` : ''}`;
    case 'ExportFailed':
      return [code, reason].filter(Boolean).join(': ') || 'The cloud gave no reason.';
    case 'ExportOutcomeUnknown':
      return said === null ? `${reason}` : `${reason} (${said})`;
    case 'ExportedObjectInvalid':
      return `The object is wrong: ${problem}.`;
    case 'SubmitRejected':
    case 'AccessDenied':
      return said ?? message;
    default:
      return message;
  }
}

type DetailField = 'refusals' | 'code' | 'reason' | 'error' | 'problem' | 'object' | 'left';
type FieldOf<field extends DetailField> = Extract<FailureDetails[FailureType], { [name in field]: unknown }>[field];
