/**
 * How connections to the cloud are made: directly or through a proxy, and what is said where one cannot be made.
 *
 * @module
 */
import type { Socket } from 'node:net';
import { buildConnector } from 'undici';
import { isExposed, withBrackets } from '../network/local-addresses';
import { ProxyConfigurationError, type Route } from '../network/proxies';
import { type ConnectionTrouble, reasonOf, troubleOf } from '../network/troubles';
import { TunnelError, Tunnels } from '../network/tunnel';
import { type Connector, connectorWithoutContinue } from './interim-answers';
import { lookupWithLoopback } from './loopback-lookup';

export interface ConnectorOptions {
  /** Per step: the connection or the tunnel, then TLS. */
  timeoutMs: number;
  /** @param origin scheme, host and port */
  routeTo(origin: string): Route;
  /** Ends the wait for a proxy. */
  signal: AbortSignal;
}

/** Of all connections of a transport, those of changing requests included. */
export function connectorOfCloud({ timeoutMs, routeTo, signal }: ConnectorOptions): Connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: lookupWithLoopback });
  const tunnels = new Tunnels({ timeoutMs, lookup: lookupWithLoopback, signal });
  return connectorWithoutContinue((target, callback) => {
    const { protocol, hostname } = target;
    const isTls = protocol === 'https:';
    const host = `${withBrackets(hostname)}:${Number(target.port) || (isTls ? 443 : 80)}`;
    const explaining: typeof callback = (...[error, socket]) => {
      if (error === null && socket !== null) callback(null, socket);
      else callback(explained(error ?? new Error('no connection'), `${protocol}//${host}`), null);
    };
    const tunnel = async (): Promise<Socket | undefined> => {
      const { proxy } = routeTo(`${protocol}//${host}`);
      return proxy === null ? undefined : refuseEarlyBytes(await tunnels.open(proxy, host), String(proxy));
    };
    tunnel().then(
      (socket) => {
        if (socket === undefined || isTls) connect({ ...target, httpSocket: socket }, explaining);
        else explaining(null, socket);
      },
      (error: Error) => explaining(error, null),
    );
  });
}

/** No host speaks before it is spoken to, and undici would open one tunnel after the other. */
function refuseEarlyBytes(socket: Socket, proxy: string): Socket {
  if (socket.readableLength === 0) return socket;
  socket.on('error', () => {}).destroy();
  throw new TunnelError(
    'ProxyRefused',
    `The answer of ${proxy} to CONNECT is followed by bytes of its own. Check the proxy.`,
  );
}

/** Codes of our own, beside those of {@link troubleOf}. */
const WRONG_SETTINGS = new Set(['PlainHttpRefused', 'ProxyAuthenticationRequired', 'ProxyRefused', 'UnusableProxy']);

/** True for the code of a connection that will not be made before somebody has changed an endpoint, a certificate or a setting. */
export function isWrongEndpoint(code: string): boolean {
  return troubleOf(code) !== undefined || WRONG_SETTINGS.has(code);
}

/** With host and cause, they fit into the 300 characters of an error's message. */
const REMEDIES: { [trouble in ConnectionTrouble]: (host: string) => string } = {
  unknownHost: (host) =>
    `No host has the name ${host}. Check the region and endpoints of the account, and the DNS of this machine.`,
  wrongName: (host) => `The certificate at ${host} is for another name. Check region and endpoints of the account.`,
  outOfDate: (host) =>
    `The certificate at ${host} is out of date. Check the clock of this machine. If it is right, renew the certificate.`,
  unknownAuthority: (host) =>
    `The certificate at ${host} is from an authority that this machine does not trust. If the authority is yours or your proxy's, name its file in NODE_EXTRA_CA_CERTS. If not, check the endpoints of the account.`,
  invalid: (host) =>
    `The certificate at ${host} is not valid. Check the endpoints of the account, or replace the certificate.`,
  noTls: (host) => `There is no TLS at ${host}. Check scheme and port of the endpoint.`,
  noCommonTls: (host) =>
    `${host} and this machine have no TLS version or cipher in common. Check the endpoints of the account, or let the host offer TLS 1.2 or later.`,
};

/** The same error in words that name the host and what to do. The way to a proxy is explained by the tunnel. */
function explained(error: Error, origin: string): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (error instanceof TunnelError || error instanceof ProxyConfigurationError) return error;
  const trouble = troubleOf(code);
  const { host } = new URL(origin);
  const reason = reasonOf(error);
  if (trouble === undefined && reason === error.message) return error;
  const words = trouble === undefined ? `There is no TLS connection to ${host}` : REMEDIES[trouble](host);
  return Object.assign(new Error(`${words} (${reason})`), { name: error.name, code });
}

/** Why no request may go there, if so: credentials go over plain http only where nothing is in between. */
export function objectionToPlainHttp(origin: string): string | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  return isExposed(url)
    ? `Credentials would go to ${url.host} over plain http. Use https. If you trust the whole network path, set IMS_EXPORT_ALLOW_HTTP=true, or allowHttp of the account.`
    : undefined;
}
