import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, constants, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { Certificates } from '../rigs/certificates';

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
