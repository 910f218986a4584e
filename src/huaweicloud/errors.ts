import { oneLine } from '../export/quoting';
import { unpackedBody } from './answer-text';
import { isWrongEndpoint } from './connector';
import { type ErrorBody, MAX_MESSAGE_LENGTH, parseErrorBody } from './error-body';
import { type CloudErrorClass, meaningOf } from './error-codes';
import { type HttpAnswer, type HttpRequest, TransportError } from './transport';

export interface CloudErrorFields {
  /**
   * The service's code (`IMG.0148`, `APIGW.0308`, `NoSuchBucket`), a transport code (`ECONNREFUSED`, `RequestTimeout`),
   * `InvalidResponse` for a success that cannot be read, or `HTTP_502` where the answer names none.
   */
  code: string;
  message: string;
  /** Null when there was no HTTP answer. */
  httpStatus: number | null;
  requestId: string | null;
  /** Such as `ExportImage`, `ShowJob` or `HeadObject`. */
  operation: string;
  /** Whether the cloud may have acted. Always `no` for reads, which change nothing. */
  executed: 'no' | 'maybe';
  class: CloudErrorClass;
  /** What the header Retry-After asks for. */
  retryAfterMs: number | null;
  /** Of a key that rests: how long ago the cloud refused it again, after a rest. Null when it has not. */
  refusedAgainMsAgo?: number | null;
}

/** The code of a request that was not sent, since its access key rests after refusals: our own caution, not a word of the cloud. */
export const CREDENTIALS_HELD_BACK = 'CredentialsHeldBack';

/** There is nothing to sign with. With a time to wait: what the keys are fetched with is held back. */
export const CREDENTIALS_UNAVAILABLE = 'CredentialsUnavailable';

/**
 * Anything but a clear answer of the cloud; the only error that the clients throw. It never holds headers or secrets,
 * so it may be logged and stored.
 */
export class CloudError extends Error implements CloudErrorFields {
  override readonly name = 'CloudError';
  readonly code: string;
  readonly httpStatus: number | null;
  readonly requestId: string | null;
  readonly operation: string;
  readonly executed: 'no' | 'maybe';
  readonly class: CloudErrorClass;
  readonly retryAfterMs: number | null;
  readonly refusedAgainMsAgo: number | null;

  constructor(fields: CloudErrorFields, options?: ErrorOptions) {
    super(fields.message, options);
    this.code = fields.code;
    this.httpStatus = fields.httpStatus;
    this.requestId = fields.requestId;
    this.operation = fields.operation;
    this.executed = fields.executed;
    this.class = fields.class;
    this.retryAfterMs = fields.retryAfterMs;
    this.refusedAgainMsAgo = fields.refusedAgainMsAgo ?? null;
  }

  /** True where nothing was reached, and nothing will be before somebody acts: also not what gives out the credentials. */
  get isWrongEndpoint(): boolean {
    return this.class === 'wrongEndpoint' || (this.cause instanceof CloudError && this.cause.isWrongEndpoint);
  }

  /** The same error with some fields changed. */
  with(changes: Partial<CloudErrorFields>): CloudError {
    const { retryAfterMs, refusedAgainMsAgo, executed, class: errorClass } = this;
    return new CloudError(
      { ...this.info(), executed, class: errorClass, retryAfterMs, refusedAgainMsAgo, ...changes },
      { cause: this.cause },
    );
  }

  /** The error as plain JSON. */
  info(): { code: string; message: string; httpStatus: number | null; requestId: string | null; operation: string } {
    const { code, message, httpStatus, requestId, operation } = this;
    return { code, message, httpStatus, requestId, operation };
  }
}

/** What a request was, as far as its errors are concerned. */
export interface Attempt {
  operation: string;
  method: HttpRequest['method'];
  /** Milliseconds since the epoch, for a Retry-After that is a date. */
  nowMs: number;
  /** Names the error of a status whose answer has no body, as every HEAD. */
  codeOfStatus?: (status: number) => string | undefined;
  /** The largest body that is read. */
  maxBodyBytes?: number;
}

/**
 * An answer that is not a success.
 *
 * @param tidy takes out the secrets that its words may repeat
 */
export function errorOfAnswer(answer: HttpAnswer, attempt: Attempt, tidy = asItIs): CloudError {
  const body = parseErrorBody(unpackedBody(answer), tidy);
  const code = body.code ?? attempt.codeOfStatus?.(answer.status) ?? `HTTP_${answer.status}`;
  return new CloudError({
    code,
    message: body.message ?? `The cloud answered ${answer.status} without an explanation.`,
    httpStatus: answer.status,
    requestId: requestIdOf(answer, tidy) ?? body.requestId,
    operation: attempt.operation,
    executed: isRead(attempt) ? 'no' : executedBy(code, answer.status, body),
    class: classOf(code, answer.status),
    retryAfterMs: parseRetryAfter(headerOf(answer, 'retry-after'), attempt.nowMs),
  });
}

