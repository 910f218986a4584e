import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EXIT, exitCodeOf } from '../../src/cli/exit-codes';
import { type MetricsServer, serveMetrics } from '../../src/worker/metrics-server';
import { freeLoopbackPort } from '../../src/worker/runtime';
import { startSlowCore } from '../rigs/slow-core';

let core: Server;
let shown: MetricsServer;
let isReady = false;
beforeAll(async () => {
  core = createServer((_request, response) => response.end('up 1\n'));
  await new Promise<void>((resolve) => core.listen(0, '127.0.0.1', resolve));
  const corePort = (core.address() as AddressInfo).port;
  shown = await serveMetrics({ port: 0, host: '127.0.0.1', corePort, isReady: () => isReady });
});
afterAll(async () => {
  core.close();
  await shown.close();
});

const ask = async (path: string, port = shown.port) => {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
};

it("the metrics server returns the metrics of Temporal's core in the Prometheus format", async () => {
  expect(await ask('/metrics')).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    text: 'up 1\n',
  });
});

it('the metrics server is ready only while the worker is, and always healthy', async () => {
  expect([(await ask('/readyz')).status, (await ask('/healthz')).status]).toEqual([503, 200]);
  isReady = true;
  expect([(await ask('/readyz?verbose')).status, (await ask('/healthz')).status]).toEqual([200, 200]);
  expect((await ask('/')).status).toBe(404);
});

it('the metrics server answers 502 when the core does not return metrics', async () => {
  const corePort = await freeLoopbackPort();
  const alone = await serveMetrics({ port: 0, host: '127.0.0.1', corePort, isReady: () => true });
  expect(await ask('/metrics', alone.port)).toMatchObject({
    status: 502,
    text: expect.stringContaining('ECONNREFUSED'),
  });
  await alone.close();
});

it('the metrics server names a port that is taken, and ends the command like a wrong argument', async () => {
  const again = serveMetrics({ port: shown.port, host: '127.0.0.1', corePort: 1, isReady: () => true });
  const error = await again.catch((refusal: Error) => refusal);
  expect(error).toMatchObject({
    message: `Metrics cannot be served on 127.0.0.1:${shown.port}: something else listens there; choose another with --metrics-port.`,
  });
  expect(exitCodeOf(error)).toBe(EXIT.badArguments);
});

describe('the metrics server', () => {
  it('answers on IPv4 and on IPv6 unless it is given an address', async () => {
    const both = await serveMetrics({ port: 0, corePort: 1, isReady: () => true });
    onTestFinished(() => both.close());
    expect((await fetch(`http://127.0.0.1:${both.port}/healthz`)).status).toBe(200);
    if (!hasIpv6Loopback()) return;
    expect((await fetch(`http://[::1]:${both.port}/healthz`)).status).toBe(200);
  });

  it('gives up its own request when a scrape is aborted', async () => {
    const { port, sockets } = await startSlowCore();
    const scrape = get({ host: '127.0.0.1', port, path: '/metrics' });
    scrape.on('error', () => undefined);
    const [response] = (await once(scrape, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    await once(response, 'data');
    expect(sockets.size).toBe(1);
    const [upstream] = sockets;
    const closed = once(upstream as Socket, 'close');
    scrape.destroy();
    await closed;
    expect(sockets.size).toBe(0);
    // Sooner than the time after which a silent core is given up.
  }, 4_000);

  it('asks the core by few connections, however many scrapes there are', async () => {
    const { port, connections } = await startSlowCore();
    const scrapes = Array.from({ length: 12 }, () => get({ host: '127.0.0.1', port, path: '/metrics' }));
    for (const scrape of scrapes) scrape.on('error', () => undefined);
    await Promise.race(scrapes.map((scrape) => once(scrape, 'response')));
    await expect.poll(connections).toBeGreaterThan(0);
    // Probes are answered meanwhile.
    expect((await ask('/healthz', port)).status).toBe(200);
    expect(connections()).toBeLessThanOrEqual(4);
    for (const scrape of scrapes) scrape.destroy();
  });
});

function hasIpv6Loopback(): boolean {
  return Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'));
}
