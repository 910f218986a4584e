import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

const IP = '127.0.0.1';

/** What a proxy was asked, and what it has answered. */
export interface Connect {
  authority: string;
  status: number;
}

/**
 * A proxy as companies have them: CONNECT and nothing else. It alone knows the hosts of the tests, whose names no resolver has: all are
 * on the loopback. It can be killed, and comes back at the same port.
 */
export class ConnectProxy {
  /** Oldest first. */
  readonly asked: Connect[] = [];
  /** What it answers instead of a tunnel, while it is set. */
  refusesBy: number | null = null;
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;

  /** @param user `user:password`, without whom there is no tunnel */
  private constructor(private readonly user: string | null) {}

  static async start(user: string | null = null): Promise<ConnectProxy> {
    const proxy = new ConnectProxy(user);
    await proxy.revive();
    return proxy;
  }

  /** With the user, where there is one. */
  get url(): string {
    return `http://${this.user === null ? '' : `${this.user}@`}${IP}:${this.#port}`;
  }

  get address(): string {
    return `${IP}:${this.#port}`;
  }

  /** The hosts to which there were tunnels. */
  hosts(): string[] {
    const tunnels = this.asked.filter(({ status }) => status === 200);
    return [...new Set(tunnels.map(({ authority }) => authority.replace(/:\d+$/, '')))].sort();
  }

  async revive(): Promise<void> {
    const server = createServer((_request, response) => response.writeHead(405).end());
    server.on('connection', (socket) => this.#keep(socket));
    server.on('connect', ({ url = '', headers }, from: Socket) => {
      const expected = this.user === null ? undefined : `Basic ${Buffer.from(this.user).toString('base64')}`;
      const isKnown = headers['proxy-authorization'] === expected;
      const status = this.refusesBy ?? (isKnown ? 200 : 407);
      this.asked.push({ authority: url, status });
      if (status !== 200) {
        from.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 2\r\n\r\nno`);
        return;
      }
      const to = connect(Number(url.split(':').at(-1)), IP);
      this.#keep(to);
      to.once('connect', () => {
        from.write('HTTP/1.1 200 Connection established\r\n\r\n');
        from.pipe(to).pipe(from);
      });
      to.once('error', () => from.destroy());
      to.once('close', () => from.destroy());
      from.once('close', () => to.destroy());
    });
    server.listen(this.#port, IP);
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Ends every tunnel, and takes no connection. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, 'close');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
