import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { serverEnvironment } from './child-environment';
import { endWithParent } from './end-with-parent';
import { findTemporalCli } from './find-temporal-cli';
import { freePort } from './free-port';
import { untilNamespaceAnswers, untilWebUiAnswers } from './server-readiness';

const IP = '127.0.0.1';
const STOP_GRACE_MS = 5_000;
const START_TIME_LIMIT_MS = 30_000;
/** How long a server that announces no port may take to end because its port is taken; a busy machine needs seconds. */
const UNANNOUNCED_MS = 5_000;
const PORT_ATTEMPTS = 3;
const OUTPUT_KEPT = 4_000;

export interface DevServerOptions {
  /** Path of the Temporal CLI; found by {@link findTemporalCli} by default. */
  cli?: string;
  /** SQLite file that keeps workflows over a restart; in memory by default. */
  dbFilename?: string;
  /** Port of the gRPC service; a free one by default. */
  port?: number;
  /** Port of the Web UI; a free one by default. */
  uiPort?: number;
  /** No Web UI. @default false */
  headless?: boolean;
  /** @default 'default' */
  namespace?: string;
  /** Namespaces beside it, such as one of callers over Nexus. */
  moreNamespaces?: string[];
  /** Dynamic configuration of the server, such as `{ 'limit.historyCount.suggestContinueAsNew': 60 }`. */
  dynamicConfig?: Record<string, unknown>;
  /** Custom search attributes by name: Text, Keyword, Int, Double, Bool, Datetime or KeywordList. */
  searchAttributes?: Record<string, string>;
  /** How long the server may take until it answers, in milliseconds. @default 30000 */
  startTimeoutMs?: number;
}

/** A running Temporal dev server, a child of this process. */
export interface DevServer {
  /** `host:port` of the gRPC service. */
  address: string;
  namespace: string;
  /** URL of the Web UI; null when headless. */
  webUi: string | null;
  pid: number;
  /** Sends a signal and resolves when the server has ended (for a test that pulls the plug: SIGKILL). */
  kill(signal: NodeJS.Signals): Promise<void>;
  /**
   * Ends the server: SIGTERM, and SIGKILL when it takes more than five seconds; SIGKILL at once where it keeps nothing
   * (no `dbFilename`), which would take a second otherwise. May be called more than once.
   */
  stop(): Promise<void>;
}

/** The dev server did not come up. The message carries the end of what the server itself said. */
export class DevServerNotStarted extends Error {
  override readonly name = 'DevServerNotStarted';
  constructor(
    /** NOT_STARTED: no such executable · EXITED: ended by itself · PORT_IN_USE: ended over a port · TIMED_OUT */
    readonly code: 'NOT_STARTED' | 'EXITED' | 'PORT_IN_USE' | 'TIMED_OUT',
    message: string,
    said: string,
  ) {
    super(said.trim() === '' ? message : `${message} The server said:\n${said.trim()}`);
  }
}

/**
 * Starts `temporal server start-dev` on the loopback and waits until its gRPC service and its Web UI answer.
 * The server has a process group of its own, so that Ctrl-C in a terminal does not end it before the workers are
 * shut down; it ends with this process, and does not keep this process alive.
 *
 * @example
 * ```ts
 * const server = await startDevServer({ headless: true });
 * const connection = await Connection.connect({ address: server.address });
 * await server.stop();
 * ```
 * @throws DevServerNotStarted
 * @throws InvalidServerPath, ServerNotFound as {@link findTemporalCli} does
 */
