/**
 * HTTP to the cloud: one send, one answer. What it means is read elsewhere.
 *
 * Reads share keep-alive connections, one request at a time on each. A changing request gets a connection of its own,
 * so it can never meet a keep-alive connection that the server is just closing; and it is written at most once: undici
 * may hand a request to a second connection when the first one failed, and that is refused here.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { Agent, Client, type Dispatcher } from 'undici';
import { lookupWithLoopback } from './loopback-lookup';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  /** Scheme, host and port. */
  origin: string;
  /** Path and query exactly as signed. */
  path: string;
  headers: ReadonlyArray<readonly [name: string, value: string]>;
  body?: string;
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
}

export interface TransportOptions {
  /** Per connection attempt, TLS included. @default 4000 */
  connectTimeoutMs?: number;
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
    /** Whether the request had begun to be written. When false, the server has surely not seen it. */
    readonly begun: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const USER_AGENT = 'temporal-ims-export';

export class Transport {
  readonly #options: Client.Options;
  readonly #shared: Agent;
  readonly #own = new Set<Client>();

  constructor({ connectTimeoutMs = 4_000, connections = 32 }: TransportOptions = {}) {
    this.#options = {
      connect: { timeout: connectTimeoutMs, lookup: lookupWithLoopback },
      pipelining: 1,
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
    if (isRead(request)) return exchange(this.#shared, request, limits);
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
    await Promise.all([this.#shared.destroy(), ...[...this.#own].map((connection) => connection.destroy())]);
  }
}

function exchange(dispatcher: Dispatcher, request: HttpRequest, limits: SendLimits): Promise<HttpAnswer> {
  const maxBodyBytes = limits.maxBodyBytes ?? MAX_BODY_BYTES;
  return new Promise((resolve, reject) => {
    let begun = false;
    let controller: Dispatcher.DispatchController | undefined;
    let failure: TransportError | undefined;
    let status = 0;
    let headers: IncomingHttpHeaders = {};
    let size = 0;
    const chunks: Buffer[] = [];

    const settle = (): void => {
      clearTimeout(timer);
      limits.signal?.removeEventListener('abort', onAbort);
    };
    const fail = (code: string, message: string, cause?: unknown): void => {
      if (failure !== undefined) return;
      failure = new TransportError(code, message, begun, { cause });
      settle();
      // Undici tells of an abort only once it is connected; the caller need not wait for that.
      reject(failure);
      controller?.abort(failure);
    };
    const onAbort = (): void => fail('Aborted', 'The request was given up by its caller.', limits.signal?.reason);
    const timer = setTimeout(
      () => fail('RequestTimeout', `No complete answer within ${limits.limitMs} ms.`),
      limits.limitMs,
    );
    limits.signal?.addEventListener('abort', onAbort, { once: true });
    if (limits.signal?.aborted) return onAbort();

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(starting) {
        controller = starting;
        if (failure !== undefined) return starting.abort(failure);
        if (begun && !isRead(request)) {
          return fail('UND_ERR_SOCKET', 'The connection broke after the request was sent.');
        }
        try {
          limits.beforeSend?.();
        } catch (cause) {
          return fail('NotSent', cause instanceof Error ? cause.message : String(cause), cause);
        }
        begun = true;
      },
      onResponseStart(_controller, statusCode, responseHeaders) {
        // Called for 1xx as well; the last one is the answer.
        status = statusCode;
        headers = responseHeaders;
      },
      onResponseData(_controller, chunk) {
        size += chunk.length;
        if (size > maxBodyBytes) return fail('ResponseTooLarge', `The answer is larger than ${maxBodyBytes} bytes.`);
        chunks.push(chunk);
      },
      onResponseEnd() {
        if (failure !== undefined) return;
        settle();
        resolve({ status, headers, body: Buffer.concat(chunks) });
      },
      onResponseError(_controller, error) {
        fail(errorCode(error), error.message || errorCode(error), error);
      },
    };
    try {
      dispatcher.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: ['user-agent', USER_AGENT, ...request.headers.flat()],
          body: request.body,
        },
        handler,
      );
    } catch (error) {
      fail(errorCode(error), error instanceof Error ? error.message : String(error), error);
    }
  });
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
