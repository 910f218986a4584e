import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { ExportError } from './errors';

const CONNECT_TIMEOUT = '5s';

/**
 * Connects to the Temporal server that environment and profile name (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws ExportError TemporalUnreachable within seconds when no server answers
 */
export async function connectClient(): Promise<Client> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const address = connectionOptions.address ?? 'localhost:7233';
  try {
    const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout: CONNECT_TIMEOUT });
    return new Client({ connection, namespace });
  } catch (error) {
    throw new ExportError(
      'TemporalUnreachable',
      `No Temporal server answers at ${address} (${error instanceof Error ? error.message : String(error)}). Start one, or set TEMPORAL_ADDRESS.`,
      undefined,
      { cause: error },
    );
  }
}
