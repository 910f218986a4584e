import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import {
  type CloudAccount,
  type CloudClient,
  type CloudClientOptions,
  CloudError,
  createCloudClient,
  staticCredentials,
} from '../../src/huaweicloud';

export interface SeenRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** How the server answers one request. */
export interface PlainReply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export type Reply = PlainReply | ((response: ServerResponse, socket: Socket) => void);

export interface LocalCloud {
  origin: string;
  requests: SeenRequest[];
  /** Connections accepted so far. */
  connections(): number;
  /** Replies in order; the last one repeats. */
  reply(...replies: Reply[]): void;
  /** A read that only proves the key is accepted, and not seen; unless false: then it is a request like any other. */
  acceptsProofs: boolean;
  /** A client of this server, quick in its retries. Closed with the server. */
  client(account?: Partial<CloudAccount>, options?: CloudClientOptions): CloudClient;
  close(): Promise<void>;
}

export const PROJECT_ID = '77b6a44cba5143ab91d13ab9a8ff44fd';
export const IMAGE_ID = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
export const JOB_ID = 'edc89b490d7d4392898e19b2deb34797';

/** Of the read that proves a key before a request whose answer cannot. */
export const PROOF_URL = '/v2/cloudimages?limit=1';

/** A real HTTP server on the loopback that plays whatever part of the cloud a test needs. */
export async function startLocalCloud(): Promise<LocalCloud> {
  const requests: SeenRequest[] = [];
  const clients: CloudClient[] = [];
  let replies: Reply[] = [{ status: 500 }];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      if (cloud.acceptsProofs && url === PROOF_URL) {
        answer(response, { body: { images: [] } });
        return;
      }
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString('utf8') });
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      if (typeof reply === 'function') reply(response, request.socket);
      else answer(response, reply ?? {});
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const cloud: LocalCloud = {
    origin,
    requests,
    acceptsProofs: true,
    connections: () => connections,
    reply(...next) {
      replies = next;
    },
    client(account = {}, options = {}) {
      const client = createCloudClient(
        { ...testAccount(origin), ...account },
        { retry: { firstDelayMs: 1 }, ...options },
      );
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return cloud;
}

export function testAccount(origin: string): CloudAccount {
  return {
    name: 'default',
    region: 'cn-north-4',
    projectId: PROJECT_ID,
    endpoints: { ims: origin, obs: origin, iam: origin },
    obsPathStyle: true,
    credentials: staticCredentials({ accessKey: 'testAK', secretKey: 'testSK' }),
  };
}

/** The CloudError that a call ends with. */
export async function cloudErrorOf(call: Promise<unknown>): Promise<CloudError> {
  const error = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof CloudError) return error;
  throw error;
}

function answer(response: ServerResponse, { status = 200, headers = {}, body }: PlainReply): void {
  const isText = typeof body === 'string' || body === undefined;
  response.writeHead(status, { ...(isText ? {} : { 'content-type': 'application/json' }), ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
