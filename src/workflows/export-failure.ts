import type { ExportFailure } from '../contract';
import { isExportFailure } from './failures';

/**
 * What an export ended with, found in whatever a workflow or a client caught: the failure of a child, of a Nexus operation or
 * of a workflow, by itself or as the cause of others. `type` says what `details` are.
 *
 * @returns undefined of anything else, of a cancel among others (`isCancellation` tells that)
 * @example
 * ```ts
 * try {
 *   await executeExportChild(input);
 * } catch (error) {
 *   const failure = exportFailureOf(error);
 *   if (failure?.type === 'ExportOutcomeUnknown') await tellOnCall(failure.message, failure.details.jobId);
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
  return typeof details === 'object' && details !== null && ('bucketUrl' in details || 'problems' in details);
}
