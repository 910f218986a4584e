import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Link } from './link';

/** Sends back what it receives. */
let echo: Server;
let link: Link;
const sockets: Socket[] = [];
beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  link = await Link.open(`127.0.0.1:${(echo.address() as AddressInfo).port}`);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await link.close();
  echo.close();
});

function open(): Socket {
  const [host = '', port] = link.address.split(':');
  const socket = connect(Number(port), host);
  sockets.push(socket);
  return socket;
}

async function connected(): Promise<Socket> {
  const socket = open();
  await once(socket, 'connect');
  return socket;
}

async function echoOf(socket: Socket, text: string): Promise<string> {
  const answered = once(socket, 'data');
  socket.write(text);
  return String((await answered)[0]);
}

it('a link passes on what either side sends', async () => {
  expect(await echoOf(await connected(), 'hello')).toBe('hello');
});

it('a link that is cut by a reset breaks its connections and each new one, until it is restored', async () => {
  const socket = await connected();
  await echoOf(socket, 'hello');
  const broken = once(socket, 'error');
  link.cut('reset');
  expect((await broken)[0]).toMatchObject({ code: 'ECONNRESET' });

  expect((await once(open(), 'error'))[0]).toMatchObject({ code: 'ECONNRESET' });

  link.restore();
  expect(await echoOf(await connected(), 'again')).toBe('again');
});

it('a link that is cut in silence delivers once it is restored, also on what was connected meanwhile', async () => {
  const socket = await connected();
  await echoOf(socket, 'hello');
  link.cut('silent');
  const received: string[] = [];
  const answers = [socket, await connected()].map((one, index) => {
    const answered = once(one, 'data').then(([data]) => received.push(String(data)));
    one.write(`held ${index}`);
    return answered;
  });
  // A connection that does not go through the link is answered meanwhile.
  const beside = connect((echo.address() as AddressInfo).port, '127.0.0.1');
  await echoOf(beside, 'beside');
  beside.destroy();
  expect(received).toEqual([]);

  link.restore();
  await Promise.all(answers);
  expect(received.sort()).toEqual(['held 0', 'held 1']);
});
