import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { startSlowCore } from '../rigs/slow-core';

/** Connections that say this and then nothing, all accepted. */
async function holders(port: number, count: number, says = ''): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  if (says !== '') for (const socket of sockets) socket.write(says);
  return sockets;
}

/** As a kubelet asks: by a connection of its own. */
async function probe(port: number, path: string): Promise<number | undefined> {
  const asked = get({ host: '127.0.0.1', port, path, agent: false });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

it('F70 the port of metrics ends a scrape at once when the core dies in the middle of its answer', async () => {
  const { port, sockets } = await startSlowCore();
  const scrape = get({ host: '127.0.0.1', port, path: '/metrics' });
  const [response] = (await once(scrape, 'response')) as [IncomingMessage];
  await once(response, 'data');
  const ended = once(response, 'end').catch((error: NodeJS.ErrnoException) => error.code);
  for (const upstream of sockets) upstream.destroy();
  expect(await ended).toBe('ECONNRESET');
  // Sooner than the time after which a silent core is given up.
}, 20_000);

it('F70 the port of metrics takes few connections: it closes the one that has waited longest for each further one', async () => {
  const { port } = await startSlowCore();
  const [first, second] = await holders(port, 32);
  const closed = once(first as Socket, 'close');
  await holders(port, 1);
  await closed;
  expect(second?.closed).toBe(false);
}, 20_000);

it.each([
  ['say nothing', ''],
  ['begin a request and never end it', 'GET /metrics HTTP/1.1\r\nhost: x\r\n'],
  ['wait for metrics of a silent core', 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n'],
])(
  'F70 the port of metrics answers the probes while other connections %s',
  async (_what, says) => {
    const { port } = await startSlowCore();
    await holders(port, 100, says);
    expect(await probe(port, '/healthz')).toBe(200);
    await holders(port, 100, says);
    expect(await probe(port, '/readyz')).toBe(200);
  },
  20_000,
);

it('F70 the port of metrics keeps a connection whose request it answers before those that only wait', async () => {
  const { port } = await startSlowCore();
  const scrape = get({ host: '127.0.0.1', port, path: '/metrics' });
  onTestFinished(() => void scrape.destroy());
  const [response] = (await once(scrape, 'response')) as [IncomingMessage];
  await once(response, 'data');
  const [waiting] = await holders(port, 31);
  const closed = once(waiting as Socket, 'close');
  await holders(port, 1);
  await closed;
  expect(response.destroyed).toBe(false);
  response.on('error', () => undefined);
}, 20_000);
