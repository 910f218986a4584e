/**
 * The network between the workers and the cloud: a proxy for each of its services, which can be cut, be slow, leave connections
 * half open, lose a submit, or answer a read in the cloud's place.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultAction, ServiceName } from '../../../src/testing';
import { wrongAnswerOfIms, wrongAnswerOfObs } from '../storm/faults';
import type { WrongAnswer, WrongRead } from '../storm/plan';

const LOOPBACK = '127.0.0.1';
export const SERVICES = ['ims', 'obs', 'iam', 'metadata'] as const satisfies readonly ServiceName[];

type Endpoints = { [service in ServiceName]: string };

/** A submit that came by here. */
export interface SubmitSeen {
  atMs: number;
  path: string;
  /** When its answer was given to the client; null where it was not, or came from here. */
  answeredAtMs: number | null;
}

export interface WrongAnswerGiven {
  atMs: number;
  method: string;
  path: string;
  as: WrongAnswer;
}

export class CloudProxy {
  readonly submits: SubmitSeen[] = [];
  readonly wrongAnswers: WrongAnswerGiven[] = [];
  readonly #servers: Server[] = [];
  readonly #ports = new Map<ServiceName, number>();
  readonly #sockets = new Set<Socket>();
  readonly #dead = new WeakSet<Socket>();
  #cut: 'reset' | 'silent' | null = null;
  #silence: { over: Promise<void>; end: () => void } | null = null;
  #slow = { requestMs: 0, answerMs: 0 };
  #wrong: Array<{ of: WrongRead['of']; as: WrongAnswer }> = [];
  #losing: Array<'request' | 'answer'> = [];

  private constructor(private readonly targets: Endpoints) {}

  static async open(targets: Endpoints): Promise<CloudProxy> {
    const proxy = new CloudProxy(targets);
    for (const service of SERVICES) await proxy.#serve(service);
    return proxy;
  }

  get endpoints(): Endpoints {
    const urls = SERVICES.map((service) => [service, `http://${LOOPBACK}:${this.#ports.get(service)}`]);
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

  async #serve(service: ServiceName): Promise<void> {
    const server = createServer({ keepAliveTimeout: 75_000 }, (incoming, outgoing) => {
      this.#pass(service, incoming, outgoing).catch(() => incoming.socket.destroy());
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
    this.#ports.set(service, (server.address() as AddressInfo).port);
  }

  async #pass(service: ServiceName, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { socket, method = 'GET', url = '/' } = incoming;
    const body = await bodyOf(incoming);
    const path = url.replace(/\?.*/, '');
    if (!(await this.#getsThrough(socket, this.#slow.requestMs))) return;
    const wrong = this.#wrongAnswerTo(service, method, path);
    if (wrong !== null) return answerFrom(outgoing, service, method, wrong);

    const isSubmit = method === 'POST' && path.endsWith('/file');
    const losing = isSubmit ? this.#losing.shift() : undefined;
    if (losing === 'request') {
      socket.resetAndDestroy();
      return;
    }
    const seen: SubmitSeen = { atMs: Date.now(), path, answeredAtMs: null };
    if (isSubmit) this.submits.push(seen);
    const answer = await ask(new URL(this.targets[service]), incoming, body);
    if (losing === 'answer') {
      socket.resetAndDestroy();
      return;
    }
    if (!(await this.#getsThrough(socket, this.#slow.answerMs))) return;
    seen.answeredAtMs = Date.now();
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(method === 'HEAD' ? undefined : answer.body);
  }

  /** False when the connection is dead, or was given up meanwhile: what is lost is not sent again. */
  async #getsThrough(socket: Socket, delayMs: number): Promise<boolean> {
    if (delayMs > 0) await sleep(delayMs);
    while (this.#silence !== null) await this.#silence.over;
    return !socket.destroyed && !this.#dead.has(socket);
  }

  #wrongAnswerTo(service: ServiceName, method: string, path: string): FaultAction | null {
    const of = readOf(service, method, path);
    const index = this.#wrong.findIndex((wrong) => wrong.of === of);
    const [wrong] = index < 0 ? [] : this.#wrong.splice(index, 1);
    if (wrong === undefined) return null;
    this.wrongAnswers.push({ atMs: Date.now(), method, path, as: wrong.as });
    return service === 'obs' ? wrongAnswerOfObs(wrong.as, wrong.of) : wrongAnswerOfIms(wrong.as);
  }
}

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
