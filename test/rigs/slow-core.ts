import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { serveMetrics } from '../../src/worker/metrics-server';

/** A metrics server before a core that shows the beginning of its metrics and then nothing more. */
export async function startSlowCore() {
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => {
    response.write('up 1\n');
  });
  let connections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const corePort = (server.address() as AddressInfo).port;
  const metrics = await serveMetrics({ port: 0, host: '127.0.0.1', corePort, isReady: () => true });
  onTestFinished(async () => {
    await metrics.close();
    server.closeAllConnections();
    server.close();
  });
  return { port: metrics.port, sockets, connections: () => connections };
}
