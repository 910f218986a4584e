import type { ApplicationFailure } from '@temporalio/workflow';
import type { CloudErrorInfo } from '../contract';

/**
 * Why an export has failed, without its image and destination: whoever reads of thousands has those beside it, and little
 * room for words.
 */
export function reasonOf({ type, message, details }: ApplicationFailure): string {
  const { refusals, code, reason, error, problem, object } = (details?.[0] ?? {}) as FailureDetails;
  const told = error ? `${error.code}: ${error.message}` : null;
  switch (type) {
    case 'ExportNotAllowed':
      return refusals?.map((refusal) => refusal.message).join(' ') ?? message;
    case 'DestinationExists':
      return object ? `An object is there, last modified ${object.lastModified}.` : 'An object is there.';
    case 'ExportFailed':
      return [code, reason].filter(Boolean).join(': ') || 'The cloud gave no reason.';
    case 'ExportOutcomeUnknown':
      return told === null ? `${reason}` : `${reason} (${told})`;
    case 'ExportedObjectInvalid':
      return `The object is not right: ${problem}.`;
    case 'SubmitRejected':
    case 'AccessDenied':
      return told ?? message;
    default:
      return message;
  }
}

/** What the details of the failure types may have, by the contract. */
interface FailureDetails {
  refusals?: Array<{ message: string }>;
  code?: string | null;
  reason?: string | null;
  error?: CloudErrorInfo | null;
  problem?: string;
  object?: { lastModified: string } | null;
}
