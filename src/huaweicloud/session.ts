import { setMaxListeners } from 'node:events';
import { type Acquired, MAX_PROOF_MS } from './credentials/circuit-breaker';
import { areSame, type Credentials, CredentialsError } from './credentials/credentials';
import type { ClientResources, CredentialsProvider } from './credentials/provider';
import { withoutSecrets } from './credentials/redaction';
import {
  type Attempt,
  CloudError,
  CREDENTIALS_HELD_BACK,
  CREDENTIALS_UNAVAILABLE,
  cleanWords,
  errorOfAnswer,
  errorOfTransport,
  headerOf,
  headerText,
  unreadableAnswer,
} from './errors';
import { type RetryOptions, retryBriefly, TRY_LIMIT_MS } from './retry';
import { verdictOf } from './signature-verdict';
import { type HttpAnswer, type HttpRequest, TransportError } from './transport';

/** One operation of the cloud, before it is signed. */
export interface CloudRequest {
  /** Such as `ExportImage`; it names the request in errors. */
  operation: string;
  method: HttpRequest['method'];
  /** Signs with these credentials at this time. Called anew for every try. */
  sign: (credentials: Credentials, nowMs: number) => HttpRequest;
  codeOfStatus?: Attempt['codeOfStatus'];
  /** Statuses that are answers rather than errors, beside 200 to 299. */
  alsoAnswers?: readonly number[];
  maxBodyBytes?: number;
  /** Headers that the service puts on every answer, one of them at least: an answer without is somebody else's. */
  identifiedBy?: readonly string[];
}

export interface ReadOptions {
  signal?: AbortSignal;
  /**
   * A person asked for this read: it may try a refused access key while its circuit is open, though never so
   * often that the cloud would lock the key.
   */
  tryRefusedKey?: boolean;
}

/** Of a request that changes something. */
export interface SendOptions extends ReadOptions {
  /**
   * Called at the last moment before the request is written to its connection: after credentials, project id, name
   * resolution and TLS. If it throws, nothing is sent, and the {@link CloudError} `NotSent` has its name and words as the cause.
   */
  beforeSend?: () => void;
}

export interface WriteOptions extends SendOptions {
  limitMs: number;
}

export interface SessionOptions {
  retry?: RetryOptions;
  /**
   * A read that every signer may make, and that fails clearly. It shows whether a key is good before a request that cannot: the
   * answer to a HEAD does not distinguish a refused signature from a missing permission, and that to a POST may take minutes.
   */
  proof?: CloudRequest;
}

/** The first request with a key that was not accepted yet is followed for this long: for all callers, whatever their own time. */
const NEW_KEY_LIMIT_MS = 30_000;

/**
 * Signs, sends and judges requests with one account's credentials. Reads are repeated briefly; a changing request is sent
 * once, whatever happens.
 */
export class CloudSession {
  readonly #resources: ClientResources;
  readonly #provider: CredentialsProvider;
  readonly #retry: RetryOptions;
  readonly #proof: CloudRequest | undefined;
  #latest: Credentials | undefined;

  constructor(resources: ClientResources, provider: CredentialsProvider, { retry = {}, proof }: SessionOptions = {}) {
    this.#resources = resources;
    this.#provider = provider.forClient?.(resources) ?? provider;
    this.#retry = retry;
    this.#proof = proof;
  }

