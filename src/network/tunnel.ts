import { request as requestPlainly } from 'node:http';
import { request as requestByTls } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { HttpProxy } from './proxies';

/**
 * There is no tunnel, and nothing has reached the host behind it. The code is of node where the proxy cannot be reached, else
 * `ProxyAuthenticationRequired` (407) or `ProxyRefused`.
 */
export class TunnelError extends Error {
  override readonly name = 'TunnelError';

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface TunnelOptions {
  /** For the connection to the proxy and its answer. */
  timeoutMs: number;
  lookup?: LookupFunction;
}

/**
 * Asks a proxy for a connection to a host (CONNECT), and returns it.
 *
 * @param authority `host:port`
 * @throws {@link TunnelError}
 */
export function openTunnel(proxy: HttpProxy, authority: string, { timeoutMs, lookup }: TunnelOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port, isTls } = proxy;
    const asked = (isTls ? requestByTls : requestPlainly)({
      ...{ host: hostname, port, method: 'CONNECT', path: authority, agent: false, lookup },
      ...(isTls && isIP(hostname) === 0 ? { servername: hostname } : {}),
      headers: { host: authority, connection: 'keep-alive', 'proxy-connection': 'keep-alive', ...authorization(proxy) },
    });
    const timer = setTimeout(() => {
      fail('UND_ERR_CONNECT_TIMEOUT', `has not answered CONNECT ${authority} within ${timeoutMs} ms`);
    }, timeoutMs);
    const fail = (code: string, what: string): void => {
      clearTimeout(timer);
      reject(new TunnelError(code, `${capitalized(proxy)} ${what}`));
      asked.destroy();
    };
    asked.on('error', (error: NodeJS.ErrnoException) => {
      fail(codeOf(error), `cannot be reached: ${error.message}. Check ${proxy.variable}.`);
    });
    asked.once('connect', ({ statusCode = 0 }, socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.on('error', () => {}).destroy();
        fail(...refusal(proxy, authority, statusCode));
        return;
      }
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    asked.end();
  });
}

/** The code of a wrong name stands for a name of the host itself, to undici, which would connect anew without an end. */
function codeOf({ code = 'ProxyRefused' }: NodeJS.ErrnoException): string {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'HOSTNAME_MISMATCH' : code;
}

function refusal(proxy: HttpProxy, authority: string, status: number): [code: string, what: string] {
  const answered = `answered ${status} to CONNECT ${authority}, so nothing was sent.`;
  if (status !== 407) {
    const next = `Let the proxy allow this host, or name the host in NO_PROXY.`;
    return ['ProxyRefused', `${answered} ${next}`];
  }
  const why = proxy.credentials === undefined ? 'It asks for a user and a password' : 'It refuses user and password';
  return [
    'ProxyAuthenticationRequired',
    `${answered} ${why}: set ${proxy.variable} to http://USER:PASSWORD@HOST:PORT.`,
  ];
}

function authorization({ credentials }: HttpProxy): { 'proxy-authorization'?: string } {
  if (credentials === undefined) return {};
  const { username, password } = credentials;
  return { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function capitalized(proxy: HttpProxy): string {
  return String(proxy).replace(/^./, (first) => first.toUpperCase());
}
