import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../src/dev-server/free-port';
import { diagnosisOf } from '../../src/temporal/diagnosis';

const PLAIN = { tls: null, checkCertificate: true };
const TLS = { tls: true, checkCertificate: true };

/** A server that does this with whoever connects. */
async function serverThat(serve: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    serve(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The certificates of a server are tried in test/worker/connecting.test.ts. */
describe('why a server cannot be talked to', () => {
  it('is that nobody listens', async () => {
    expect(await diagnosisOf(`127.0.0.1:${await freePort()}`, PLAIN)).toMatch(/ECONNREFUSED/);
  });

  it('is no reason below where it takes the connection', async () => {
    expect(await diagnosisOf(await serverThat(() => {}), PLAIN)).toBeNull();
  });

  it('is that it has no TLS', async () => {
    const address = await serverThat((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    );
    expect(await diagnosisOf(address, TLS)).toBe('it has no TLS');
  });

  it('is that it does not answer a handshake', async () => {
    expect(await diagnosisOf(await serverThat(() => {}), TLS)).toBe('it does not answer');
  });

  it('is found out about for an IPv6 address too', async () => {
    expect(await diagnosisOf(`[::1]:${await freePort()}`, PLAIN)).toMatch(/ECONNREFUSED|EADDRNOTAVAIL|EAFNOSUPPORT/);
  });
});
