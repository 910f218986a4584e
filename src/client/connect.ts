import { Client, Connection, ServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ExportError, noSuchNamespace } from './errors';
import { refusalOf } from './refusal';
import { shortCall } from './temporal-calls';

const CONNECT_TIMEOUT = '5s';
/** gRPC status of a namespace that is not there. */
const NOT_FOUND = 5;
/** gRPC statuses of a server that refuses the caller: PERMISSION_DENIED, UNAUTHENTICATED. */
const REFUSALS = new Set([7, 16]);

/**
 * Connects to the Temporal server that environment and profile name (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws ExportError TemporalUnreachable within seconds when no server answers
 */
export async function connectClient(env: NodeJS.ProcessEnv = process.env): Promise<Client> {
  const { connectionOptions, address, namespace } = temporalOfEnvironment(env);
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: CONNECT_TIMEOUT });
    return new Client({ connection, namespace });
  } catch (error) {
    if (isRefusal(error)) {
      const message = `The Temporal server at ${address} refuses to let us in (${textOf(error)}). Check TEMPORAL_API_KEY, the certificates that TEMPORAL_TLS_* name, and TEMPORAL_NAMESPACE.`;
      throw unreachable(message, error);
    }
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
  const client = await connectClient();
  try {
    await requireNamespace(client);
  } finally {
    await client.connection.close();
  }
}

/**
 * False where the server does not say whether it has the namespace: whoever may not ask about it may still work in it.
 *
 * @throws ExportError TemporalUnreachable when Temporal answers that it does not have the namespace
 */
export async function requireNamespace(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  try {
    await shortCall(client, () => client.workflowService.describeNamespace({ namespace }));
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === NOT_FOUND) throw noSuchNamespace(namespace, error);
    return false;
  }
}

/**
 * Where the environment and its profile say that Temporal is.
 *
 * @throws ExportError TemporalUnreachable when they cannot be read
 */
export function temporalOfEnvironment(env: NodeJS.ProcessEnv = process.env) {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: env as Record<string, string>,
    });
    return { connectionOptions, address: connectionOptions.address ?? 'localhost:7233', namespace };
  } catch (error) {
    throw unreachable(`Where Temporal is cannot be read from the environment or its profile: ${textOf(error)}`, error);
  }
}

function nextStep(tls: unknown): string {
  return tls
    ? 'Check TEMPORAL_ADDRESS and the certificates (TEMPORAL_TLS_*), or the profile that names them.'
    : 'Start one with `temporal server start-dev`, or set TEMPORAL_ADDRESS to the one you have.';
}

function isRefusal(error: unknown): boolean {
  const cause = error instanceof ServiceError ? error.cause : error;
  return REFUSALS.has(Number((cause as { code?: unknown } | undefined)?.code));
}

function unreachable(message: string, cause: unknown): ExportError {
  return new ExportError('TemporalUnreachable', message, undefined, { cause });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
