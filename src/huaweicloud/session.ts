import { type Credentials, type CredentialsProvider, SignatureGuard } from './credentials';
import { type Attempt, CloudError, errorOfAnswer, errorOfTransport } from './errors';
import { type RetryOptions, retryBriefly } from './retry';
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from './transport';

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
}

export interface ReadOptions {
  signal?: AbortSignal;
}

export interface WriteOptions extends ReadOptions {
  limitMs: number;
  beforeSend?: () => void;
}

/**
 * Signs, sends and judges requests with one account's credentials. Reads are repeated briefly; a changing request is sent
 * once, whatever happens.
 */
export class CloudSession {
  readonly #guard: SignatureGuard;

  constructor(
    private readonly transport: Transport,
    private readonly credentials: CredentialsProvider,
    private readonly now: () => number,
    private readonly retry: RetryOptions = {},
  ) {
    this.#guard = new SignatureGuard(now, retry.refusedKeyRestMs);
  }

  /** @throws {@link CloudError} */
  read(request: CloudRequest, { signal, startedAt }: ReadOptions & { startedAt?: number } = {}): Promise<HttpAnswer> {
    let refreshed = false;
    return retryBriefly(
      async (limitMs) => {
        const startedAt = performance.now();
        const credentials = await this.#credentials(request);
        try {
          return await this.#send(request, credentials, { limitMs, signal });
        } catch (error) {
          if (refreshed || !isRefusedSignature(error)) throw error;
          refreshed = true;
          const renewed = await this.#renew(request, credentials);
          if (renewed === undefined) throw error;
          const remainingMs = Math.max(1, limitMs - (performance.now() - startedAt));
          return this.#send(request, renewed, { limitMs: remainingMs, signal });
        }
      },
      { signal, startedAt },
      this.retry,
    );
  }

  /** @throws {@link CloudError}, whose `executed` says whether the request may have taken effect */
  async write(request: CloudRequest, options: WriteOptions): Promise<HttpAnswer> {
    try {
      return await this.#send(request, await this.#credentials(request), options);
    } catch (error) {
      // The caller decides whether to try again; by then there shall be other credentials.
      if (isRefusedSignature(error)) await this.credentials.refresh?.().catch(() => undefined);
      throw error;
    }
  }

  /** The clock for errors made from an answer. */
  attempt({ operation, method, codeOfStatus }: Pick<CloudRequest, 'operation' | 'method' | 'codeOfStatus'>): Attempt {
    return { operation, method, nowMs: this.now(), codeOfStatus };
  }

  async #send(request: CloudRequest, credentials: Credentials, limits: WriteOptions): Promise<HttpAnswer> {
    this.#holdBack(request, credentials);
    let answer: HttpAnswer;
    try {
      answer = await this.transport.send(this.#sign(request, credentials), {
        ...limits,
        maxBodyBytes: request.maxBodyBytes,
      });
    } catch (error) {
      if (error instanceof TransportError) throw errorOfTransport(error, this.attempt(request));
      throw error;
    }
    const { status } = answer;
    if ((status >= 200 && status < 300) || request.alsoAnswers?.includes(status)) {
      this.#guard.accepted(credentials.accessKey);
      return answer;
    }
    // Before the parsing, which may cut a secret in two, and after it, which may unescape one.
    const body = Buffer.from(withoutSecrets(answer.body.toString('utf8'), credentials));
    const error = errorOfAnswer({ ...answer, body }, this.attempt(request));
    if (isRefusedSignature(error)) this.#guard.refused(credentials.accessKey);
    // A 403 to a HEAD has no body that would say whether the signature was refused or the permission.
    else if (status < 500 && status !== 403) this.#guard.accepted(credentials.accessKey);
    throw error.with({ message: withoutSecrets(error.message, credentials) });
  }

  #sign(request: CloudRequest, credentials: Credentials): HttpRequest {
    try {
      return request.sign(credentials, this.now());
    } catch (cause) {
      // Such as an endpoint that is no URL.
      throw new TransportError('NotSent', cause instanceof Error ? cause.message : String(cause), false, { cause });
    }
  }

  #holdBack({ operation }: CloudRequest, { accessKey }: Credentials): void {
    const restMs = this.#guard.restOf(accessKey);
    if (restMs === 0) return;
    throw notSent(
      operation,
      'CredentialsHeldBack',
      'The cloud refused the signature of this access key twice in a row. It is tried by one request at a time now, because more than five failures in a row lock it for five minutes. Check the access key, the secret key and the clock.',
      restMs,
    );
  }

  async #credentials({ operation }: CloudRequest): Promise<Credentials> {
    try {
      return await this.credentials.get();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw notSent(operation, 'CredentialsUnavailable', `There are no credentials to sign with: ${reason}`);
    }
  }

  /** Other credentials after a refusal; undefined when there is nothing new to try. */
  async #renew(request: CloudRequest, refused: Credentials): Promise<Credentials | undefined> {
    try {
      await this.credentials.refresh?.();
    } catch {
      return undefined;
    }
    const credentials = await this.#credentials(request);
    const changed =
      credentials.accessKey !== refused.accessKey ||
      credentials.secretKey !== refused.secretKey ||
      credentials.securityToken !== refused.securityToken;
    return changed || this.credentials.refresh !== undefined ? credentials : undefined;
  }
}

function isRefusedSignature(error: unknown): boolean {
  return (
    error instanceof CloudError &&
    error.class === 'unauthorized' &&
    // IMG.0087 (token incorrect) comes as a 400.
    (error.httpStatus === 401 || error.httpStatus === 403 || error.httpStatus === 400)
  );
}

function notSent(operation: string, code: string, message: string, retryAfterMs: number | null = null): CloudError {
  return new CloudError({
    code,
    message,
    httpStatus: null,
    requestId: null,
    operation,
    executed: 'no',
    class: 'unauthorized',
    retryAfterMs,
  });
}

/** The cloud's own words may repeat what was sent to it. */
function withoutSecrets(text: string, { secretKey, securityToken }: Credentials): string {
  const withoutKey = secretKey === '' ? text : text.replaceAll(secretKey, '***');
  return securityToken ? withoutKey.replaceAll(securityToken, '***') : withoutKey;
}
