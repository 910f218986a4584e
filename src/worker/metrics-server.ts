/**
 * The port for Prometheus and for probes.
 *
 * Temporal's core could show its metrics itself, from a thread of its own: it would answer while the process behind it
 * hangs. So it shows them on the loopback, and this thread, which also runs the activities, shows them on.
 *
 * @module
 */
import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream';

export interface MetricsServerOptions {
  /** 0 takes any. */
  port: number;
  /** @default every address, of IPv6 and IPv4, since Prometheus is seldom on the same host */
  host?: string;
  /** Where Temporal's core shows the metrics, on the loopback. */
  corePort: number;
  /** True while the worker takes tasks. */
  isReady: () => boolean;
}

export interface MetricsServer {
  port: number;
  close(): Promise<void>;
}

/**
 * `GET /metrics` for Prometheus; `GET /healthz` answers while the process does; `GET /readyz` while the worker takes tasks,
 * and 503 before and after.
 *
 * @throws ListenError that names the port, when it is in use for one
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const { port, host } = options;
  const core = new Agent({ maxSockets: MAX_CONNECTIONS_TO_CORE });
  const server = createServer(TIME_LIMITS, (request, response) => answer(options, core, request, response));
  limitConnections(server);
  server.timeout = IDLE_LIMIT_MS;
  // Without a host, Node takes `::`, which is both, and `0.0.0.0` where there is no IPv6.
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'something else listens there; choose another with --metrics-port' : code;
    const place = host === undefined ? `port ${port}` : `${host}:${port}`;
    throw new ListenError(`Metrics cannot be served on ${place}: ${why}.`, { cause });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      core.destroy();
      await once(server, 'close');
    },
  };
}

// For Prometheus, the probes, and a few people: nobody should be able to take the sockets of the worker by this port.
const MAX_CONNECTIONS = 32;
const MAX_CONNECTIONS_TO_CORE = 4;
const IDLE_LIMIT_MS = 30_000;
const TIME_LIMITS = { headersTimeout: 5_000, requestTimeout: 10_000, connectionsCheckingInterval: 2_500 };

/**
 * A new connection is never refused, since it may be a probe, and a worker whose probes fail is killed. At the limit one is
 * closed for it: that which has waited longest for a request, or, where none waits, for its answer.
 */
function limitConnections(server: Server): void {
  const waiting = new Set<Socket>();
  const answering = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    if (waiting.size + answering.size >= MAX_CONNECTIONS) {
      const [longest] = [...waiting, ...answering];
      longest?.destroy();
      for (const sockets of [waiting, answering]) sockets.delete(longest as Socket);
    }
    waiting.add(socket);
    socket.on('close', () => {
      for (const sockets of [waiting, answering]) sockets.delete(socket);
    });
  });
  server.on('request', ({ socket }, response) => {
    waiting.delete(socket);
    answering.add(socket);
    response.on('close', () => {
      answering.delete(socket);
      if (!socket.destroyed) waiting.add(socket);
    });
  });
}

function answer(
  options: MetricsServerOptions,
  core: Agent,
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
): void {
  const path = url.split('?', 1)[0];
  if (path === '/metrics') showMetrics(options.corePort, core, response);
  else if (path === '/healthz') say(response, 200, 'ok');
  else if (path !== '/readyz') say(response, 404, 'GET /metrics, /healthz or /readyz');
  else if (options.isReady()) say(response, 200, 'takes tasks');
  else say(response, 503, 'takes no tasks');
}

const CORE_ANSWERS_WITHIN_MS = 5_000;

function showMetrics(port: number, agent: Agent, response: ServerResponse): void {
  const asked = get({ host: '127.0.0.1', port, path: '/metrics', timeout: CORE_ANSWERS_WITHIN_MS, agent });
  // A scrape that is given up takes no connection to the core any longer.
  response.on('close', () => asked.destroy());
  asked.on('response', (metrics) => {
    response.writeHead(metrics.statusCode ?? 502, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    // A core that dies in the middle of its answer ends the scrape too, as an error.
    pipeline(metrics, response, () => undefined);
  });
  asked.on('timeout', () => asked.destroy(new Error('no answer')));
  asked.on('error', ({ message }) => {
    if (response.headersSent) response.destroy();
    else say(response, 502, `Temporal's core does not show its metrics: ${message}`);
  });
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** A server cannot listen at its port or address. Choose another. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}
