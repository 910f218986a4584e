import { Client, Connection } from '@temporalio/client';
import { dataConverterOf } from '../temporal/data-converter';
import { temporalOfEnvironment } from '../temporal/place';
import { clientRoute, routeOfTemporal } from '../temporal/route';
import { isNotFound, noConnection, noSuchNamespace } from '../temporal/unreachable';
import { shortCall } from './temporal-calls';

const CONNECT_TIMEOUT = '5s';

/**
 * Connects to the Temporal server that environment and profile name (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`), with the data converter of
 * `IMS_EXPORT_DATA_CONVERTER`.
 *
 * Through a proxy where the environment names one (HTTPS_PROXY, grpc_proxy, NO_PROXY), as a worker.
 *
 * @throws ExportError TemporalUnreachable within seconds when no server answers; DataConverterError, which names the module;
 *   ProxyConfigurationError, which names the variable; TemporalConfigurationError, which names the setting
 */
export async function connectClient(env: NodeJS.ProcessEnv = process.env): Promise<Client> {
  const { connectionOptions, address, namespace } = temporalOfEnvironment(env);
  const dataConverter = await dataConverterOf(env);
  const route = routeOfTemporal(address, env);
  try {
    const options = { ...connectionOptions, ...clientRoute(address, route), connectTimeout: CONNECT_TIMEOUT };
    const connection = await Connection.connect(options);
    return new Client({ connection, namespace, dataConverter });
  } catch (error) {
    throw await noConnection(address, { tls: connectionOptions.tls, checkCertificate: true, ...route }, error);
  }
}

/**
 * False where the server does not say whether it has the namespace: a caller that may not ask about it may still work in it.
 *
 * @throws TemporalConfigurationError when Temporal answers that it does not have the namespace
 */
export async function requireNamespace(client: Client): Promise<boolean> {
  const { namespace } = client.options;
  try {
    await shortCall(client, () => client.workflowService.describeNamespace({ namespace }));
    return true;
  } catch (error) {
    if (isNotFound(error)) throw noSuchNamespace(namespace, error);
    return false;
  }
}
