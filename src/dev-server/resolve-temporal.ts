import { type ClientConnectConfig, loadClientConnectConfig } from '@temporalio/envconfig';
import { type DevServerOptions, startDevServer } from './dev-server';
import { findTemporalCli } from './find-temporal-cli';
import type { FindServerOptions } from './server-search';

export interface ResolveTemporalOptions extends DevServerOptions, Pick<FindServerOptions, 'env' | 'onProgress'> {}

/** The Temporal service to use, ours or another one. */
export interface ResolvedTemporal {
  address: string;
  namespace: string;
  /** URL of the Web UI of the dev server that was started; undefined where the server is not ours. */
  webUi?: string;
  /** For `Connection.connect` and `NativeConnection.connect`: the address, and TLS, API key and headers where set. */
  connectionOptions: ClientConnectConfig['connectionOptions'];
  /** Stops the dev server; does nothing to a server that is not ours. */
  stop(): Promise<void>;
}

/**
 * Uses the server of `TEMPORAL_ADDRESS` (with the rest of `TEMPORAL_*`, through @temporalio/envconfig) when that is
 * set, without asking whether it answers; else finds the Temporal CLI and starts a dev server.
 *
 * @throws DevServerNotStarted, InvalidServerPath, ServerNotFound
 */
export async function resolveTemporal(options: ResolveTemporalOptions = {}): Promise<ResolvedTemporal> {
  const { env = process.env, onProgress, ...devServer } = options;
  if (env.TEMPORAL_ADDRESS) {
    const { connectionOptions, namespace } = loadClientConnectConfig({ overrideEnvVars: definedOnly(env) });
    return {
      address: connectionOptions.address ?? env.TEMPORAL_ADDRESS,
      namespace: namespace ?? 'default',
      connectionOptions,
      stop: async () => undefined,
    };
  }
  const cli = devServer.cli ?? (await findTemporalCli({ env, onProgress })).path;
  const server = await startDevServer({ ...devServer, cli });
  return {
    address: server.address,
    namespace: server.namespace,
    webUi: server.webUi ?? undefined,
    connectionOptions: { address: server.address },
    stop: () => server.stop(),
  };
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}
