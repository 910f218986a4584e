/**
 * The network between the workers and the cloud: a proxy for each of its services, which can be cut, be slow, leave connections
 * half open, lose a submit, or answer a read in the cloud's place.
 *
 * @module
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction, ServiceName } from '../../../src/testing';
import { wrongAnswerOfIms, wrongAnswerOfObs } from '../storm/faults';
import type { WrongAnswer, WrongRead } from '../storm/plan';
import type { Account } from './plan';

const LOOPBACK = '127.0.0.1';
export const SERVICES = ['ims', 'obs', 'iam', 'metadata'] as const satisfies readonly ServiceName[];

export type Endpoints = { [service in ServiceName]: string };

/** Whose requests come by a place of the proxy: those of one process with the credentials of one account. */
export interface Caller {
  process: 'worker' | 'activities';
  account: Account;
}

/** A request that came by here. */
export interface RequestSeen extends Caller {
  atMs: number;
  service: ServiceName;
  method: string;
  /** With the query of a list of images, which names the image. */
  path: string;
  /** A digest of the access key or the token; null where there is none. */
  key: string | null;
  /** Whether the cloud received it. */
  arrived: boolean;
  /** What the client was answered; null where no answer came through. */
  status: number | null;
  answeredAtMs: number | null;
  /** The answer came from here. */
  wrong: WrongAnswer | null;
}

export class CloudProxy {
  readonly requests: RequestSeen[] = [];
  readonly #servers: Server[] = [];
  readonly #ports = new Map<string, number>();
  readonly #sockets = new Set<Socket>();
  readonly #dead = new WeakSet<Socket>();
  #cut: 'reset' | 'silent' | null = null;
  #silence: { over: Promise<void>; end: () => void } | null = null;
  #slow = { requestMs: 0, answerMs: 0 };
  #wrong: Array<{ of: WrongRead['of']; as: WrongAnswer }> = [];
  #losing: Array<'request' | 'answer'> = [];

  private constructor(private readonly targets: Endpoints) {}

  static async open(targets: Endpoints, callers: readonly Caller[]): Promise<CloudProxy> {
    const proxy = new CloudProxy(targets);
    for (const caller of callers) for (const service of SERVICES) await proxy.#serve(caller, service);
    return proxy;
  }

  endpointsOf(caller: Caller): Endpoints {
    const urls = SERVICES.map((service) => [
      service,
      `http://${LOOPBACK}:${this.#ports.get(placeOf(caller, service))}`,
    ]);
    return Object.fromEntries(urls) as Endpoints;
  }

  cut(how: 'reset' | 'silent'): void {
    this.#cut = how;
    if (how === 'reset') this.#breakAll();
    else this.#silence ??= newSilence();
  }

  restore(): void {
    this.#cut = null;
    this.#silence?.end();
    this.#silence = null;
  }

  slow(requestMs: number, answerMs: number): void {
    this.#slow = { requestMs, answerMs };
  }

