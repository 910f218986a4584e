/**
 * Some proxies answer `100 Continue` before the answer itself, unasked. HTTP allows it (RFC 9110, 15.2: a client must be
 * able to parse interim answers even if it does not expect one), but undici drops the connection, and with it the answer.
 *
 * @module
 */
import type { Socket } from 'node:net';
import type { buildConnector } from 'undici';

const CONTINUE = /^HTTP\/1\.[01] 100[ \r]/;
const LONGEST_MATCH = 'HTTP/1.1 100 '.length;
const HEAD_END = '\r\n\r\n';
/** A longer one is not waited for. */
const MAX_HEAD_BYTES = 64 * 1024;

export type Connector = ReturnType<typeof buildConnector>;

/** Connects as it is told, with sockets that leave out `100 Continue`. */
export function connectorWithoutContinue(connect: Connector): Connector {
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error === null && socket !== null) callback(null, withoutContinue(socket));
      else callback(error ?? new Error('no connection'), null);
    });
}

/** With one request at a time on a connection, what comes first after a write is the head of its answer. */
export function withoutContinue<T extends Socket>(socket: T): T {
  const read = socket.read.bind(socket);
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let awaitsHead = false;
  let held: Buffer = Buffer.alloc(0);
  socket.write = ((...args: unknown[]) => {
    awaitsHead = true;
    return write(...args);
  }) as T['write'];
  socket.read = (size?: number) => {
    if (!awaitsHead || size !== undefined) return read(size);
    for (let chunk: unknown = read(); Buffer.isBuffer(chunk); chunk = read()) {
      held = withoutLeadingContinue(Buffer.concat([held, chunk]));
      if (mayBecomeContinue(held)) continue;
      const answer = held;
      awaitsHead = false;
      held = Buffer.alloc(0);
      return answer;
    }
    return null;
  };
  return socket;
}

function withoutLeadingContinue(bytes: Buffer): Buffer {
  let rest = bytes;
  while (CONTINUE.test(rest.toString('latin1', 0, LONGEST_MATCH))) {
    const end = rest.indexOf(HEAD_END);
    if (end < 0) return rest;
    rest = rest.subarray(end + HEAD_END.length);
  }
  return rest;
}

/** More bytes are needed to know. */
function mayBecomeContinue(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, LONGEST_MATCH);
  if (bytes.length >= LONGEST_MATCH) return bytes.length < MAX_HEAD_BYTES && CONTINUE.test(start);
  return 'HTTP/1.1 100 '.startsWith(start) || 'HTTP/1.0 100 '.startsWith(start);
}