/** A success whose body is not what it should be. A changing request may well have been executed. */
export function unreadableAnswer(answer: HttpAnswer, attempt: Attempt, problem: string, tidy = asItIs): CloudError {
  return new CloudError({
    code: 'InvalidResponse',
    message: problem,
    httpStatus: answer.status,
    requestId: requestIdOf(answer, tidy),
    operation: attempt.operation,
    executed: isRead(attempt) ? 'no' : 'maybe',
    class: 'transient',
    retryAfterMs: null,
  });
}

/**
 * No complete answer; what is no {@link TransportError} is trouble of this client, such as a limit of the engine: the request may
 * have been sent by then. Before the first byte of the request was written (no address, connection refused, connect timeout,
 * TLS refused) the cloud has surely not acted; from then on it is unknown.
 */
export function errorOfTransport(error: unknown, attempt: Attempt, tidy = asItIs): CloudError {
  const { code, isStarted, cause } =
    error instanceof TransportError ? error : { code: 'ClientFailure', isStarted: true, cause: undefined };
  return new CloudError(
    {
      code,
      message: cleanWords(error, tidy),
      httpStatus: null,
      requestId: null,
      operation: attempt.operation,
      executed: isStarted && !isRead(attempt) ? 'maybe' : 'no',
      class: !isStarted && isWrongEndpoint(code) ? 'wrongEndpoint' : 'transient',
      retryAfterMs: null,
    },
    { cause: cause instanceof Error ? cleanCause(cause, tidy) : undefined },
  );
}

/** What an error that is not the cloud's says: one line, without secrets, cut. Searched first, since a cut hides what is cut. */
export function cleanWords(error: unknown, tidy: (text: string) => string): string {
  return oneLine(tidy(error instanceof Error ? error.message : String(error)), MAX_MESSAGE_LENGTH);
}

/** Name, code and words: an error may hold more, such as what was sent, and a log shows all of it. */
function cleanCause(cause: Error, tidy: (text: string) => string): Error {
  const { name, code } = cause as NodeJS.ErrnoException;
  return Object.assign(new Error(cleanWords(cause, tidy)), { name, ...(code === undefined ? {} : { code }) });
}

export function requestIdOf(answer: HttpAnswer, tidy = asItIs): string | null {
  const names = ['x-request-id', 'x-obs-request-id', 'x-amz-request-id'];
  const id = names.map((name) => headerOf(answer, name)).find((value) => value !== null) ?? null;
  return id === null ? null : headerText(tidy(id));
}

/** What a header says, for a history: one line, cut at 100 characters, where those of the cloud have 36 at most. */
export function headerText(value: string): string | null {
  return oneLine(value, 100) || null;
}

/** Where there are no secrets to take out. */
const asItIs = (text: string): string => text;

/** The value of a header, the first one when repeated; null when absent or empty. */
export function headerOf(answer: HttpAnswer, name: string): string | null {
  const value = answer.headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first === undefined || first.trim() === '' ? null : first.trim();
}

/** Milliseconds to wait, from seconds or from an HTTP date; null when absent or not understood. At most a day. */
export function parseRetryAfter(value: string | null, nowMs: number): number | null {
  if (value === null) return null;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : httpDateMs(value) - nowMs;
  return Number.isNaN(ms) ? null : Math.min(Math.max(Math.round(ms), 0), 24 * 3_600_000);
}

/** Milliseconds since the epoch of a date as HTTP writes it (RFC 9110); NaN for anything else. */
export function httpDateMs(value: string): number {
  // Date.parse alone would take '-5' for a year.
  return /^[A-Za-z]{3,9},? /.test(value) ? Date.parse(value) : Number.NaN;
}

/** Statuses that by HTTP itself say that the request was turned away at the door, whatever the body. */
const TURNED_AWAY = new Set([401, 429]);

function executedBy(code: string, status: number, body: ErrorBody): 'no' | 'maybe' {
  if (TURNED_AWAY.has(status)) return 'no';
  const meaning = meaningOf(code);
  // The gateway's own error comes before it forwards anything. With a 5xx, the word of the service is not enough.
  if (meaning?.executed === 'no' && meaning.source === 'API gateway') return 'no';
  const rejected = status >= 400 && status < 500 && status !== 408;
  // A 4xx that does not name its code may come from anything on the way, after the request went through.
  if (!rejected || body.code === null) return 'maybe';
  return meaning?.executed === 'maybe' ? 'maybe' : 'no';
}

function classOf(code: string, status: number): CloudErrorClass {
  const meaning = meaningOf(code);
  return meaning === undefined || meaning.class === 'byStatus' ? classOfStatus(status) : meaning.class;
}

function classOfStatus(status: number): CloudErrorClass {
  if (status === 401) return 'unauthorized';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'notFound';
  if (status === 429) return 'throttled';
  if (status === 408 || status >= 500) return 'transient';
  return 'unknown';
}

function isRead(attempt: Attempt): boolean {
  return attempt.method === 'GET' || attempt.method === 'HEAD';
}