export async function startDevServer(options: DevServerOptions = {}): Promise<DevServer> {
  const cli = options.cli ?? (await findTemporalCli()).path;
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort(IP));
    const uiPort = options.headless ? null : (options.uiPort ?? (await freePort(IP)));
    try {
      return await launch(cli, { ...options, port, uiPort });
    } catch (error) {
      // Between our choice and the server's bind another process may take a port: choose again.
      const lostTheRace = error instanceof DevServerNotStarted && error.code === 'PORT_IN_USE';
      const portsAreOurs = options.port === undefined || (!options.headless && options.uiPort === undefined);
      if (!lostTheRace || !portsAreOurs || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

type LaunchOptions = Omit<DevServerOptions, 'port' | 'uiPort'> & { port: number; uiPort: number | null };

/** The command line of the dev server. Pure. */
export function devServerArguments(options: LaunchOptions): string[] {
  const {
    port,
    uiPort,
    namespace,
    moreNamespaces = [],
    dbFilename,
    dynamicConfig = {},
    searchAttributes = {},
  } = options;
  const args = ['server', 'start-dev', '--ip', IP, '--port', String(port), '--log-level', 'error'];
  if (uiPort === null) args.push('--headless');
  else args.push('--ui-port', String(uiPort), '--ui-disable-news-fetch');
  if (namespace !== undefined) args.push('--namespace', namespace);
  for (const name of moreNamespaces) args.push('--namespace', name);
  if (dbFilename !== undefined) args.push('--db-filename', dbFilename);
  for (const [key, value] of Object.entries(dynamicConfig))
    args.push('--dynamic-config-value', `${key}=${JSON.stringify(value)}`);
  for (const [name, type] of Object.entries(searchAttributes)) args.push('--search-attribute', `${name}=${type}`);
  return args;
}

async function launch(cli: string, options: LaunchOptions): Promise<DevServer> {
  const { port, uiPort, namespace = 'default', moreNamespaces = [], startTimeoutMs = START_TIME_LIMIT_MS } = options;
  const address = `${IP}:${port}`;
  const webUi = uiPort === null ? null : `http://${IP}:${uiPort}`;
  const child = spawn(cli, devServerArguments(options), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: serverEnvironment(process.env),
    detached: process.platform !== 'win32',
    windowsHide: true,
  });
  const stdout = keepEnd(child.stdout);
  const stderr = keepEnd(child.stderr);
  const said = () => `${stderr()}\n${stdout()}`;
  const ended = untilEnded(child);
  endWithParent(child);

  const waiting = new AbortController();
  const serving = async () => {
    for (const name of [namespace, ...moreNamespaces]) await untilNamespaceAnswers(address, name, waiting.signal);
    if (webUi !== null) await untilWebUiAnswers(webUi, waiting.signal);
    // An answer on our port may be another server's, while ours is about to end because the port is taken. Ours
    // announces its port once it has it; a CLI that words that differently gets some time to end instead.
    for (let waited = 0; waited < UNANNOUNCED_MS && !stdout().includes(`:${port}`); waited += 25)
      await sleep(25, undefined, { signal: waiting.signal });
    return 'serving' as const;
  };
  const outcome = await Promise.race([
    serving(),
    ended,
    sleep(startTimeoutMs, 'timedOut' as const, { signal: waiting.signal }),
  ]).finally(() => waiting.abort());

  if (outcome === 'timedOut') {
    await end(child, ended);
    const parts = webUi === null ? address : `${address} and ${webUi}`;
    throw new DevServerNotStarted(
      'TIMED_OUT',
      `The Temporal dev server (${cli}) did not answer on ${parts} within ${startTimeoutMs / 1000} s.`,
      said(),
    );
  }
  if (outcome !== 'serving') {
    if (outcome.error)
      throw new DevServerNotStarted(
        'NOT_STARTED',
        `The Temporal CLI ${cli} cannot be run: ${outcome.error.message}.`,
        '',
      );
    const portInUse = /address already in use|only one usage of each socket address/i.test(stderr());
    throw new DevServerNotStarted(
      portInUse ? 'PORT_IN_USE' : 'EXITED',
      `The Temporal dev server (${cli}) ended with ${outcome.how} before it answered on ${address}.`,
      said(),
    );
  }
  letParentExit(child);
  return {
    address,
    namespace,
    webUi,
    pid: child.pid ?? -1,
    kill: async (signal) => {
      child.ref();
      child.kill(signal);
      await ended;
    },
    stop: () => end(child, ended, options.dbFilename === undefined ? 'SIGKILL' : 'SIGTERM'),
  };
}

type Ended = { how: string; error?: Error };

function untilEnded(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ how: error.message, error }));
    // 'close' comes after 'exit' when everything that the server said has been read.
    child.once('close', (code, signal) => resolve({ how: signal ?? `exit code ${code}` }));
  });
}

async function end(child: ChildProcess, ended: Promise<Ended>, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  child.kill(signal);
  const enough = new AbortController();
  const inTime = await Promise.race([ended, sleep(STOP_GRACE_MS, null, { signal: enough.signal })]).finally(() =>
    enough.abort(),
  );
  if (inTime === null) {
    child.kill('SIGKILL');
    await ended;
  }
}

/** Neither the child nor its pipes keep this process alive any longer. */
function letParentExit(child: ChildProcess): void {
  child.unref();
  for (const pipe of [child.stdout, child.stderr]) if (pipe && 'unref' in pipe) (pipe as { unref(): void }).unref();
}

/** The last characters of what a stream has carried so far. */
function keepEnd(stream: NodeJS.ReadableStream | null): () => string {
  let kept = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    kept = (kept + chunk).slice(-OUTPUT_KEPT);
  });
  return () => kept;
}
