/**
 * What keeps a client or a worker from Temporal, and what to do about it: the same texts for both.
 *
 * @module
 */
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
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { ExportError } from '../export-error';
import { TemporalConfigurationError } from './configuration-error';
import { diagnosisOf, type Handshake, NO_TLS } from './diagnosis';

/** gRPC status of a namespace that is not there. */
const NOT_FOUND = 5;
/** gRPC status of an update whose workflow task has failed (`WorkflowNotReady`), as when a worker is killed in the midst of it. */
const FAILED_PRECONDITION = 9;
/** gRPC status of a query that the visibility does not take, as by a search attribute that is not registered. */
const INVALID_ARGUMENT = 3;
/** gRPC statuses of a server that refuses the caller: PERMISSION_DENIED, UNAUTHENTICATED. */
const REFUSED_STATUSES: readonly unknown[] = [7, 16];

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
  TemporalConfigurationError,
];

/**
 * True for an update that the server has taken back: the worker has completed its task without it, as the SDK does at times
 * when many updates come at once, or that task has failed. The workflow has not refused it, and it can be sent again.
 */
export function wasNotProcessed(error: unknown): boolean {
  const wrapped = error instanceof WorkflowUpdateFailedError || error instanceof ServiceError;
  const cause = wrapped ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.type === 'UnprocessedUpdate';
  return isGrpcServiceError(cause) && cause.code === FAILED_PRECONDITION;
}

/**
 * @param cause what a connection that could not be made has thrown
 */
export async function noConnection(address: string, handshake: Handshake, cause: unknown): Promise<ExportError> {
  if (REFUSED_STATUSES.includes(grpcErrorOf(cause).code)) return refused(address, textOf(cause), cause);
  const why = (await diagnosisOf(address, handshake).catch(() => null)) ?? textOf(cause);
  const next = why === NO_TLS ? withoutTls(handshake) : nextStep(handshake);
  return unreachable(`No Temporal server answers at ${address} (${why}). ${next}`, cause);
}

/** What to check when a server refuses. */
const CHECK_ACCESS = 'Check TEMPORAL_API_KEY, the certificates that TEMPORAL_TLS_* name, and TEMPORAL_NAMESPACE.';

export function refused(address: string, why: string, cause: unknown): ExportError {
  return unreachable(`The Temporal server at ${address} refuses access (${why}). ${CHECK_ACCESS}`, cause);
}

/** The server took the worker at first. */
export function refusedLater(address: string, why: string, cause: unknown): ExportError {
  return unreachable(
    `The Temporal server at ${address} no longer accepts this worker (${why}). ${CHECK_ACCESS}`,
    cause,
  );
}

export function noSuchNamespace(namespace: string, cause: unknown): TemporalConfigurationError {
  return new TemporalConfigurationError(
    `Temporal has no namespace ${namespace}. Set --namespace or TEMPORAL_NAMESPACE to an existing namespace, or create this one.`,
    { cause },
  );
}

export function isNotFound(error: unknown): boolean {
  return grpcErrorOf(error).code === NOT_FOUND;
}

export function isInvalidArgument(error: unknown): boolean {
  return grpcErrorOf(error).code === INVALID_ARGUMENT;
}

/** True when the server has answered, and refuses. */
export function isRefused(error: unknown): boolean {
  return REFUSED_STATUSES.includes(grpcErrorOf(error).code) || isNotFound(error);
}

export function unreachable(message: string, cause: unknown): ExportError {
  return new ExportError('TemporalUnreachable', message, undefined, { cause });
}

/** What the server itself has said of a call that it refused, else the message. */
export function textOf(error: unknown): string {
  return grpcErrorOf(error).details || (error instanceof Error ? error.message : String(error));
}

function nextStep({ tls, proxy }: Handshake): string {
  if (proxy)
    return `It is reached through ${proxy}: check the proxy and TEMPORAL_ADDRESS, or name the host in NO_PROXY.`;
  return tls
    ? 'Check TEMPORAL_ADDRESS and the certificates (TEMPORAL_TLS_*), or the profile that names them.'
    : 'Start one with `ims-export temporal server start-dev`, or set TEMPORAL_ADDRESS to a running server.';
}

/** An API key turns TLS on where nothing else is said of TLS; settings of TLS are an object then. */
function withoutTls({ tls }: Handshake): string {
  const by =
    tls === true
      ? 'The API key (TEMPORAL_API_KEY or the profile) turns'
      : 'TEMPORAL_TLS, TEMPORAL_TLS_* or the profile turn';
  return `${by} TLS on. Check TEMPORAL_ADDRESS. Only for a local server without TLS: set TEMPORAL_TLS=false.`;
}

interface GrpcError {
  code?: unknown;
  details?: string;
}

/** The client wraps the errors of gRPC; a worker's connection does not. */
function grpcErrorOf(error: unknown): GrpcError {
  const { code, cause } = Object(error) as GrpcError & { cause?: unknown };
  return Object(code === undefined ? cause : error) as GrpcError;
}
