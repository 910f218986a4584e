import { loadClientConnectConfig } from '@temporalio/envconfig';
import { textOf, unreachable } from './unreachable';

/**
 * Where environment and profile say that Temporal is (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws ExportError TemporalUnreachable when they cannot be read
 */
export function temporalOfEnvironment(env: NodeJS.ProcessEnv = process.env) {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: env as Record<string, string>,
    });
    const address = withPort(connectionOptions.address);
    if (!ADDRESS.test(address) || !URL.canParse(`tcp://${address}`)) {
      throw new Error(`its address '${address}' is not like 'HOST:PORT'.`);
    }
    return { connectionOptions, address, namespace };
  } catch (error) {
    throw unreachable(`Where Temporal is cannot be read from the environment or its profile: ${textOf(error)}`, error);
  }
}

/** A host without a scheme, user or path: through a proxy, the SDK would not look at it. */
const ADDRESS = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+):\d+$/i;

/** The SDK takes the same one where there is none. */
function withPort(address = 'localhost'): string {
  return /:\d+$/.test(address) ? address : `${address}:7233`;
}
