import { readFileSync } from 'node:fs';
import { type ClientConfigProfile, loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { withoutUserInfo } from '../network/shown-url';
import { TemporalConfigurationError } from './configuration-error';
import { textOf } from './unreachable';

/** The address of Temporal is none. */
export class TemporalAddressError extends TemporalConfigurationError {
  override readonly name = 'TemporalAddressError';
}

/**
 * Where environment and profile say that Temporal is (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`,
 * `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`, or `temporal.toml`).
 *
 * @throws TemporalAddressError when the address is no `host:port`; TemporalConfigurationError when they cannot be read
 */
export function temporalOfEnvironment(env: NodeJS.ProcessEnv = process.env) {
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars: env as Record<string, string> });
    if (profile.tls?.disabled !== true) requireFiles(profile.tls, env);
    const { connectionOptions, namespace = 'default' } = toClientOptions(profile);
    requireHeaders(connectionOptions);
    const address = addressOf(connectionOptions.address);
    return { connectionOptions, address, namespace };
  } catch (error) {
    if (error instanceof TemporalConfigurationError) throw error;
    const cause = withoutQuote(error, env);
    const why = textOf(cause).replace(/\.$/, '');
    throw new TemporalConfigurationError(
      `The settings of Temporal cannot be read from the environment or its profile: ${why}. Correct it, or name another profile by --profile or TEMPORAL_PROFILE.`,
      { cause },
    );
  }
}

/** The files that TLS reads, each with its variable, and the field of a profile that it replaces. */
const TLS_FILES = [
  ['clientCert', 'client certificate', 'TEMPORAL_TLS_CLIENT_CERT_PATH', 'client_cert_path'],
  ['clientKey', "client certificate's key", 'TEMPORAL_TLS_CLIENT_KEY_PATH', 'client_key_path'],
  ['serverCACert', "certificate of the server's authority", 'TEMPORAL_TLS_SERVER_CA_CERT_PATH', 'server_ca_cert_path'],
] as const;

/** @throws TemporalConfigurationError, which names the setting of the first file that cannot be read */
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
      // In its place may stand what belongs into such a file: a private key is shown to nobody.
      const isContent = /[\r\n]|-----BEGIN/.test(source.path);
      const why = isContent
        ? `${setting} has the content of a file; it must be the path of one`
        : `${setting} is ${JSON.stringify(source.path)} (${textOf(error).replace(/, (open|read)\b.*$/s, '')}). Set it to an existing file that this user may read`;
      throw new TemporalConfigurationError(
        `The ${what} for Temporal cannot be read: ${why}.`,
        isContent ? {} : { cause: error },
      );
    }
  }
}

/** What the parser of TOML says. It quotes the lines around the mistake, where an API key may be. */
function withoutQuote(error: unknown, env: NodeJS.ProcessEnv): unknown {
  if (!(error instanceof Error && 'codeblock' in error)) return error;
  const { message, line, column } = error as Error & { line?: unknown; column?: unknown };
  const [reason] = message.split('\n');
  return new Error(`${reason} (line ${line}, column ${column} of ${env.TEMPORAL_CONFIG_FILE ?? 'temporal.toml'})`);
}

/** What gRPC sends as the value of a header. It quotes any other in its error, where an API key would be shown. */
const HEADER = /^[ -~]*$/;

function requireHeaders({ apiKey = '', metadata = {} }: { apiKey?: string; metadata?: object }): void {
  const headers = [
    ['API key (TEMPORAL_API_KEY, or api_key of the profile)', apiKey],
    ...Object.entries(metadata).map(([name, value]) => [
      `header ${name} (TEMPORAL_GRPC_META_*, or grpc_meta of the profile)`,
      String(value),
    ]),
  ] as const;
  const [name] = headers.find(([, value = '']) => !HEADER.test(value)) ?? [];
  if (name !== undefined) {
    throw new Error(`The ${name} has a character that no header can carry, such as a line break at its end.`);
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
