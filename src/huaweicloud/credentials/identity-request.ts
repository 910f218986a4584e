import { z } from 'zod';
import { messageOf } from '../../export/quoting';
import { MAX_JSON_BYTES } from '../answer-text';
import { type Attempt, CloudError, errorOfAnswer, errorOfTransport } from '../errors';
import { readJson } from '../json-answer';
import { retryBriefly } from '../retry';
import { type HttpAnswer, type HttpRequest, type Transport, TransportError } from '../transport';
import type { Credentials } from './credentials';
import { CredentialsError } from './credentials';
import { withoutSecrets } from './redaction';

/** An unsigned request to a service that gives out credentials. */
export interface IdentityRequest {
  /** Such as `CreateTokenByPassword`. */
  operation: string;
  method: HttpRequest['method'];
  /** A path in it goes before `path`. */
  endpoint: string;
  path: string;
  headers?: HttpRequest['headers'];
  body?: string;
  /** What the request holds and no error may show. */
  secrets?: readonly string[];
  /** Statuses that are answers rather than errors, beside 200 to 299. */
  alsoAnswers?: readonly number[];
  /** Never through a proxy. */
  direct?: boolean;
  /** For all. What fails sooner than this is tried once more. */
  limitMs: number;
}

/**
 * Sends it, twice at most: giving out one more token or key does no harm, so all of these requests may be repeated.
 *
 * @throws {@link CloudError}
 */
export function askIdentity(transport: Transport, request: IdentityRequest): Promise<HttpAnswer> {
  const { limitMs } = request;
  return retryBriefly(
    (remainingMs) => sendOnce(transport, request, remainingMs),
    {},
    { maxTries: 2, budgetMs: limitMs, tryLimitMs: limitMs },
  );
}

async function sendOnce(transport: Transport, request: IdentityRequest, limitMs: number): Promise<HttpAnswer> {
  const { endpoint, path, method, body, headers = [], secrets = [], alsoAnswers = [] } = request;
  const { origin, pathname } = new URL(endpoint);
  const attempt = attemptOf(request);
  const tidy = withoutSecrets(secrets);
  let answer: HttpAnswer;
  try {
    const http = { method, origin, path: `${pathname.replace(/\/+$/, '')}${path}`, headers, direct: request.direct };
    answer = await transport.send(
      { ...http, ...(body === undefined ? {} : { body }) },
      { limitMs, maxBodyBytes: MAX_JSON_BYTES },
    );
  } catch (error) {
    if (error instanceof TransportError) throw errorOfTransport(error, attempt, tidy);
    throw error;
  }
  if ((answer.status >= 200 && answer.status < 300) || alsoAnswers.includes(answer.status)) return answer;
  throw errorOfAnswer(answer, attempt, tidy);
}

function attemptOf({ operation, method }: Pick<IdentityRequest, 'operation' | 'method'>): Attempt {
  return { operation, method, nowMs: Date.now() };
}

const TEMPORARY_KEY = z.object({
  credential: z.object({
    access: z.string().min(1),
    secret: z.string().min(1),
    securitytoken: z.string().min(1),
    expires_at: z.string().refine((text) => !Number.isNaN(Date.parse(text)), 'not a time'),
  }),
});

/**
 * A temporary key as IAM and the metadata service give it (huaweicloudDocs/iam, "通过token获取临时访问密钥").
 *
 * @throws {@link CloudError} `InvalidResponse`
 */
export function readTemporaryKey(
  answer: HttpAnswer,
  request: Pick<IdentityRequest, 'operation' | 'method'>,
): Credentials {
  const { credential } = readJson(answer, TEMPORARY_KEY, attemptOf(request));
  return {
    accessKey: credential.access,
    secretKey: credential.secret,
    securityToken: credential.securitytoken,
    expiresAtMs: Date.parse(credential.expires_at),
  };
}

/** The error of a source that could not be asked, in a sentence. */
export function fetchFailed(what: string, endpoint: string, error: unknown, advice: string): CredentialsError {
  if (error instanceof CredentialsError) return error;
  const message = `${what} could not be had from ${endpoint}: ${describe(error)} ${advice}`;
  return new CredentialsError(message, reasonOf(error), null, { cause: error });
}

export function reasonOf(error: unknown): 'refused' | 'unreachable' {
  const mayAnswerLater = !(error instanceof CloudError) || ['transient', 'wrongEndpoint'].includes(error.class);
  return mayAnswerLater ? 'unreachable' : 'refused';
}

/** Code, status and the cloud's words, with a full stop. */
export function describe(error: unknown): string {
  if (!(error instanceof CloudError)) return sentence(messageOf(error));
  const { code, httpStatus, message } = error;
  const status = httpStatus === null || code.includes(String(httpStatus)) ? '' : `HTTP ${httpStatus}, `;
  return sentence(`${status}${code}: ${message}`);
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
