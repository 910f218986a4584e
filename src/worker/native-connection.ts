/**
 * The connection of a worker: of Temporal's native core, which trusts other certificates than Node does, knows no proxy
 * but the one that it is given, and names causes as its programmers do.
 *
 * @module
 */
import { NativeConnection, type NativeConnectionOptions } from '@temporalio/worker';
import type { ExportError } from '../export-error';
import { temporalOfEnvironment } from '../temporal/place';
import { routeOfTemporal, workerRoute } from '../temporal/route';
import {
  isNotFound,
  isRefused,
  noConnection,
  noSuchNamespace,
  refused,
  refusedLater,
  textOf,
  unreachable,
} from '../temporal/unreachable';

export interface WorkerConnection {
  connection: NativeConnection;
  address: string;
  namespace: string;
}

/** The core itself waits 30 s for an answer, and without an end for a handshake. */
const CONNECT_LIMIT_MS = 10_000;
const CALL_LIMIT_MS = 8_000;

/**
 * Connects to the Temporal server that environment and profile name, and makes sure that the worker may use its namespace.
 *
 * @throws ExportError TemporalUnreachable; TemporalConfigurationError
 */
export async function connectWorker(): Promise<WorkerConnection> {
  const { connectionOptions, address, namespace } = temporalOfEnvironment();
  const route = routeOfTemporal(address, process.env);
  const handshake = { tls: connectionOptions.tls, checkCertificate: false, ...route };
  const options = { ...connectionOptions, ...workerRoute(route), address };
  const connection = await connectWithinLimit(options).catch(async (error: unknown) => {
    throw nativeCause(address, error) ?? (await noConnection(address, handshake, error));
  });
  try {
    await askForNamespace(connection, namespace);
    return { connection, address, namespace };
  } catch (error) {
    await connection.close();
    if (isNotFound(error)) throw noSuchNamespace(namespace, error);
    throw await noConnection(address, handshake, error);
  }
}

/**
 * Why a worker that was connected has failed: the server refuses it, or does not answer any more. Its error has no code, so
 * the server is asked once more.
 */
export async function lostConnection(
  { connection, address, namespace }: WorkerConnection,
  error: unknown,
): Promise<ExportError> {
  const text = textOf(error);
  const [, quoted] = new RegExp(`\\bmessage: ${QUOTED}`).exec(text) ?? [];
  const why = (quoted === undefined ? text : unquoted(quoted)) || 'it does not say why';
  const answers = await askForNamespace(connection, namespace).then(() => true, isRefused);
  if (answers) return refusedLater(address, why, error);
  return unreachable(
    `The Temporal server at ${address} no longer answers this worker (${why}). Start the worker again once the server is up.`,
    error,
  );
}

async function askForNamespace(connection: NativeConnection, namespace: string): Promise<void> {
  await connection.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
    connection.workflowService.describeNamespace({ namespace }),
  );
}

async function connectWithinLimit(options: NativeConnectionOptions): Promise<NativeConnection> {
  const connecting = NativeConnection.connect(options);
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CONNECT_LIMIT_MS / 1000} s`)), CONNECT_LIMIT_MS);
  });
  try {
    return await Promise.race([connecting, tooLate]);
  } catch (error) {
    connecting.then(
      (late) => late.close(),
      () => {},
    );
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What only the core knows: which certificates it trusts, and how the server has answered its first call. It has no
 * codes, but the names of Rust's types in its text. Null for the rest, which TCP and TLS word better.
 */
function nativeCause(address: string, error: unknown): ExportError | null {
  const text = textOf(error);
  const fails = (why: string, next: string) =>
    unreachable(`A worker cannot connect to Temporal at ${address}: ${why}. ${next}`, error);
  if (text.includes('NativeCertsNotFound')) {
    return fails(
      `its native connection finds no trusted certificates ${certificatesFrom()} (NativeCertsNotFound)`,
      "Install the package ca-certificates, or name a file of trusted certificates in SSL_CERT_FILE, or that of the server's authority in TEMPORAL_TLS_SERVER_CA_CERT_PATH.",
    );
  }
  const [, problem] = /InvalidCertificate\((.+?)\) \}\)\)/.exec(text) ?? [];
  if (problem !== undefined) {
    return fails(
      `its native connection does not trust the server's certificate (${problem})`,
      CERTIFICATE_PROBLEMS.find(([name]) => name.test(problem))?.[1] ?? UNKNOWN_AUTHORITY,
    );
  }
  const refusal = new RegExp(`^Failed to call GetSystemInfo: code: '(.+?)'(?:, message: ${QUOTED})?`);
  const [, status = '', said = ''] = refusal.exec(text) ?? [];
  return REFUSED_KEY_TEXTS.has(status) ? refused(address, unquoted(said) || status, error) : null;
}

/** What to do by the problem of a certificate, as rustls names it; the names may end with Context and what was found. */
const CERTIFICATE_PROBLEMS: ReadonlyArray<[problem: RegExp, next: string]> = [
  [
    /^NotValidForName/,
    'Check TEMPORAL_ADDRESS, or set TEMPORAL_TLS_SERVER_NAME to the name that the certificate is for.',
  ],
  [/^(Expired|NotValidYet)/, "Check the clock of this machine; if it is right, renew the server's certificate."],
];
const UNKNOWN_AUTHORITY =
  "Add the server's authority to the certificates of this machine or to the file of SSL_CERT_FILE, or name its file in TEMPORAL_TLS_SERVER_CA_CERT_PATH. A worker does not read NODE_EXTRA_CA_CERTS.";

/** A string as Rust's Debug prints it. */
const QUOTED = String.raw`"((?:[^"\\]|\\.)*)"`;

/** What stood in {@link QUOTED}, in one line. */
function unquoted(text: string): string {
  return text.replace(/\\(?:u\{([0-9a-f]+)\}|(.))/g, (_escape, code: string | undefined, char: string) => {
    if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
    return 'nrt0'.includes(char) ? ' ' : char;
  });
}

/** How tonic words PERMISSION_DENIED and UNAUTHENTICATED. */
const REFUSED_KEY_TEXTS: ReadonlySet<string> = new Set([
  'The caller does not have permission to execute the specified operation',
  'The request does not have valid authentication credentials',
]);

function certificatesFrom(): string {
  const named = ['SSL_CERT_FILE', 'SSL_CERT_DIR'].filter((name) => process.env[name]);
  return named.length === 0
    ? 'on this machine'
    : `by ${named.map((name) => `${name}=${process.env[name]}`).join(', ')}`;
}
