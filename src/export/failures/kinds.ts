/**
 * What each failure means for the outcome of an export.
 *
 * @module
 */
import { type ExportOutcome, FAILURE_TYPES, type FailureType } from '../../contract';

/**
 * - `refused`: an answer to the caller, nothing was submitted
 * - `rejected`: nothing was submitted, though the request was right: the cloud or the credentials did not let it be, or there was
 *   nothing to submit
 * - `failed`: it was submitted, and the job or its object is not right; of a batch, its images
 * - `unknown`: a job may still run
 */
export type FailureKind = 'refused' | 'rejected' | 'failed' | 'unknown';

export const FAILURE_KINDS: { readonly [type in FailureType]: FailureKind } = {
  InvalidExportRequest: 'refused',
  ExportNotAllowed: 'refused',
  DestinationExists: 'refused',
  DestinationBusy: 'refused',
  SubmitRejected: 'rejected',
  AccessDenied: 'rejected',
  NothingToExport: 'rejected',
  ExportFailed: 'failed',
  ExportedObjectInvalid: 'failed',
  BatchFailed: 'failed',
  ExportOutcomeUnknown: 'unknown',
};

/** What an export has ended as that ended with such a failure. */
export function outcomeOf(type: FailureType): Extract<ExportOutcome, 'failed' | 'unknown'> {
  return FAILURE_KINDS[type] === 'unknown' ? 'unknown' : 'failed';
}

/** True for an answer to the caller: neither worker nor cloud is at fault. */
export function isBenign(type: unknown): boolean {
  return isFailureType(type) && FAILURE_KINDS[type] === 'refused';
}

/** True for the failures that say that nothing was submitted. */
export function saysNothingSubmitted(type: unknown): boolean {
  return isFailureType(type) && ['refused', 'rejected'].includes(FAILURE_KINDS[type]);
}

export function isFailureType(type: unknown): type is FailureType {
  return (FAILURE_TYPES as readonly unknown[]).includes(type);
}
