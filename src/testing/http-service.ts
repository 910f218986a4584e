import { randomBytes } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import type { Cloud } from './cloud';
import type { FaultAction, ServiceName } from './faults';
import { readWireRequest, requestTarget, type WireRequest } from './wire';

/** What every handler of a service finds in its context. */
export interface ServiceEnv {
  Bindings: HttpBindings;
  Variables: {
    /** The request as it is on the wire, body included. */
    request: WireRequest;
    requestId: string;
    /** What the journal says of this request besides its status. */
    note: string;
  };
}

export type ServiceContext = Context<ServiceEnv>;

/**
 * What stands before every service: the journal, the faults, and the end of jobs whose time has come.
 *
 * `names` are further paths that the request goes by, so that one fault rule meets both path style and virtual hosts.
 */
export function frontDoor(
  service: ServiceName,
  cloud: Cloud,
  names: (path: string, host: string) => string[] = () => [],
): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const { incoming } = c.env;
    const method = incoming.method ?? 'GET';
    const { path } = requestTarget(incoming);
    const complete = cloud.journal.begin({ at: new Date(cloud.clock.now()).toISOString(), service, method, path });
    const fault = cloud.faults.take(service, method, [path, ...names(path, incoming.headers.host ?? '')]) ?? {};
    c.set('requestId', randomBytes(16).toString('hex'));
    c.set('note', '');

    // Read before any delay: a client that gives up waiting has sent its request all the same.
    const body = fault.dropBefore ? Buffer.alloc(0) : await readBody(c);
    if (body === undefined) {
      complete(null, 'the client hung up');
      return hangUp(c);
    }
    if (fault.delayMs !== undefined) await delay(fault.delayMs, undefined, { ref: false });
    if (fault.dropBefore) {
      complete(null, 'fault: dropBefore');
      return hangUp(c);
    }
    if (fault.status !== undefined && !fault.acts) {
      complete(fault.status, 'fault: status');
      return faultAnswer(c, service, fault, fault.status);
    }

    c.set('request', readWireRequest(incoming, body));
    cloud.jobs.settle();
    await next();

    const note = c.get('note');
    if (fault.status !== undefined) {
      complete(fault.status, joinNotes('fault: status', `acted (${c.res.status})`, note));
      replaceAnswer(c, faultAnswer(c, service, fault, fault.status));
      return;
    }
    if (fault.dropAfter) {
      complete(null, joinNotes('fault: dropAfter', `acted (${c.res.status})`, note));
      replaceAnswer(c, hangUp(c));
      return;
    }
    if (fault.truncate) {
      complete(c.res.status, joinNotes('fault: truncate', note));
      replaceAnswer(c, await truncate(c));
      return;
    }
    if (fault.body !== undefined) {
      const { status } = c.res;
      complete(status, joinNotes('fault: body', note));
      replaceAnswer(c, faultAnswer(c, service, fault, status));
      return;
    }
    complete(c.res.status, joinNotes(fault.delayMs === undefined ? '' : 'fault: delay', note));
  };
}

/** A service that listens on the loopback. */
export interface RunningService {
  port: number;
  close(): Promise<void>;
}

/** Longer than clients keep idle connections: a server that closes first can meet a request on its way. */
const KEEP_ALIVE_MS = 75_000;

export async function listen(app: Hono<ServiceEnv>, port: number): Promise<RunningService> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false, hostname: LOOPBACK }) as Server;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const LOOPBACK = '127.0.0.1';

async function readBody(c: ServiceContext): Promise<Buffer | undefined> {
  try {
    return Buffer.from(await c.req.arrayBuffer());
  } catch {
    return undefined;
  }
}

/** Hono would carry the old answer's headers over to the new one, were it not taken away first. */
function replaceAnswer(c: ServiceContext, answer: Response): void {
  c.res = undefined;
  c.res = answer;
}

function hangUp(c: ServiceContext): Response {
  c.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

/** Sends the head with the full length, half of the body, and hangs up. */
async function truncate(c: ServiceContext): Promise<Response> {
  const { incoming, outgoing } = c.env;
  const body = incoming.method === 'HEAD' ? Buffer.alloc(0) : Buffer.from(await c.res.arrayBuffer());
  const headers = Object.fromEntries(c.res.headers);
  outgoing.writeHead(
    c.res.status,
    incoming.method === 'HEAD' ? headers : { ...headers, 'content-length': String(body.length) },
  );
  outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => incoming.socket.destroy());
  return RESPONSE_ALREADY_SENT;
}

/** An answer of the service, by its request id; a page of HTML comes from something before it, and has none. */
function faultAnswer(
  c: ServiceContext,
  service: ServiceName,
  { headers, body }: FaultAction,
  status: number,
): Response {
  const isText = typeof body === 'string';
  const content = body === undefined || status === 204 || status === 304 ? null : isText ? body : JSON.stringify(body);
  const contentType = isText ? 'text/html; charset=utf-8' : 'application/json';
  return new Response(content, {
    status,
    headers: {
      ...(isText && HTML.test(body)
        ? {}
        : { [service === 'obs' ? 'x-obs-request-id' : 'x-request-id']: c.get('requestId') }),
      ...(content === null ? {} : { 'content-type': contentType }),
      ...headers,
    },
  });
}

const HTML = /^\s*<(?:!doctype|html)/i;

function joinNotes(...notes: string[]): string {
  return notes.filter((note) => note !== '').join('; ');
}
