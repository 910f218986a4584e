/**
 * The network between the workers of a lane and their Temporal server: a TCP proxy that can be cut.
 *
 * @module
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

/**
 * `reset`: connections break, and so does each new one · `silent`: they stay, and nothing comes through until the link is
 * restored, as on a network whose packets are lost and sent again.
 */
export type Cut = 'reset' | 'silent';

export class Link {
  readonly #pairs = new Set<[near: Socket, far: Socket]>();
  #cut: Cut | null = null;

  private constructor(
    private readonly server: Server,
    target: string,
  ) {
    const [host = LOOPBACK, port] = target.split(':');
    server.on('connection', (near) => this.#join(near, connect(Number(port), host)));
  }

  /** @param target `host:port` */
  static async open(target: string): Promise<Link> {
    const server = createServer({ noDelay: true }).listen(0, LOOPBACK);
    await once(server, 'listening');
    return new Link(server, target);
  }

  get address(): string {
    return `${LOOPBACK}:${(this.server.address() as AddressInfo).port}`;
  }

  cut(how: Cut): void {
    this.#cut = how;
    for (const pair of this.#pairs) how === 'reset' ? breakOff(pair) : hold(pair);
  }

  restore(): void {
    const isHeld = this.#cut === 'silent';
    this.#cut = null;
    if (isHeld) for (const pair of this.#pairs) letThrough(pair);
  }

  async close(): Promise<void> {
    for (const pair of this.#pairs) breakOff(pair);
    this.server.close();
    await once(this.server, 'close');
  }

  #join(near: Socket, far: Socket): void {
    const pair: [Socket, Socket] = [near, far];
    far.setNoDelay(true);
    this.#pairs.add(pair);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      // What breaks on one side breaks on the other; `close` comes in any case.
      one.on('error', () => undefined);
      one.once('close', () => {
        other.destroy();
        this.#pairs.delete(pair);
      });
    }
    if (this.#cut === 'reset') breakOff(pair);
    else if (this.#cut === null) letThrough(pair);
  }
}

function letThrough([near, far]: [Socket, Socket]): void {
  near.pipe(far);
  far.pipe(near);
}

function hold([near, far]: [Socket, Socket]): void {
  near.unpipe(far).pause();
  far.unpipe(near).pause();
}

function breakOff(pair: [Socket, Socket]): void {
  for (const socket of pair) socket.resetAndDestroy();
}
