import { readFile } from 'node:fs/promises';
import { connect as connectPlainly } from 'node:net';
import { connect as connectByTls } from 'node:tls';
import type { TLSConfig } from '@temporalio/common/lib/internal-non-workflow';
import { withoutBrackets } from '../network/local-addresses';
import type { HttpProxy } from '../network/proxies';
import { reasonOf, troubleOf } from '../network/troubles';
import { openTunnel } from '../network/tunnel';

/** A handshake takes two round trips; an alert about the client's certificate comes one later. */
const HANDSHAKE_MS = 2_000;
const DENIAL_MS = 300;

export interface Handshake {
  /** As it was given to gRPC; null or false for none. */
  tls: TLSConfig | boolean | null | undefined;
  /** Whether the server's certificate is checked as the client of Node checks it. */
  checkCertificate: boolean;
  /** Through which the server is reached. */
  proxy?: HttpProxy | null;
}

/**
 * Why a server cannot be reached, by TCP or TLS: gRPC itself reports only a timeout. Null when
 * nothing is wrong down there.
 *
 * @param address `host:port`
 */
export async function diagnosisOf(address: string, handshake: Handshake): Promise<string | null> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const to = { host: withoutBrackets(hostname), port: Number(port) };
  const options = await handshakeOptions(to.host, handshake);
  const { proxy } = handshake;
  const tunnel = proxy ? await openTunnel(proxy, address, { timeoutMs: HANDSHAKE_MS }).catch(whyNot) : undefined;
  if (typeof tunnel === 'string') return tunnel;
  return new Promise((settle) => {
    const socket =
      options === null ? (tunnel ?? connectPlainly(to)) : connectByTls({ ...to, ...options, socket: tunnel });
    const end = (diagnosis: string | null) => {
      socket.destroy();
      clearTimeout(timer);
      settle(diagnosis);
    };
    let timer = setTimeout(() => end('it does not answer'), HANDSHAKE_MS);
    const onConnected = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(null), DENIAL_MS);
    };
    if (socket === tunnel) onConnected();
    else socket.once(options === null ? 'connect' : 'secureConnect', onConnected);
    socket.once('error', (error: NodeJS.ErrnoException) => end(wordsOf(error)));
  });
}

function whyNot(error: Error): string {
  return error.message.replace(/\.$/, '');
}

async function handshakeOptions(host: string, { tls, checkCertificate }: Handshake) {
  if (!tls) return null;
  const { serverNameOverride, serverRootCACertificate, clientCertPair } = tls === true ? ({} as TLSConfig) : tls;
  const isName = !/^[\d.]+$|:/.test(host);
  return {
    servername: serverNameOverride ?? (isName ? host : ''),
    ca: serverRootCACertificate ? Buffer.from(serverRootCACertificate) : await rootsOfGrpc(),
    cert: clientCertPair && Buffer.from(clientCertPair.crt),
    key: clientCertPair && Buffer.from(clientCertPair.key),
    rejectUnauthorized: checkCertificate,
    ALPNProtocols: ['h2'],
  };
}

/** What grpc-js trusts in the place of Node's own authorities. */
function rootsOfGrpc(): Promise<Buffer> | undefined {
  const path = process.env.GRPC_DEFAULT_SSL_ROOTS_FILE_PATH;
  return path ? readFile(path) : undefined;
}

/** The diagnosis of a server that answers a handshake in clear. */
export const NO_TLS = 'it has no TLS';

/** OpenSSL's texts for these two are hard to understand. */
function wordsOf(error: NodeJS.ErrnoException): string {
  const { code } = error;
  if (troubleOf(code) === 'noTls') return NO_TLS;
  if (code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' || code === 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE') {
    return 'it asks for a client certificate';
  }
  return reasonOf(error);
}