  /** As after a firewall has forgotten them: what is sent in a connection that there is gets nowhere, and nobody says so. */
  leaveHalfOpen(): void {
    for (const socket of this.#sockets) this.#dead.add(socket);
  }

  /** The next read of this kind is answered so. */
  answerWrongly(of: WrongRead['of'], as: WrongAnswer): void {
    this.#wrong.push({ of, as });
  }

  loseNextSubmit(what: 'request' | 'answer'): void {
    this.#losing.push(what);
  }

  /** Everything is well from now on; the connections that are half open are known to be broken. */
  heal(): void {
    this.restore();
    this.slow(0, 0);
    this.#wrong = [];
    this.#losing = [];
    for (const socket of this.#sockets) if (this.#dead.has(socket)) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.heal();
    this.#breakAll();
    for (const server of this.#servers) server.close();
    await Promise.all(this.#servers.map((server) => (server.listening ? once(server, 'close') : undefined)));
  }

  #breakAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async #serve(caller: Caller, service: ServiceName): Promise<void> {
    const server = createServer({ keepAliveTimeout: 75_000 }, (incoming, outgoing) => {
      this.#pass(caller, service, incoming, outgoing).catch(() => incoming.socket.destroy());
    });
    server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#sockets.delete(socket));
      if (this.#cut === 'reset') socket.resetAndDestroy();
    });
    server.listen(0, LOOPBACK);
    await once(server, 'listening');
    this.#servers.push(server);
    this.#ports.set(placeOf(caller, service), (server.address() as AddressInfo).port);
  }

  async #pass(
    caller: Caller,
    service: ServiceName,
    incoming: IncomingMessage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const { socket, method = 'GET', url = '/' } = incoming;
    const body = await bodyOf(incoming);
    const path = url.replace(/\?.*/, '');
    const isList = path.endsWith('/cloudimages');
    const seen: RequestSeen = {
      ...caller,
      atMs: Date.now(),
      service,
      method,
      path: isList ? url : path,
      key: keyOf(incoming),
      arrived: false,
      status: null,
      answeredAtMs: null,
      wrong: null,
    };
    this.requests.push(seen);
    const noteAnswer = (status: number) => Object.assign(seen, { status, answeredAtMs: Date.now() });
    if (!(await this.#getsThrough(socket, this.#slow.requestMs))) return;
    const wrong = this.#wrongAnswerTo(service, method, path);
    if (wrong !== null) {
      seen.wrong = wrong.as;
      noteAnswer(wrong.answer.status ?? 200);
      return answerFrom(outgoing, service, method, wrong.answer);
    }

    const losing = isSubmit(seen) ? this.#losing.shift() : undefined;
    if (losing === 'request') {
      socket.resetAndDestroy();
      return;
    }
    seen.arrived = true;
    const answer = await ask(new URL(this.targets[service]), incoming, body);
    if (losing === 'answer') {
      socket.resetAndDestroy();
      return;
    }
    if (!(await this.#getsThrough(socket, this.#slow.answerMs))) return;
    noteAnswer(answer.status);
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(method === 'HEAD' ? undefined : answer.body);
  }

  /** False when the connection is dead, or was given up meanwhile: what is lost is not sent again. */
  async #getsThrough(socket: Socket, delayMs: number): Promise<boolean> {
    if (delayMs > 0) await sleep(delayMs);
    while (this.#silence !== null) await this.#silence.over;
    return !socket.destroyed && !this.#dead.has(socket);
  }

  #wrongAnswerTo(service: ServiceName, method: string, path: string): { as: WrongAnswer; answer: FaultAction } | null {
    const of = readOf(service, method, path);
    const index = this.#wrong.findIndex((wrong) => wrong.of === of);
    const [wrong] = index < 0 ? [] : this.#wrong.splice(index, 1);
    if (wrong === undefined) return null;
    const { as } = wrong;
    return { as, answer: service === 'obs' ? wrongAnswerOfObs(as, wrong.of) : wrongAnswerOfIms(as) };
  }
}

export function isSubmit({ method, path }: Pick<RequestSeen, 'method' | 'path'>): boolean {
  return method === 'POST' && path.endsWith('/file');
}

function placeOf({ process, account }: Caller, service: ServiceName): string {
  return `${process} ${account} ${service}`;
}

/** A secret is not kept, and neither is what a signature was made with: its name is enough. */
function keyOf({ headers: { authorization = '', 'x-auth-token': token } }: IncomingMessage): string | null {
  const name = /Access=([^,\s]+)|OBS ([^:\s]+):/.exec(authorization);
  const key = name?.[1] ?? name?.[2] ?? token;
  return key === undefined ? null : createHash('sha256').update(String(key)).digest('hex').slice(0, KEY_LENGTH);
}

const KEY_LENGTH = 8;

function newSilence(): { over: Promise<void>; end: () => void } {
  let end = () => {};
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

function readOf(service: ServiceName, method: string, path: string): WrongRead['of'] | null {
  if (service === 'ims' && method === 'GET') {
    if (path.includes('/jobs/')) return 'job';
    return path.endsWith('/cloudimages') ? 'image' : null;
  }
  if (service !== 'obs') return null;
  const isOfBucket = /^\/[^/]+\/?$/.test(path);
  if (method === 'HEAD') return isOfBucket ? 'bucket' : 'object';
  return method === 'GET' && !isOfBucket ? 'bytes' : null;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface PassedAnswer {
  status: number;
  /** Names and values in turn, as on the wire. */
  headers: string[];
  body: Buffer;
}

/** The headers are those of the client, Host among them: its signature is over them. */
async function ask(target: URL, { method, url, rawHeaders }: IncomingMessage, body: Buffer): Promise<PassedAnswer> {
  const outgoing = request({
    host: target.hostname,
    port: target.port,
    method,
    path: url,
    headers: rawHeaders,
    agent: false,
  });
  outgoing.end(body);
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
  const received = await bodyOf(incoming);
  const headers = incoming.rawHeaders.flatMap((name, index, all) =>
    index % 2 === 0 && !OF_THE_CONNECTION.has(name.toLowerCase()) ? [name, all[index + 1] ?? ''] : [],
  );
  const hasLength = incoming.headers['content-length'] !== undefined || method === 'HEAD';
  if (!hasLength) headers.push('content-length', String(received.length));
  return { status: incoming.statusCode ?? 502, headers, body: received };
}

const OF_THE_CONNECTION: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** A page of HTML comes from something on the way; anything else is of the service, and has its request id. */
function answerFrom(
  outgoing: ServerResponse,
  service: ServiceName,
  method: string,
  { status = 200, headers = {}, body }: FaultAction,
): void {
  const isPage = typeof body === 'string' && body.startsWith('<') && !body.startsWith('<?xml');
  const requestId = isPage
    ? {}
    : { [service === 'obs' ? 'x-obs-request-id' : 'x-request-id']: randomBytes(16).toString('hex') };
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/html' : 'application/json';
  outgoing.writeHead(status, {
    'content-type': type,
    ...(method === 'HEAD' ? {} : { 'content-length': String(Buffer.byteLength(text)) }),
    ...requestId,
    ...headers,
  });
  outgoing.end(method === 'HEAD' ? undefined : text);
}
