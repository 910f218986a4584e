import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An authority of its own, and what it has signed, as paths of PEM files. */
export interface Certificates {
  directory: string;
  authority: string;
  server: { certificate: string; key: string };
  /** A server's whose time is over. */
  expired: { certificate: string; key: string };
  client: { certificate: string; key: string };
}

/** Made by openssl; the server is `localhost` and 127.0.0.1. Remove the directory afterwards. */
export async function makeCertificates(): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), 'certificates-'));
  const file = (name: string) => join(directory, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const authority = ['-x509', '-subj', '/CN=authority', '-keyout', file('ca.key'), '-out', file('ca.pem')];
  await run('openssl', ['req', ...newKey, ...authority]);
  const sign = async (name: string) => {
    const [certificate, key] = [file(`${name}.pem`), file(`${name}.key`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
    const signed = ['-x509', '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-addext', 'basicConstraints=CA:FALSE'];
    await run('openssl', ['req', ...newKey, ...signed, ...subject, '-keyout', key, '-out', certificate]);
    return { certificate, key };
  };
  const [server, client, expired] = [await sign('server'), await sign('client'), await sign('expired')];
  await expire(directory, expired.certificate);
  return { directory, authority: file('ca.pem'), server, expired, client };
}

/** Signs a certificate again, for a time that is over: of openssl's commands only `ca` takes dates. */
async function expire(directory: string, certificate: string): Promise<void> {
  const file = (name: string) => join(directory, name);
  const names = ['[ca]', `database = ${file('index.txt')}`, `new_certs_dir = ${directory}`, 'policy = policy'];
  const rest = ['default_md = sha256', 'rand_serial = yes', '[policy]', 'commonName = supplied', '[extensions]'];
  await writeFile(file('ca.cnf'), [...names, ...rest, 'subjectAltName = DNS:localhost', ''].join('\n'));
  await writeFile(file('index.txt'), '');
  const authority = ['-config', file('ca.cnf'), '-name', 'ca', '-cert', file('ca.pem'), '-keyfile', file('ca.key')];
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
  const csr = file('expired.csr');
  const key = ['-key', certificate.replace(/pem$/, 'key'), '-subj', '/CN=expired'];
  await run('openssl', ['req', '-new', ...key, '-out', csr]);
  const signed = ['-batch', '-notext', '-extensions', 'extensions', '-in', csr, '-out', certificate];
  await run('openssl', ['ca', ...authority, ...dates, ...signed]);
}

/** TLS in front of a Temporal server that has none. It knows what came through. */
export class TlsProxy {
  /** Headers of every call. */
  readonly calls: IncomingHttpHeaders[] = [];

  private constructor(
    readonly port: number,
    private readonly end: () => Promise<void>,
  ) {}

  /**
   * With client certificates it lets nobody in who shows none of the authority.
   *
   * @param refuses the gRPC status with which a call of a method is refused; undefined lets it through
   * @param words what it says then
   */
  static async start(
    target: string,
    certificates: Certificates,
    clients: 'any' | 'signed',
    refuses: (method: string | undefined) => number | undefined = () => undefined,
    { words = 'Request unauthorized.', server: own = certificates.server } = {},
  ): Promise<TlsProxy> {
    const [cert, key, ca] = await Promise.all(
      [own.certificate, own.key, certificates.authority].map((path) => readFile(path)),
    );
    const isMutual = clients === 'signed';
    const server = createSecureServer({ cert, key, ca, requestCert: isMutual, rejectUnauthorized: isMutual });
    const upstream = connect(`http://${target}`);
    const sessions = new Set<{ destroy(): void }>();
    server.on('session', (session) => sessions.add(session));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new TlsProxy((server.address() as AddressInfo).port, async () => {
      upstream.destroy();
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    });
    server.on('stream', (stream: ServerHttp2Stream, headers) => {
      proxy.calls.push(headers);
      const status = refuses(headers[':path']?.split('/').at(-1));
      if (status !== undefined) {
        const said = { 'grpc-status': String(status), 'grpc-message': words };
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...said }, { endStream: true });
        return;
      }
      forward(stream, upstream.request({ ...headers, ':scheme': 'http', ':authority': target }));
    });
    return proxy;
  }

  close(): Promise<void> {
    return this.end();
  }
}

/** gRPC says in trailers how a call went. */
function forward(stream: ServerHttp2Stream, asked: ReturnType<ReturnType<typeof connect>['request']>): void {
  let trailers: IncomingHttpHeaders = {};
  asked.on('response', (headers, flags) => {
    if (stream.destroyed) return;
    // An error without an answer has its trailers in the place of headers.
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      stream.respond(headers, { endStream: true });
      return;
    }
    stream.respond(headers, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers(trailers));
    asked.pipe(stream);
  });
  asked.on('trailers', (told) => {
    trailers = told;
  });
  stream.pipe(asked);
  for (const [one, other] of [
    [stream, asked],
    [asked, stream],
  ] as const) {
    one.on('error', () => other.close(constants.NGHTTP2_CANCEL));
    one.on('aborted', () => other.close(constants.NGHTTP2_CANCEL));
  }
}

export async function removeCertificates({ directory }: Certificates): Promise<void> {
  await rm(directory, { recursive: true, force: true });
}
