import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ExportError, noSuchNamespace } from './errors';
import { refusalOf } from './refusal';

const CONNECT_TIMEOUT = '5s';
/** gRPC status of a namespace that is not there. */
const NOT_FOUND = 5;

/**
 * Connects to the Temporal server that environment and profile name (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws ExportError TemporalUnreachable within seconds when no server answers
 */
export async function connectClient(): Promise<Client> {
  const { connectionOptions, namespace } = temporalOfEnvironment();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: CONNECT_TIMEOUT });
    return new Client({ connection, namespace });
  } catch (error) {
    const why = (await refusalOf(address, connectionOptions.tls).catch(() => null)) ?? textOf(error);
    throw unreachable(`No Temporal server answers at ${address} (${why}). ${nextStep(connectionOptions.tls)}`, error);
  }
}

/**
 * Makes sure that Temporal answers and has the namespace, for a worker, whose own connection words it less well.
 *
 * @throws ExportError TemporalUnreachable
 */
export async function requireTemporal(): Promise<void> {
  const { connection, options } = await connectClient();
  try {
    await connection.workflowService.describeNamespace({ namespace: options.namespace });
  } catch (error) {
    // Whoever may not ask about the namespace may still work in it.
    if ((error as { code?: unknown }).code === NOT_FOUND) throw noSuchNamespace(options.namespace, error);
  } finally {
    await connection.close();
  }
}

function temporalOfEnvironment(): ReturnType<typeof loadClientConnectConfig> {
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw unreachable(`Where Temporal is cannot be read from the environment or its profile: ${textOf(error)}`, error);
  }
}

function nextStep(tls: unknown): string {
  return tls
    ? 'Check TEMPORAL_ADDRESS and the certificates (TEMPORAL_TLS_*), or the profile that names them.'
    : 'Start one, or set TEMPORAL_ADDRESS.';
}

function unreachable(message: string, cause: unknown): ExportError {
  return new ExportError('TemporalUnreachable', message, undefined, { cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
