import { loadClientConnectConfig } from '@temporalio/envconfig';
import { withoutUserInfo } from '../network/shown-url';
import { textOf, unreachable } from './unreachable';

/** The address of Temporal is none. */
export class TemporalAddressError extends Error {
  override readonly name = 'TemporalAddressError';
}

/**
 * Where environment and profile say that Temporal is (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws TemporalAddressError when the address is no `host:port`; ExportError TemporalUnreachable when they cannot be read
 */
export function temporalOfEnvironment(env: NodeJS.ProcessEnv = process.env) {
  try {
    const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
      overrideEnvVars: env as Record<string, string>,
    });
    return { connectionOptions, address: withPort(connectionOptions.address), namespace };
  } catch (error) {
    if (error instanceof TemporalAddressError) throw error;
    throw unreachable(`Where Temporal is cannot be read from the environment or its profile: ${textOf(error)}`, error);
  }
}

/** The SDK takes the same one where there is none. */
function withPort(address = 'localhost'): string {
  const [, scheme, host = ''] = /^(?:([a-z][\w+.-]*):\/\/)?(?:[^/]*@)?([^/]*)/i.exec(address) ?? [];
  if (host !== address) {
    const tls = scheme === 'https' ? ' For TLS, set TEMPORAL_TLS=true.' : '';
    throw new TemporalAddressError(
      `The address of Temporal is ${JSON.stringify(withoutUserInfo(address))}; expected host:port alone, such as ${host === '' ? 'localhost:7233' : hostWithPort(host)}: Temporal speaks gRPC, whose addresses have no scheme and no path.${tls} Set it by --address, TEMPORAL_ADDRESS or the profile.`,
    );
  }
  return hostWithPort(address);
}

function hostWithPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:7233`;
}
