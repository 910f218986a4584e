/**
 * HTTP to the cloud: one send, one answer. What it means is read elsewhere.
 *
 * Reads share keep-alive connections, one request at a time on each. A changing request gets a connection of its own,
 * so it can never meet a keep-alive connection that the server is just closing; and it is written at most once: undici
 * may hand a request to a second connection when the first one failed, and that is refused here.
 *
 * @module
 */
import { setMaxListeners } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, Client, type Dispatcher } from 'undici';
import { Proxies, type Route } from '../network/proxies';
import { connectorOfCloud, objectionToPlainHttp } from './connector';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Scheme, host and port. */
  origin: string;
  /** Path and query exactly as signed. */
  path: string;
  headers: ReadonlyArray<readonly [name: string, value: string]>;
  body?: string;
  /** Never through a proxy, as of a metadata service, which knows its callers by their address. */
  direct?: boolean;
}

/** The complete answer. */
export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface SendLimits {
  /** From the call to the last byte of the answer, connecting included. */
  limitMs: number;
  /** Larger answers are cut off as an error. @default 4 MiB */
  maxBodyBytes?: number;
  signal?: AbortSignal;
  /** Called at the last moment before the request is written. If it throws, nothing is sent. */
  beforeSend?: () => void;
  /** By a new connection, as every changing request. */
  newConnection?: boolean;
}

export interface TransportOptions {
  /** For each step of a connection: to the host, or through a proxy, and then TLS. @default 4000 */
  connectTimeoutMs?: number;
  /** Where HTTPS_PROXY, HTTP_PROXY and NO_PROXY are, in either case. @default process.env */
  env?: NodeJS.ProcessEnv;
  /** Send to any host over plain http, credentials included. @default false: only to the loopback and to link-local addresses */
  allowHttp?: boolean;
  /** Connections that reads of one origin share. @default 32 */
  connections?: number;
}

/** There is no complete answer. */
export class TransportError extends Error {
  override readonly name = 'TransportError';

  constructor(
    /** Of node or undici (`ECONNREFUSED`, `UND_ERR_SOCKET`), or `RequestTimeout`, `Aborted`, `NotSent`. */
    readonly code: string,
    message: string,
    /** Whether writing the request had started. When false, the server has surely not seen it. */
    readonly isStarted: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Proxies add to the headers; node's 16 KiB would lose the answer with them. */
const MAX_HEADER_BYTES = 1024 * 1024;
const USER_AGENT = 'temporal-ims-export';

export class Transport {
  readonly #options: Client.Options;
  readonly #shared: Agent;
  readonly #own = new Set<Client>();
  readonly #proxies: Proxies;
  readonly #allowHttp: boolean;
  readonly #closing = new AbortController();
  /** Origins that are never reached through a proxy: all requests to one share connections, so they share the route. */
  readonly #direct = new Set<string>();

  constructor({
    connectTimeoutMs = 4_000,
    connections = 32,
    env = process.env,
    allowHttp = false,
  }: TransportOptions = {}) {
    this.#proxies = new Proxies(env);
    this.#allowHttp = allowHttp;
    const { signal } = this.#closing;
    // As many as there are connections to a proxy.
    setMaxListeners(0, signal);
    this.#options = {
      connect: connectorOfCloud({ timeoutMs: connectTimeoutMs, routeTo: (origin) => this.routeTo(origin), signal }),
      pipelining: 1,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The limit of each request is the one that counts; undici's defaults of 300 s only stand behind it.
      headersTimeout: 300_000,
      bodyTimeout: 300_000,
    };
    this.#shared = new Agent({ ...this.#options, connections });
  }

  /**
   * Sends a request once.
   *
   * @throws {@link TransportError} when there is no complete answer; an HTTP status is never an error here
   */
  async send(request: HttpRequest, limits: SendLimits): Promise<HttpAnswer> {
    const objection = this.#allowHttp ? undefined : objectionToPlainHttp(request.origin);
    if (objection !== undefined) throw new TransportError('PlainHttpRefused', objection, false);
    if (request.direct) this.#direct.add(new URL(request.origin).origin);
    const isAlone = !isRead(request) || limits.newConnection;
    return isAlone ? this.#sendAlone(request, limits) : exchange(this.#shared, request, limits);
  }

  /**
   * @param origin scheme, host and port
   * @throws ProxyConfigurationError, which names the variable
   */
  routeTo(origin: string): Route {
    return this.#direct.has(new URL(origin).origin) ? { proxy: null } : this.#proxies.routeTo(origin);
  }

  async #sendAlone(request: HttpRequest, limits: SendLimits): Promise<HttpAnswer> {
    const connection = this.#connectionOfItsOwn(request.origin);
    try {
      return await exchange(connection, request, limits);
    } finally {
      this.#own.delete(connection);
      // Also drops a request that was given up while still connecting.
      await connection.destroy();
    }
  }

