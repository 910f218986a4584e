/**
 * A process that answers every request at once with what {@link answerTo} holds ready. It reads no more of HTTP than the
 * ends of requests without a body and verifies nothing, so that the client is what the bench measures.
 *
 * @module
 */
import { type AddressInfo, createServer } from 'node:net';
import { answerTo } from './answers';

/** What the server reports to its parent: where it listens and, on any message, what it has received so far. */
export type ServerReport = { origin: string } | { requests: number; connections: number };

const START_OF_PATH = 'GET '.length;
const END_OF_HEADERS = '\r\n\r\n';

let requests = 0;
let connections = 0;

const server = createServer({ noDelay: true }, (socket) => {
  connections += 1;
  let unread = '';
  socket.on('data', (chunk) => {
    unread += chunk.toString('latin1');
    for (let end = unread.indexOf(END_OF_HEADERS); end >= 0; end = unread.indexOf(END_OF_HEADERS)) {
      requests += 1;
      socket.write(answerTo(unread.slice(START_OF_PATH, unread.indexOf(' ', START_OF_PATH))));
      unread = unread.slice(end + END_OF_HEADERS.length);
    }
  });
  // A client that goes away is none of the server's business.
  socket.on('error', () => undefined);
});

server.listen(0, '127.0.0.1', () => {
  send({ origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
});
process.on('message', () => send({ requests, connections }));
// Ends with the bench, however that ends.
process.on('disconnect', () => process.exit());

function send(report: ServerReport): void {
  process.send?.(report);
}
