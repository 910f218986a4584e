/**
 * What a caller of the service gets: a failure of the export, which ends the operation, or a disturbance on the way to
 * it, after which Nexus tries again.
 *
 * @module
 */
import { ServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HandlerError, OperationError } from 'nexus-rpc';
import { isUnreachable } from '../client/errors';

/** gRPC status of a start that the state of the workflow does not allow: the number of callers that wait for it is at Temporal's limit. */
const FAILED_PRECONDITION = 9;

/** Nothing of Temporal's own message is repeated: it may name what is not the caller's business. */
export function toNexusError(error: unknown, workflowId: string): Error {
  if (error instanceof HandlerError || error instanceof OperationError) return error;
  if (error instanceof ApplicationFailure) return operationFailed(error);
  if (isUnreachable(error)) {
    return new HandlerError('UNAVAILABLE', 'The Temporal server of the exports did not answer in time.');
  }
  if (codeOf(error) === FAILED_PRECONDITION) {
    // Not RESOURCE_EXHAUSTED: that would count against the endpoint, which serves others well.
    const message = `Temporal lets no more callers wait for ${workflowId}. The operation is retried, and returns the result once the export has succeeded.`;
    return new HandlerError('CONFLICT', message, { retryableOverride: true });
  }
  return new HandlerError('INTERNAL', `The export ${workflowId} could not be started or joined (${nameOf(error)}).`);
}

function operationFailed(failure: ApplicationFailure): OperationError {
  return new OperationError('failed', failure.message, { cause: failure });
}

function codeOf(error: unknown): unknown {
  const cause = error instanceof ServiceError ? error.cause : error;
  return (cause as { code?: unknown } | undefined)?.code;
}

function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error;
  const code = codeOf(error);
  return code === undefined ? name : `${name}, code ${code}`;
}
