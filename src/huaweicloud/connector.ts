/**
 * How connections to the cloud are made: directly or through a proxy, and what is said where one cannot be made.
 *
 * @module
 */
import { buildConnector } from 'undici';
import { isLocal } from '../network/local-addresses';
import type { Route } from '../network/proxies';
import { openTunnel, TunnelError } from '../network/tunnel';
import { type Connector, connectorWithoutContinue } from './interim-answers';
import { lookupWithLoopback } from './loopback-lookup';

export interface ConnectorOptions {
  /** Per step: the connection or the tunnel, then TLS. */
  timeoutMs: number;
  /** @param origin scheme, host and port */
  routeTo(origin: string): Route;
}

/** Of all connections of a transport, those of changing requests included. */
export function connectorOfCloud({ timeoutMs, routeTo }: ConnectorOptions): Connector {
  const connect = buildConnector({ timeout: timeoutMs, lookup: lookupWithLoopback });
  return connectorWithoutContinue((target, callback) => {
    const { protocol, hostname } = target;
    const isTls = protocol === 'https:';
    const port = Number(target.port) || (isTls ? 443 : 80);
    const host = hostname.includes(':') ? `[${hostname}]` : hostname;
    const explaining: typeof callback = (...[error, socket]) => {
      if (error === null && socket !== null) callback(null, socket);
      else callback(explained(error ?? new Error('no connection'), `${protocol}//${host}:${port}`), null);
    };
    const { proxy } = routeTo(`${protocol}//${host}:${port}`);
    if (proxy === null) {
      connect(target, explaining);
      return;
    }
    openTunnel(proxy, `${host}:${port}`, { timeoutMs, lookup: lookupWithLoopback }).then(
      (socket) => (isTls ? connect({ ...target, httpSocket: socket }, explaining) : explaining(null, socket)),
      (error: Error) => explaining(error, null),
    );
  });
}

/** What no time cures, by the codes of node and OpenSSL, and what to do about it. */
type Trouble = 'unknownHost' | 'wrongName' | 'outOfDate' | 'unknownAuthority' | 'invalid' | 'noTls' | 'plainHttp';

const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  // Not EAI_AGAIN, which is a resolver that does not answer now.
  ...codes('unknownHost', 'ENOTFOUND'),
  ...codes('wrongName', 'ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'),
  ...codes('outOfDate', 'CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID'),
  ...codes('unknownAuthority', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT'),
  ...codes('unknownAuthority', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
  ...codes('invalid', 'CERT_REVOKED', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'CERT_SIGNATURE_FAILURE', 'INVALID_CA'),
  ...codes('invalid', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'CERT_CHAIN_TOO_LONG'),
  ...codes('noTls', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'),
  ...codes('plainHttp', 'PlainHttpRefused'),
]);

function codes(trouble: Trouble, ...names: string[]): Array<[code: string, trouble: Trouble]> {
  return names.map((name) => [name, trouble]);
}

/** True for the code of a connection that will not be made before somebody has changed an endpoint, a certificate or a setting. */
export function isWrongEndpoint(code: string): boolean {
  return TROUBLES.has(code);
}

/** With host and cause, they fit into the 300 characters of an error's message. */
const REMEDIES: { [trouble in Trouble]: (host: string) => string } = {
  unknownHost: (host) => `No host has the name ${host}. Check region and endpoints of the account, and the DNS here.`,
  wrongName: (host) => `The certificate at ${host} is for another name. Check region and endpoints of the account.`,
  outOfDate: (host) =>
    `The certificate at ${host} is out of date. Check the clock here; if it is right, renew the certificate.`,
  unknownAuthority: (host) =>
    `The certificate at ${host} is from no authority that is trusted here. Is it your own, or that of your proxy? Name its file in NODE_EXTRA_CA_CERTS. Else check the endpoints of the account.`,
  invalid: (host) => `The certificate at ${host} is not valid. Check the endpoints of the account; else replace it.`,
  noTls: (host) => `There is no TLS at ${host}. Check scheme and port of the endpoint.`,
  plainHttp: (host) =>
    `Credentials would go to ${host} over plain http. Use https; or, where everything on the way is trusted, set IMS_EXPORT_ALLOW_HTTP=true, or allowHttp of the account.`,
};

/** The same error in words that name the host and what to do. The way to a proxy is explained by the tunnel. */
function explained(error: Error, origin: string): Error {
  const { code = '' } = error as NodeJS.ErrnoException;
  const trouble = TROUBLES.get(code);
  if (trouble === undefined || error instanceof TunnelError) return error;
  const { host } = new URL(origin);
  return Object.assign(new Error(`${REMEDIES[trouble](host)} (${error.message})`), { name: error.name, code });
}

/** Why no request may go there, if so: credentials go over plain http only where nothing is in between. */
export function objectionToPlainHttp(origin: string): string | undefined {
  if (!origin.startsWith('http:') || !URL.canParse(origin)) return undefined;
  const { hostname, host } = new URL(origin);
  return isLocal(hostname) ? undefined : REMEDIES.plainHttp(host);
}