  #connectionOfItsOwn(origin: string): Client {
    if (this.#shared.destroyed) throw new TransportError('UND_ERR_DESTROYED', 'The client is closed.', false);
    try {
      const connection = new Client(origin, this.#options);
      this.#own.add(connection);
      return connection;
    } catch (cause) {
      throw new TransportError('NotSent', cause instanceof Error ? cause.message : String(cause), false, { cause });
    }
  }

  /** Ends every connection. Requests in flight fail. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#shared.destroy(), ...[...this.#own].map((connection) => connection.destroy())]);
  }
}

function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: SendLimits): Promise<HttpAnswer> {
  const exchange = new Exchange(isRead(request), limits);
  exchange.begin(dispatcher, request);
  return exchange.answer;
}

/**
 * The answer to one request. Settles once: by the answer, or by the first thing that goes wrong, be it the limit, the
 * caller's signal or the connection.
 *
 * It holds nothing of the request, so that this is garbage as soon as undici has read it: what many requests in flight
 * keep alive, V8 learns to take for long-lived, and collects late and dearly (bench/ims-client).
 */
class Exchange implements Dispatcher.DispatchHandler {
  readonly answer: Promise<HttpAnswer>;
  readonly limits: SendLimits;
  #resolve!: (answer: HttpAnswer) => void;
  #reject!: (failure: TransportError) => void;
  readonly #isRead: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: (() => void) | undefined;
  #isStarted = false;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: TransportError | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders | undefined;
  #size = 0;
  #chunks: Buffer[] | undefined;

  constructor(isRead: boolean, limits: SendLimits) {
    this.#isRead = isRead;
    this.limits = limits;
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#timer = setTimeout(onLimit, limits.limitMs, this);
    const { signal } = limits;
    if (signal === undefined) return;
    this.#onAbort = () => this.fail('Aborted', 'The caller canceled the request.', signal.reason);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /** Hands the request to a connection, unless it was given up before. */
  begin(dispatcher: Dispatcher, request: HttpRequest): void {
    if (this.#failure !== undefined) return;
    const { origin, path, method, body } = request;
    try {
      dispatcher.dispatch({ origin, path, method, headers: headerList(request), body }, this);
    } catch (error) {
      this.#failBy(error);
    }
  }

  /** By an error of undici or node, of which nothing is kept that may hold a part of the answer, such as its headers. */
  #failBy(error: unknown): void {
    const [code, name] = [errorCode(error), error instanceof Error ? error.name : 'Error'];
    const message = error instanceof Error && error.message !== '' ? error.message : code;
    this.fail(code, message, Object.assign(new Error(message), { name, code }));
  }

  fail(code: string, message: string, cause?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = new TransportError(code, message, this.#isStarted, { cause });
    this.#settle();
    // Undici reports an abort only once it is connected; the caller need not wait for that.
    this.#reject(this.#failure);
    this.#controller?.abort(this.#failure);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    if (this.#onAbort !== undefined) this.limits.signal?.removeEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#failure !== undefined) {
      controller.abort(this.#failure);
    } else if (this.#isStarted && !this.#isRead) {
      this.fail('UND_ERR_SOCKET', 'The connection broke after the request was sent.');
    } else {
      this.#lastCheck();
    }
  }

  /** The last moment before the request is written. */
  #lastCheck(): void {
    try {
      this.limits.beforeSend?.();
      this.#isStarted = true;
    } catch (cause) {
      this.fail('NotSent', cause instanceof Error ? cause.message : String(cause), cause);
    }
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    // Called for 1xx as well; the last one is the answer.
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    const { maxBodyBytes = MAX_BODY_BYTES } = this.limits;
    if (this.#size > maxBodyBytes) this.fail('ResponseTooLarge', `The answer is larger than ${maxBodyBytes} bytes.`);
    else if (this.#chunks === undefined) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    if (this.#failure !== undefined) return;
    this.#settle();
    const chunks = this.#chunks ?? [];
    // Nearly every answer comes in one piece, which need not be copied.
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    this.#resolve({ status: this.#status, headers: this.#headers ?? {}, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#failBy(error);
  }
}

function onLimit(exchange: Exchange): void {
  exchange.fail('RequestTimeout', `No complete answer within ${exchange.limits.limitMs} ms.`);
}

/** Names and values in turn, as undici takes them fastest. */
function headerList({ headers }: HttpRequest): string[] {
  const list = ['user-agent', USER_AGENT];
  for (const [name, value] of headers) list.push(name, value);
  return list;
}

function isRead({ method }: HttpRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Node and undici both put a stable `code` on their errors; some only on the cause. */
function errorCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    if ('code' in current && typeof current.code === 'string' && current.code !== '') return current.code;
  }
  return 'TransportFailure';
}
