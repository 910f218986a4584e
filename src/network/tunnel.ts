import { type ClientRequest, type IncomingMessage, request as requestPlainly } from 'node:http';
import { request as requestByTls } from 'node:https';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { HttpProxy } from './proxies';
import { reasonOf, troubleOf } from './troubles';

/**
 * There is no tunnel, and nothing has reached the host behind it. The code is of node where the proxy cannot be reached, else
 * `ProxyAuthenticationRequired` (407), `ProxyRefused` (another refusal that no time cures) or `ProxyUnavailable`.
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
  /** Ends what is not connected yet. */
  signal?: AbortSignal;
}

/** How long a proxy that refuses a user and a password is not asked again. */
const REFUSAL_MS = 5_000;

/**
 * Opens tunnels, with care for the user of a proxy, which some companies lock after a few wrong passwords: until a password is
 * known to be right, one CONNECT asks for all, and a refusal counts for some seconds.
 */
export class Tunnels {
  /** The refusal, where there is one, of the last CONNECT that tells. */
  readonly #logins = new Map<HttpProxy, Promise<TunnelError | undefined>>();

  constructor(private readonly options: TunnelOptions) {}

  /** @throws {@link TunnelError} */
  async open(proxy: HttpProxy, authority: string): Promise<Socket> {
    if (proxy.credentials === undefined) return openTunnel(proxy, authority, this.options);
    const refusal = await this.#logins.get(proxy);
    if (refusal !== undefined) throw refusal;
    const opening = openTunnel(proxy, authority, this.options);
    const login = opening.then(() => undefined, refusedLogin);
    if (!this.#logins.has(proxy)) this.#logins.set(proxy, login);
    try {
      return await opening;
    } catch (error) {
      if (refusedLogin(error) !== undefined) {
        this.#logins.set(proxy, login);
        setTimeout(() => this.#logins.delete(proxy), REFUSAL_MS).unref();
      } else if (this.#logins.get(proxy) === login) {
        this.#logins.delete(proxy);
      }
      throw error;
    }
  }
}

function refusedLogin(error: unknown): TunnelError | undefined {
  return error instanceof TunnelError && error.code === 'ProxyAuthenticationRequired' ? error : undefined;
}

/**
 * Asks a proxy for a connection to a host (CONNECT), and returns it.
 *
 * @param authority `host:port`
 * @throws {@link TunnelError}
 */
export function openTunnel(
  proxy: HttpProxy,
  authority: string,
  { timeoutMs, lookup, signal }: TunnelOptions,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const { hostname, port, isTls } = proxy;
    const asked: ClientRequest = (isTls ? requestByTls : requestPlainly)({
      ...{ host: hostname, port, method: 'CONNECT', path: authority, agent: false, lookup, signal },
      // Without it, node checks the proxy's certificate for the name of the host behind.
      ...(isTls && { servername: isIP(hostname) === 0 ? hostname : '' }),
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
      fail(codeOf(error), `cannot be reached: ${reasonOf(error)}. ${remedyOf(error, proxy)}`);
    });
    asked.once('connect', (answer, socket, head) => {
      const { statusCode: status = 0 } = answer;
      if (status < 200 || status > 299) {
        socket.on('error', () => {}).destroy();
        fail(...refusal(proxy, authority, answer));
        return;
      }
      clearTimeout(timer);
      if (head.length > 0) socket.unshift(head);
      resolve(socket as Socket);
    });
    // What is written into a handshake that fails hides why it fails.
    asked.once('socket', (socket) => (isTls ? socket.once('secureConnect', () => asked.end()) : asked.end()));
  });
}

/** The code of a wrong name stands for a name of the host itself, to undici, which would connect anew without an end. */
function codeOf({ code = 'ProxyUnavailable' }: NodeJS.ErrnoException): string {
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? 'HOSTNAME_MISMATCH' : code;
}

function remedyOf({ code }: NodeJS.ErrnoException, { variable }: HttpProxy): string {
  const trouble = troubleOf(code);
  if (trouble === 'unknownAuthority') return `Name the file of its authority in NODE_EXTRA_CA_CERTS.`;
  if (trouble === 'noTls') return `It has no TLS: write http:// in ${variable}.`;
  return `Check ${variable}.`;
}

function refusal(
  proxy: HttpProxy,
  authority: string,
  { statusCode: status = 0, headers }: IncomingMessage,
): [code: string, what: string] {
  const answered = `answered ${status} to CONNECT ${authority}, so nothing was sent.`;
  if (status === 407) return ['ProxyAuthenticationRequired', `${answered} ${loginRemedy(proxy, headers)}`];
  const isFinal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (isFinal) return ['ProxyRefused', `${answered} Let the proxy allow this host, or name the host in NO_PROXY.`];
  return ['ProxyUnavailable', `${answered} The proxy does not reach this host. Check the proxy and the host.`];
}

function loginRemedy(
  { variable, origin, credentials }: HttpProxy,
  { 'proxy-authenticate': challenges }: IncomingMessage['headers'],
): string {
  // A scheme is followed by a space or nothing, a parameter by =.
  const offered = String(challenges ?? '').matchAll(/(?:^|,)\s*([a-z][\w-]*)(?=\s+[^\s=]|\s*(?:,|$))/gi);
  const schemes = [...new Set([...offered].map(([, scheme = '']) => scheme))];
  if (schemes.length > 0 && !schemes.some((scheme) => /^basic$/i.test(scheme))) {
    return `It takes ${schemes.join(', ')} only, and this package supports Basic only. Use a proxy that takes Basic, or that asks for no user.`;
  }
  const why = credentials === undefined ? 'It asks for a user and a password' : 'It refuses user and password';
  return `${why}: set ${variable} to ${origin.replace('//', '//USER:PASSWORD@')}.`;
}

function authorization({ credentials }: HttpProxy): { 'proxy-authorization'?: string } {
  if (credentials === undefined) return {};
  const { username, password } = credentials;
  return { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` };
}

function capitalized(proxy: HttpProxy): string {
  return String(proxy).replace(/^./, (first) => first.toUpperCase());
}
