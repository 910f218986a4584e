/**
 * What keeps a client or a worker from Temporal, and what to do about it: the same texts for both.
 *
 * @module
 */
import { ExportError } from '../export-error';
import { diagnosisOf, type Handshake } from './diagnosis';

/** gRPC status of a namespace that is not there. */
const NOT_FOUND = 5;
/** gRPC status of a query that the visibility does not take, as by a search attribute that is not registered. */
const INVALID_ARGUMENT = 3;
/** gRPC statuses of a server that refuses the caller: PERMISSION_DENIED, UNAUTHENTICATED. */
const REFUSED_STATUSES: readonly unknown[] = [7, 16];

/**
 * @param cause what a connection that could not be made has thrown
 * @param hint what else to check
 */
export async function noConnection(
  address: string,
  handshake: Handshake,
  cause: unknown,
  hint = '',
): Promise<ExportError> {
  if (REFUSED_STATUSES.includes(grpcErrorOf(cause).code)) return refused(address, textOf(cause), cause);
  const why = (await diagnosisOf(address, handshake).catch(() => null)) ?? textOf(cause);
  return unreachable(`No Temporal server answers at ${address} (${why}). ${nextStep(handshake.tls)}${hint}`, cause);
}

/** What to check when a server refuses. */
const CHECK_ACCESS = 'Check TEMPORAL_API_KEY, the certificates that TEMPORAL_TLS_* name, and TEMPORAL_NAMESPACE.';

export function refused(address: string, why: string, cause: unknown): ExportError {
  return unreachable(`The Temporal server at ${address} refuses to let us in (${why}). ${CHECK_ACCESS}`, cause);
}

/** The server took the worker at first. */
export function refusedLater(address: string, why: string, cause: unknown): ExportError {
  return unreachable(
    `The Temporal server at ${address} no longer accepts this worker (${why}). ${CHECK_ACCESS}`,
    cause,
  );
}

export function noSuchNamespace(namespace: string, cause: unknown): ExportError {
  return unreachable(
    `Temporal has no namespace ${namespace}. Set TEMPORAL_NAMESPACE to one that it has, or create this one.`,
    cause,
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

function nextStep(tls: unknown): string {
  return tls
    ? 'Check TEMPORAL_ADDRESS and the certificates (TEMPORAL_TLS_*), or the profile that names them.'
    : 'Start one with `temporal server start-dev`, or set TEMPORAL_ADDRESS to the one you have.';
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