  get #tryLimitMs(): number {
    return this.#retry.tryLimitMs ?? TRY_LIMIT_MS;
  }

  /** @throws {@link CloudError} */
  read(
    request: CloudRequest,
    { signal, startedAt, tryRefusedKey }: ReadOptions & { startedAt?: number } = {},
  ): Promise<HttpAnswer> {
    allowManyListeners(signal);
    let refreshed = false;
    return retryBriefly(
      async (limitMs) => {
        const endsAt = performance.now() + limitMs;
        const limits = () => ({ limitMs: Math.max(1, endsAt - performance.now()), signal, tryRefusedKey });
        const credentials = await this.#credentials(request, limits());
        try {
          return await this.#sendWithLatest(request, credentials, limits());
        } catch (error) {
          if (refreshed || !isRefusedSignature(error)) throw error;
          refreshed = true;
          const renewed = await this.#renew(request, credentials, limits());
          if (renewed === undefined) throw error;
          return this.#send(request, renewed, limits());
        }
      },
      { signal, startedAt },
      this.#retry,
    );
  }

  /** @throws {@link CloudError}, whose `executed` says whether the request may have taken effect */
  async write(request: CloudRequest, options: WriteOptions): Promise<HttpAnswer> {
    allowManyListeners(options.signal);
    const credentials = await this.#credentials(request, options);
    try {
      return await this.#sendWithLatest(request, credentials, options);
    } catch (error) {
      // The caller decides whether to try again; by then there shall be other credentials.
      if (isRefusedSignature(error)) await this.#refresh(credentials, options).catch(() => undefined);
      throw error;
    }
  }

  /**
   * Fetches the credentials, unless they are at hand.
   *
   * @throws {@link CloudError} `CredentialsUnavailable`
   */
  async checkCredentials(limitMs: number): Promise<void> {
    await this.#credentials({ operation: 'GetCredentials' }, { limitMs });
  }

  /** The clock for errors made from an answer. */
  attempt({ operation, method, codeOfStatus, maxBodyBytes }: Omit<CloudRequest, 'sign'>): Attempt {
    return { operation, method, nowMs: this.#resources.now(), codeOfStatus, maxBodyBytes };
  }

  /** Sends; and when the circuit of the key is open by now, sends with the one that has replaced it meanwhile. */
  async #sendWithLatest(request: CloudRequest, credentials: Credentials, limits: WriteOptions): Promise<HttpAnswer> {
    try {
      return await this.#send(request, credentials, limits);
    } catch (error) {
      if (!(error instanceof CloudError) || error.code !== CREDENTIALS_HELD_BACK) throw error;
      const latest = await this.#credentials(request, limits);
      if (areSame(latest, credentials)) throw error;
      return this.#send(request, latest, limits);
    }
  }

  async #send(
    request: CloudRequest,
    credentials: Credentials,
    { limitMs, ...rest }: WriteOptions,
  ): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const proofEndsAt = startedAt + MAX_PROOF_MS;
    const limits = (): WriteOptions => ({ ...rest, limitMs: Math.max(1, startedAt + limitMs - performance.now()) });
    const key = this.#resources.breakers.nameOf(credentials);
    let proof = request.method === 'GET' ? undefined : this.#proof;
    for (;;) {
      const acquired = await this.#acquire(request, key, { ...limits(), proofEndsAt });
      if (acquired.isTrial && proof !== undefined) {
        const isSent = await this.#prove(proof, request, credentials, acquired, { ...limits(), proofEndsAt });
        if (isSent) proof = undefined;
        continue;
      }
      const outcome = await this.#use(request, credentials, acquired, limits());
      if (outcome instanceof CloudError) throw outcome;
      if (outcome !== NOT_SENT) return outcome;
    }
  }

  /**
   * Spends the trial of a key on a request with a clear verdict, before one whose answer may have none.
   *
   * @returns false when the proof was not sent, since the key was refused before
   * @throws {@link CloudError} the trouble of the proof, as that of the request that needed it
   */
  async #prove(
    proof: CloudRequest,
    request: CloudRequest,
    credentials: Credentials,
    acquired: Acquired,
    { proofEndsAt, ...limits }: WriteOptions & { proofEndsAt: number },
  ): Promise<boolean> {
    const wasAccepted = () => this.#wasAccepted(credentials);
    // It is for all callers, and does not end with this one.
    const proving = this.#use(proof, credentials, acquired, { limitMs: this.#tryLimitMs });
    const limitMs = wasAccepted() ? Math.min(limits.limitMs, proofEndsAt - performance.now()) : limits.limitMs;
    const outcome = await within({ ...limits, limitMs }, proving).catch((error: unknown) => {
      if (error instanceof CloudError || error instanceof TimeIsUp) return error;
      throw error;
    });
    // Other trouble of the proof is none of the key's.
    if (outcome instanceof CloudError && !wasAccepted())
      throw outcome.with({ operation: request.operation, executed: 'no' });
    return outcome !== NOT_SENT;
  }

  /**
   * Exchanges, and says to those who wait what the answer means for the key. The trial of a key that was never accepted runs to its
   * answer although its caller gives up: a cloud that refuses slowly counts as well.
   */
  async #use(
    request: CloudRequest,
    credentials: Credentials,
    acquired: Acquired,
    limits: WriteOptions,
  ): Promise<HttpAnswer | CloudError | typeof NOT_SENT> {
    const isOfNewKey = acquired.isTrial && !this.#wasAccepted(credentials);
    const ownLimits = isOfNewKey ? { ...limits, limitMs: NEW_KEY_LIMIT_MS, signal: undefined } : limits;
    const outcome = this.#exchange(request, credentials, acquired, ownLimits)
      .then((known) => {
        if (known !== NOT_SENT) acquired.release(known instanceof CloudError ? verdictOf(known) : 'accepted');
        return known;
      })
      .finally(() => acquired.release('none'));
    if (!isOfNewKey) return outcome;
    return within(limits, outcome).catch((error: unknown) => {
      if (!(error instanceof TimeIsUp)) throw error;
      const message = `No complete answer within ${limits.limitMs} ms.`;
      throw errorOfTransport(new TransportError(error.code, message, true), this.attempt(request));
    });
  }

  #wasAccepted(credentials: Credentials): boolean {
    const { breakers } = this.#resources;
    return breakers.signatures.wasAccepted(breakers.nameOf(credentials));
  }

  /**
   * One request and its answer, also a rejection; or nothing, when the key was refused while the request waited for a
   * connection. @throws {@link CloudError} when there is no answer
   */
  async #exchange(
    request: CloudRequest,
    credentials: Credentials,
    acquired: Acquired,
    { limitMs, signal, beforeSend }: WriteOptions,
  ): Promise<HttpAnswer | CloudError | typeof NOT_SENT> {
    // The secret key is never sent, but the cloud has it too: it verifies signatures with it.
    const { secretKey, securityToken } = credentials;
    let tidy = withoutSecrets([secretKey, securityToken]);
    try {
      const signed = this.#sign(request, credentials);
      tidy = withoutSecrets([secretKey, securityToken, signatureIn(signed)]);
      const answer = await this.#resources.transport.send(signed, {
        limitMs,
        signal,
        beforeSend: () => {
          if (!acquired.holds()) throw KEY_WAS_REFUSED;
          beforeSend?.();
        },
        maxBodyBytes: request.maxBodyBytes,
      });
      const { status } = answer;
      if (!isOfService(answer, request)) return unreadableAnswer(answer, this.attempt(request), NOT_OF_SERVICE, tidy);
      const isAnswer = (status >= 200 && status < 300) || request.alsoAnswers?.includes(status);
      if (isAnswer) return withCleanHeaders(answer, tidy);
      const refusal = errorOfAnswer(answer, this.attempt(request), tidy);
      return isAnonymousRefusal(refusal)
        ? unreadableAnswer(answer, this.attempt(request), NOT_OF_SERVICE, tidy)
        : refusal;
    } catch (error) {
      if (error instanceof TransportError && error.cause === KEY_WAS_REFUSED) return NOT_SENT;
      throw errorOfTransport(error, this.attempt(request), tidy);
    }
  }

  #sign(request: CloudRequest, credentials: Credentials): HttpRequest {
    try {
      return request.sign(credentials, this.#resources.now());
    } catch (cause) {
      // Such as an endpoint that is no URL.
      throw new TransportError('NotSent', cause instanceof Error ? cause.message : String(cause), false, { cause });
    }
  }

  /** @throws {@link CloudError} `CredentialsHeldBack`, while the circuit of the key is open */
  async #acquire(
    request: CloudRequest,
    key: string,
    limits: WriteOptions & { proofEndsAt: number },
  ): Promise<Acquired> {
    const acquisition = await this.#resources.breakers.signatures.acquire(key, {
      ...limits,
      // A longer wait is the caller's.
      limitMs: Math.min(limits.limitMs, this.#tryLimitMs),
    });
    switch (acquisition.kind) {
      case 'acquired':
        return acquisition.acquired;
      case 'open': {
        const restsUntil = new Date(this.#resources.now() + acquisition.openMs).toISOString();
        throw notSent(request.operation, {
          code: CREDENTIALS_HELD_BACK,
          message: `The cloud refused the signature of this access key. Requests with it are blocked until ${restsUntil}, because more than five failures in a row lock the key for all its users. Then one request tries it again. Check the access key, the secret key and the clock. A changed key is tried at once.`,
          retryAfterMs: acquisition.openMs,
          refusedAgainMsAgo: acquisition.refusedAgainMsAgo,
        });
      }
      case 'gaveUp':
        throw notSent(request.operation, {
          ...NO_VERDICT_YET,
          ...(acquisition.reason === 'aborted' ? { code: 'Aborted' } : {}),
        });
    }
  }

  async #credentials(request: Pick<CloudRequest, 'operation'>, limits: TimeLimits): Promise<Credentials> {
    try {
      this.#latest = await within(limits, this.#provider.get());
      return this.#latest;
    } catch (cause) {
      if (cause instanceof TimeIsUp) {
        const message = `No credentials to sign with were found within ${Math.round(limits.limitMs)} ms.`;
        throw notSent(request.operation, { code: cause.code, message, class: 'transient' });
      }
      const own = cause instanceof CredentialsError ? cause : undefined;
      // A source of another's making may say anything; what it gave before can be looked for.
      const tidy = withoutSecrets([this.#latest?.secretKey, this.#latest?.securityToken]);
      const why = own === undefined ? cleanWords(cause, tidy) : tidy(own.message);
      throw notSent(request.operation, {
        code: CREDENTIALS_UNAVAILABLE,
        message: `There are no credentials to sign with: ${why}`,
        retryAfterMs: own?.retryAfterMs ?? null,
        cause: own?.cause instanceof CloudError ? own.cause : undefined,
      });
    }
  }

  /** Other credentials after these were refused; undefined when there is nothing new to try. */
  async #renew(request: CloudRequest, refused: Credentials, limits: TimeLimits): Promise<Credentials | undefined> {
    try {
      await this.#refresh(refused, limits);
    } catch {
      return undefined;
    }
    const credentials = await this.#credentials(request, limits);
    return areSame(credentials, refused) ? undefined : credentials;
  }

  async #refresh(refused: Credentials, limits: TimeLimits): Promise<void> {
    await within(limits, this.#provider.refresh?.(refused) ?? Promise.resolve());
  }
}

