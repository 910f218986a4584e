import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Simulator } from '../../src/testing';

/** A request for a key, as it was on the wire. */
export interface IdentityExchange {
  method: string;
  path: string;
  /** Those that say who asks. */
  headers: { [name: string]: string };
  body: unknown;
}

/**
 * Stands before IAM, STS, the agent of pods and the metadata service of a simulator, and keeps what they are asked. For the metadata
 * service it is an HTTP proxy (HTTP_PROXY), since the vendor's SDKs ask 169.254.169.254 and nothing else.
 */
export interface IdentityRecorder {
  origin: string;
  /** Whether 169.254.169.254 answers; if not, connections to it break. */
  hasMetadata: boolean;
  /** What was asked since the last call. */
  take(): IdentityExchange[];
  close(): Promise<void>;
}

const METADATA = 'http://169.254.169.254';
const KEPT_HEADERS = ['x-idp-id', 'authorization', 'content-type', 'x-metadata-token-ttl-seconds'];

export async function startIdentityRecorder({ info }: Simulator): Promise<IdentityRecorder> {
  let exchanges: IdentityExchange[] = [];
  const server = createServer(async (request, response) => {
    const url = request.url ?? '/';
    const isMetadata = url.startsWith(METADATA);
    if (isMetadata && !recorder.hasMetadata) return request.socket.destroy();
    const path = isMetadata ? url.slice(METADATA.length) : url;
    const body = await bodyOf(request);
    exchanges.push({ method: request.method ?? '', path, headers: keptOf(request), body: parsed(body) });
    const target = isMetadata || path.startsWith('/v1/credentials') ? info.metadataEndpoint : info.iamEndpoint;
    const { host: _, connection: __, ...headers } = request.headers;
    const forwarded = httpRequest(`${target}${path}`, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on('error', () => response.destroy());
    forwarded.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recorder: IdentityRecorder = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hasMetadata: true,
    take() {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return recorder;
}

function keptOf({ headers }: IncomingMessage): IdentityExchange['headers'] {
  return Object.fromEntries(
    KEPT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return body.toString('utf8');
  }
}
