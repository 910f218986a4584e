import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/**
 * A TCP port on the loopback that is free, and that the system gives to no other process for the next minute.
 * The second half needs the connection: closed from the listening side it leaves the port in TIME_WAIT, in which
 * the system no longer gives it to who asks for any port, while a server that asks for this one still gets it.
 */
export async function freePort(ip = '127.0.0.1'): Promise<number> {
  const listener = createServer((socket) => socket.end());
  listener.listen(0, ip);
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const connection = connect(port, ip);
  connection.resume();
  await once(connection, 'close');
  listener.close();
  await once(listener, 'close');
  return port;
}