/** A caller may end any number of calls by one signal; Node would take more than ten for a leak. */
function allowManyListeners(signal: AbortSignal | undefined): void {
  if (signal !== undefined) setMaxListeners(0, signal);
}

interface TimeLimits {
  limitMs: number;
  signal?: AbortSignal;
}

class TimeIsUp extends Error {
  constructor(readonly code: 'RequestTimeout' | 'Aborted') {
    super(code);
  }
}

/** @throws TimeIsUp, while the work goes on for others */
function within<T>({ limitMs, signal }: TimeLimits, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (code: TimeIsUp['code']): void => {
      stop();
      reject(new TimeIsUp(code));
    };
    const onAbort = (): void => giveUp('Aborted');
    const timer = setTimeout(() => giveUp('RequestTimeout'), limitMs);
    const stop = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    work.finally(stop).then(resolve, reject);
  });
}

/** By its status, an answer says what is there, what is not, and who may see it; anything on the way may say that it does not work. */
function isOfService(answer: HttpAnswer, { identifiedBy }: CloudRequest): boolean {
  if (identifiedBy === undefined || answer.status >= 500 || MAY_COME_FROM_ANYWHERE.has(answer.status)) return true;
  return identifiedBy.some((header) => headerOf(answer, header) !== null);
}

const MAY_COME_FROM_ANYWHERE: ReadonlySet<number> = new Set([408, 429]);

