import { z } from 'zod';
import { messageOf } from '../../export/quoting';
import { withoutUserInfo } from '../../network/shown-url';
import { MAX_JSON_BYTES } from '../answer-text';
import { type Attempt, CloudError, errorOfAnswer, errorOfTransport } from '../errors';
import { readJson } from '../json-answer';
import { retryBriefly } from '../retry';
import type { HttpAnswer, HttpRequest, Transport } from '../transport';
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
    throw errorOfTransport(error, attempt, tidy);
  }
  if ((answer.status >= 200 && answer.status < 300) || alsoAnswers.includes(answer.status)) return answer;
  throw errorOfAnswer(answer, attempt, tidy);
}

function attemptOf({ operation, method }: Pick<IdentityRequest, 'operation' | 'method'>): Attempt {
  return { operation, method, nowMs: Date.now() };
}

const text = z.string().min(1);

/** A time with a zone: without one it would be that of this machine. */
export const instant = z
  .string()
  .refine(
    (time) => /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(time) && !Number.isNaN(Date.parse(time)),
    'not a time',
  );

/**
 * IAM and the metadata service give a `credential` with `access`, `secret`, `securitytoken` and `expires_at`; STS and the agent of a
 * pod `credentials` with other names. All of them are taken from each, as the vendor's Python SDK does (core/auth/internal.py,
 * `_process_credential`).
 */
const TEMPORARY_KEY = z.preprocess(
  (body) => {
    const { credential, credentials } = asObject(body);
    const given = asObject(credential ?? credentials ?? body);
    return {
      credential: {
        access: given.access ?? given.accessKeyId ?? given.access_key_id,
        secret: given.secret ?? given.secretAccessKey ?? given.secret_access_key,
        securitytoken: given.securitytoken ?? given.securityToken ?? given.security_token,
        expires_at: given.expires_at ?? given.expiration,
      },
    };
  },
  z.object({
    credential: z.object({
      access: text,
      secret: text,
      securitytoken: text,
      expires_at: instant,
    }),
  }),
);

function asObject(value: unknown): { [field: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { [field: string]: unknown }) : {};
}

/**
 * A temporary key as a service gives it (huaweicloudDocs/iam, "通过token获取临时访问密钥").
 *
 * @throws {@link CloudError} `InvalidResponse`
 */
export function readTemporaryKey(
  answer: HttpAnswer,
  request: Pick<IdentityRequest, 'operation' | 'method' | 'secrets'>,
): Credentials {
  const tidy = withoutSecrets(request.secrets ?? []);
  const { credential } = readJson(answer, TEMPORARY_KEY, attemptOf(request), tidy);
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
  const message = `${what} could not be fetched from ${withoutUserInfo(endpoint)}: ${describe(error)} ${advice}`;
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
