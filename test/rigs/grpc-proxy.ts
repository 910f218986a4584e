import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A proxy before a Temporal server, which answers some calls by itself, as an authorizer or an outage does. */
export interface GrpcProxy {
  address: string;
  /** Answers calls whose path ends so with a status of gRPC, or never, from now on; null lets them through again. */
  answer(method: string, how: number | 'never' | null): void;
  /** Answers so many calls whose path ends so with a message without fields, as a list that lags behind is empty. */
  answerEmpty(method: string, times: number): void;
  /** How many calls came whose path ends so. */
  calls(method: string): number;
  close(): Promise<void>;
}

export async function startGrpcProxy(serverAddress: string): Promise<GrpcProxy> {
  const answers = new Map<string, number | 'never'>();
  const empty = new Map<string, number>();
  const calls = new Map<string, number>();
  const sessions = new Set<ServerHttp2Session>();
  const upstream = connect(`http://${serverAddress}`);
  upstream.on('error', () => undefined);
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).split('/').at(-1) ?? '';
    calls.set(method, (calls.get(method) ?? 0) + 1);
    const how = answers.get(method);
    const emptyOnes = empty.get(method) ?? 0;
    if (emptyOnes > 0) {
      empty.set(method, emptyOnes - 1);
      sendEmpty(stream);
    } else if (how === undefined) pass(stream, headers, upstream);
    else if (how === 'never') stream.on('error', () => undefined);
    else
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': String(how) },
        { endStream: true },
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (method, how) => {
      if (how === null) answers.delete(method);
      else answers.set(method, how);
    },
    calls: (method) => calls.get(method) ?? 0,
    answerEmpty: (method, times) => empty.set(method, times),
    close: async () => {
      for (const session of sessions) session.destroy();
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A frame of gRPC: not compressed, of no bytes. */
const NO_FIELDS = Buffer.alloc(5);

function sendEmpty(stream: ServerHttp2Stream): void {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(NO_FIELDS);
}

function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, upstream: ClientHttp2Session): void {
  const call = upstream.request(headers);
  let trailers: IncomingHttpHeaders = {};
  call.on('response', (answered, flags) => {
    const endStream = (flags & END_STREAM) !== 0;
    stream.respond(answered, { endStream, waitForTrailers: !endStream });
    if (!endStream) call.pipe(stream);
  });
  call.on('trailers', (told) => {
    trailers = told;
  });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('close', () => call.close());
  for (const either of [stream, call]) either.on('error', () => undefined);
  stream.pipe(call);
}

/** Of a HEADERS frame: nothing follows. */
const END_STREAM = 0x1;