/**
 * A 401 or 403 with neither a code nor a request id is the page of a proxy or a captive portal: the service has not refused the
 * credentials. Nor does it show that the service has not acted.
 */
function isAnonymousRefusal({ code, httpStatus, requestId }: CloudError): boolean {
  return (httpStatus === 401 || httpStatus === 403) && code === `HTTP_${httpStatus}` && requestId === null;
}

const NOT_OF_SERVICE =
  'The answer has no request id of the service, so it comes from something in between, such as a proxy or a captive portal. Check the endpoint, the proxies and the DNS of this worker.';

/** What this request was signed with: whoever knows it may repeat the request for some minutes. */
function signatureIn({ headers }: HttpRequest): string | undefined {
  const [, authorization = ''] = headers.find(([name]) => name === 'authorization') ?? [];
  return /(?:Signature=|:)([^:]+)$/.exec(authorization)?.[1];
}

/** Request ids and the facts of OBS are in headers, and are kept: as texts of others, like those of a body. */
function withCleanHeaders(answer: HttpAnswer, tidy: (text: string) => string): HttpAnswer {
  const clean = Object.keys(answer.headers).map((name) => {
    const value = headerOf(answer, name);
    return [name, value === null ? undefined : (headerText(tidy(value)) ?? undefined)];
  });
  return { ...answer, headers: Object.fromEntries(clean) };
}

const NOT_SENT = Symbol('not sent');
const KEY_WAS_REFUSED = new Error('The access key was refused before the request was written.');

const NO_VERDICT_YET = {
  code: 'RequestTimeout',
  message: 'The first request with this access key has not been answered yet, so this one was not sent.',
  class: 'transient',
} as const;

function isRefusedSignature(error: unknown): error is CloudError {
  return error instanceof CloudError && verdictOf(error) === 'refused';
}

function notSent(
  operation: string,
  fields: Pick<CloudError, 'code' | 'message'> &
    Partial<Pick<CloudError, 'class' | 'retryAfterMs' | 'refusedAgainMsAgo' | 'cause'>>,
): CloudError {
  const unsent = { httpStatus: null, requestId: null, operation, executed: 'no', class: 'unauthorized' } as const;
  return new CloudError({ ...unsent, retryAfterMs: null, ...fields }, { cause: fields.cause });
}
