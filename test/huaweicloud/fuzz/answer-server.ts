import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PROOF_URL } from '../../rigs/local-cloud';
import { type FuzzAnswer, fuzzAnswer } from './answers';
import { Random } from './random';

/** How a request says which case it belongs to: in its access key, or in the path of its endpoint. */
const CASE = /FUZZ-(\w+)-(\d+)/;

export function caseName(parser: string, index: number): string {
  return `FUZZ-${parser}-${index}`;
}

export interface AnswerServer {
  origin: string;
  /** Answers by kind. */
  counts(): { [kind: string]: number };
  close(): Promise<void>;
}

/**
 * A real HTTP server whose answers are random, and the same for the same seed, parser and case.
 *
 * @param plainParsers get complete answers only, see {@link fuzzAnswer}
 */
export async function startAnswerServer(seed: number, plainParsers: readonly string[]): Promise<AnswerServer> {
  const counts: { [kind: string]: number } = {};
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    request.resume();
    if (request.url?.endsWith(PROOF_URL)) {
      response.end('{"images":[]}');
      return;
    }
    const [, parser = '', index = '0'] = CASE.exec(`${request.headers.authorization ?? ''} ${request.url ?? ''}`) ?? [];
    // A key for a token, or of an agency, looks like that of the metadata service.
    const expected = request.url?.includes('securitytokens') ? 'MetadataKey' : parser;
    const random = new Random(seed, parser, expected, index);
    const answer = fuzzAnswer(random, expected, plainParsers.includes(parser));
    counts[answer.kind] = (counts[answer.kind] ?? 0) + 1;
    send(response, answer, request.method === 'HEAD');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => counts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status, headers, body, breaksOff, raw }: FuzzAnswer, isHead: boolean): void {
  if (raw !== undefined) {
    response.socket?.end(raw);
    return;
  }
  if (isHead) {
    // To a HEAD the length is one more header, and may be as odd as the others.
    const { etag, ...others } = headers;
    response.writeHead(status, {
      ...others,
      ...(etag && { etag }),
      'content-length': etag === undefined ? '' : String(body.length),
    });
    response.end();
    return;
  }
  if (!breaksOff) {
    response.writeHead(status, headers);
    response.end(body);
    return;
  }
  response.writeHead(status, { ...headers, 'content-length': String(body.length + 100) });
  response.write(body, () => response.socket?.destroy());
}
