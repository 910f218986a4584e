import { readFileSync } from 'node:fs';
import { type ClientConfigProfile, loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { ExportError } from '../export-error';
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
    const profile = loadClientConfigProfile({ overrideEnvVars: env as Record<string, string> });
    if (profile.tls?.disabled !== true) requireFiles(profile.tls, env);
    const { connectionOptions, namespace = 'default' } = toClientOptions(profile);
    const address = addressOf(connectionOptions.address);
    return { connectionOptions, address, namespace };
  } catch (error) {
    if (error instanceof TemporalAddressError || error instanceof ExportError) throw error;
    throw unreachable(
      `The settings of Temporal cannot be read from the environment or its profile: ${textOf(error)}`,
      error,
    );
  }
}

/** The files that TLS reads, each with its variable, and the field of a profile that it replaces. */
const TLS_FILES = [
  ['clientCert', 'client certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'client_cert_path'],
  ['clientKey', "client certificate's key", 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'client_key_path'],
  ['serverCACert', "certificate of the server's authority", 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'server_ca_cert_path'],
] as const;

/** @throws ExportError TemporalUnreachable, which names the setting of the first file that cannot be read */
function requireFiles(tls: ClientConfigProfile['tls'] = {}, env: NodeJS.ProcessEnv): void {
  for (const [part, what, variable, field] of TLS_FILES) {
    const source = tls[part];
    if (source === undefined || !('path' in source)) continue;
    try {
      readFileSync(source.path);
    } catch (error) {
      const setting =
        env[variable] === undefined
          ? `tls.${field} of the profile ${env.TEMPORAL_PROFILE || 'default'} in ${env.TEMPORAL_CONFIG_FILE || 'temporal.toml'}`
          : variable;
      throw unreachable(
        `The ${what} for Temporal cannot be read: ${setting} is ${JSON.stringify(source.path)} (${textOf(error).replace(/, (open|read)\b.*$/s, '')}). Set it to an existing file that this user may read.`,
        error,
      );
    }
  }
}

/** A host and a port, without a scheme, user or path: through a proxy, the SDK would not check it. */
const ADDRESS = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]]+):\d+$/i;

/** @returns with the port of the SDK where there is none */
function addressOf(configured = 'localhost'): string {
  const address = withPort(configured);
  if (isAddress(address)) return address;
  const [, scheme, host = ''] = /^(?:([a-z][\w+.-]*):\/\/)?(?:[^/]*@)?([^/]*)/i.exec(configured) ?? [];
  const example = isAddress(withPort(host)) ? withPort(host) : 'localhost:7233';
  const tls = scheme === 'https' ? ' For TLS, set TEMPORAL_TLS=true.' : '';
  throw new TemporalAddressError(
    `The address of Temporal is ${JSON.stringify(withoutUserInfo(configured))}; expected host:port alone, such as ${example}: Temporal speaks gRPC, whose addresses have no scheme and no path.${tls} Set it by --address, TEMPORAL_ADDRESS or the profile.`,
  );
}

function isAddress(address: string): boolean {
  return ADDRESS.test(address) && URL.canParse(`tcp://${address}`);
}

function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:7233`;
}
