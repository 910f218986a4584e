/**
 * The port for Prometheus and for probes.
 *
 * Temporal's core could show its metrics itself, from a thread of its own: it would answer while the process behind it
 * hangs. So it shows them on the loopback, and this thread, which also runs the activities, shows them on.
 *
 * @module
 */
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface MetricsServerOptions {
  /** 0 takes any. */
  port: number;
  /** @default '0.0.0.0', since Prometheus is seldom on the same host */
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
  const { port, host = '0.0.0.0' } = options;
  const server = createServer((request, response) => answer(options, request, response));
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'something else listens there; choose another with --metrics-port' : code;
    throw new ListenError(`Metrics cannot be shown on ${host}:${port}: ${why}.`, { cause });
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(options: MetricsServerOptions, { url = '/' }: IncomingMessage, response: ServerResponse): void {
  const path = url.split('?', 1)[0];
  if (path === '/metrics') showMetrics(options.corePort, response);
  else if (path === '/healthz') say(response, 200, 'ok');
  else if (path !== '/readyz') say(response, 404, 'GET /metrics, /healthz or /readyz');
  else if (options.isReady()) say(response, 200, 'takes tasks');
  else say(response, 503, 'takes no tasks');
}

const CORE_ANSWERS_WITHIN_MS = 5_000;

function showMetrics(corePort: number, response: ServerResponse): void {
  const asked = get({ host: '127.0.0.1', port: corePort, path: '/metrics', timeout: CORE_ANSWERS_WITHIN_MS });
  asked.on('response', (metrics) => {
    response.writeHead(metrics.statusCode ?? 502, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    metrics.pipe(response);
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
