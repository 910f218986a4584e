import { type AddressInfo, createServer, type Socket } from 'node:net';

/** Bytes on the wire, as no HTTP server of node would send them. */
export interface RawServer {
  origin: string;
  /** The requests so far, as they came. */
  requests: string[];
  close(): Promise<void>;
}

/** A server that answers each request with these pieces, each in a packet of its own. */
export async function startRawServer(...pieces: Array<string | Buffer>): Promise<RawServer> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
      if (!isComplete(seen)) return;
      requests.push(seen);
      seen = '';
      send(socket, [...pieces]);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isComplete(request: string): boolean {
  const [head = '', body] = request.split('\r\n\r\n');
  const length = /content-length: *(\d+)/i.exec(head)?.[1] ?? '0';
  return body !== undefined && body.length >= Number(length);
}

function send(socket: Socket, [first, ...rest]: Array<string | Buffer>): void {
  if (first === undefined) return;
  // The next turn of the event loop: the client has read what came before.
  socket.write(first, () => setImmediate(send, socket, rest));
}

/** An answer of HTTP with the length of its body. */
export function rawAnswer(status: string, headers: string[], body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${bytes.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}
