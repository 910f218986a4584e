import { type CloudAccount, isAddress, problemOfEndpoint } from './account';
import type { Credentials } from './credentials';
import { CloudError, headerOf, httpDateMs, unreadableAnswer } from './errors';
import type { CloudRequest, CloudSession, ReadOptions, SendOptions } from './session';
import { obsHmacSha1Signature, obsStringToSign } from './signing/obs-hmac-sha1';
import { encodeRfc3986 } from './signing/sdk-hmac-sha256';
import type { HttpAnswer, HttpRequest } from './transport';

/** What a HEAD of a bucket returns (OBS API, "Obtaining Bucket Metadata"). */
export interface BucketInfo {
  /** The class that new objects take: STANDARD, WARM, COLD, DEEP_ARCHIVE. Null when not given. */
  storageClass: string | null;
  /** The region. Null when not given. */
  location: string | null;
  /** The clock of OBS, ISO 8601. */
  date: string | null;
}

/** What a HEAD of an object returns (OBS API, "Querying Object Metadata"). */
export interface ObjectInfo {
  /** Bytes. */
  size: number;
  /** Without its quotes. An MD5 only for objects that were not uploaded in parts. */
  etag: string;
  /** ISO 8601, whole seconds, by the clock of OBS. */
  lastModified: string;
  /** STANDARD when OBS returns none. */
  storageClass: string;
}

/**
 * OBS, as far as an export needs it. Every method throws {@link CloudError} and nothing else: `InvalidResponse` among
 * others, for an answer without a request id of OBS. It would be believed whatever answers in the place of OBS.
 */
export interface ObsClient {
  /** @throws {@link CloudError} `NoSuchBucket` or `AccessDenied`, by the status alone: a HEAD has no body */
  headBucket(bucket: string, options?: ReadOptions): Promise<BucketInfo>;
  /** `object` is null when there is none: a 404, which may also mean that the bucket is missing. */
  headObject(
    bucket: string,
    key: string,
    options?: ReadOptions,
  ): Promise<{ object: ObjectInfo | null; date: string | null }>;
  /**
   * The bytes from `first` to `last`, both counted from 0 and included; fewer where the object ends earlier.
   *
   * @throws {@link CloudError} `NoSuchKey`, `AccessDenied`, `InvalidRange` (the object ends before `first`)
   */
  readRange(bucket: string, key: string, first: number, last: number, options?: ReadOptions): Promise<Buffer>;
  /** Deletes an object. One that is not there is deleted too. Sent once. */
  deleteObject(bucket: string, key: string, options?: SendOptions): Promise<void>;
}

const DELETE_LIMIT_MS = 12_000;
const MAX_ERROR_BYTES = 64 * 1024;
/** OBS API, "Common Response Headers": one of them, by the scheme of the signature, is on every answer. */
const REQUEST_ID_HEADERS = ['x-obs-request-id', 'x-amz-request-id'];

export function createObsClient(session: CloudSession, account: CloudAccount): ObsClient {
  const request = (
    operation: string,
    method: HttpRequest['method'],
    target: ObsTarget,
    extra: Partial<CloudRequest> = {},
  ): CloudRequest => ({
    operation,
    method,
    sign: (credentials, nowMs) => signForObs(account, method, target, credentials, nowMs),
    codeOfStatus: (status) => codeOfStatus(status, target.key === undefined ? 'NoSuchBucket' : 'NoSuchKey'),
    identifiedBy: REQUEST_ID_HEADERS,
    ...extra,
  });

  return {
    async headBucket(bucket, options) {
      const answer = await session.read(request('HeadBucket', 'HEAD', { bucket }), options);
      return {
        storageClass: headerOf(answer, 'x-obs-storage-class') ?? headerOf(answer, 'x-default-storage-class'),
        location: headerOf(answer, 'x-obs-bucket-location') ?? headerOf(answer, 'x-amz-bucket-region'),
        date: dateIn(answer, 'date'),
      };
    },

    async headObject(bucket, key, options) {
      const head = request('HeadObject', 'HEAD', { bucket, key }, { alsoAnswers: [404] });
      const answer = await session.read(head, options);
      const date = dateIn(answer, 'date');
      if (answer.status === 404) return { object: null, date };
      const length = headerOf(answer, 'content-length') ?? '';
      const size = /^\d{1,16}$/.test(length) ? Number(length) : Number.NaN;
      const lastModified = dateIn(answer, 'last-modified');
      if (!Number.isSafeInteger(size) || lastModified === null) {
        throw unreadableAnswer(
          answer,
          session.attempt(head),
          `The HEAD of ${bucket}:${key} lacks a usable Content-Length or Last-Modified.`,
        );
      }
      const etag = (headerOf(answer, 'etag') ?? '').replace(/^"(.*)"$/, '$1');
      const storageClass =
        headerOf(answer, 'x-obs-storage-class') ?? headerOf(answer, 'x-amz-storage-class') ?? 'STANDARD';
      return { object: { size, etag, lastModified, storageClass }, date };
    },

    async readRange(bucket, key, first, last, options) {
      const length = last - first + 1;
      const get = request(
        'GetObject',
        'GET',
        { bucket, key, range: `bytes=${first}-${last}` },
        {
          // A server that ignores the range would send the whole disk.
          maxBodyBytes: Math.max(length, MAX_ERROR_BYTES),
        },
      );
      const answer = await session.read(get, options);
      return answer.status === 206 ? answer.body.subarray(0, length) : answer.body.subarray(first, last + 1);
    },

    async deleteObject(bucket, key, options) {
      const remove = request('DeleteObject', 'DELETE', { bucket, key }, { alsoAnswers: [404] });
      await session.write(remove, { ...options, limitMs: DELETE_LIMIT_MS }).catch((error: unknown) => {
        throw error instanceof CloudError && isRedirect(error) ? error.with({ executed: 'no' }) : error;
      });
    },
  };
}

/** What a request is about: a bucket, or an object in it. */
export interface ObsTarget {
  bucket: string;
  key?: string;
  range?: string;
}

/** Signs with `OBS ak:signature` over x-obs-date, in both addressing styles. The key is signed exactly as it is sent. */
export function signForObs(
  account: CloudAccount,
  method: HttpRequest['method'],
  { bucket, key = '', range }: ObsTarget,
  { accessKey, secretKey, securityToken }: Credentials,
  nowMs: number,
): HttpRequest {
  const { protocol, host } = new URL(account.endpoints.obs);
  const problem = problemOfEndpoint(account.endpoints.obs, 'obs');
  if (problem !== undefined) throw new Error(`The endpoint of OBS ${problem}.`);
  const pathStyle = usesPathStyle(account, bucket);
  const encodedKey = key.split('/').map(encodeRfc3986).join('/');
  const resource = `/${encodeRfc3986(bucket)}/${encodedKey}`;
  const target = pathStyle ? host : `${bucket}.${host}`;
  const headers: Array<readonly [string, string]> = [
    ['host', target],
    ['x-obs-date', new Date(nowMs).toUTCString()],
    ...(securityToken === undefined ? [] : [['x-obs-security-token', securityToken] as const]),
    ...(range === undefined ? [] : [['range', range] as const]),
  ];
  const signed = {
    method,
    contentMd5: '',
    contentType: '',
    date: '',
    headers,
    headerPrefix: 'x-obs-',
    resource,
  } as const;
  const signature = obsHmacSha1Signature(obsStringToSign(signed), secretKey);
  return {
    method,
    origin: `${protocol}//${target}`,
    path: pathStyle ? resource : `/${encodedKey}`,
    headers: [...headers, ['authorization', `OBS ${accessKey}:${signature}`]],
  };
}

/** A wildcard of a certificate stands for one label (RFC 6125): `*.obs.cn-north-4.myhuaweicloud.com` is no name of `a.b.obs.…`. */
export function usesPathStyle({ endpoints, obsPathStyle }: CloudAccount, bucket: string): boolean {
  const isTls = new URL(endpoints.obs).protocol === 'https:';
  return obsPathStyle || isAddress(endpoints.obs) || (isTls && bucket.includes('.'));
}

/** OBS says where to send it, and has done nothing. Other 3xx say something else: 303 that it was done. */
const REDIRECTS: ReadonlySet<number | null> = new Set([301, 302, 307, 308]);

function isRedirect({ code, httpStatus }: CloudError): boolean {
  return REDIRECTS.has(httpStatus) && code !== 'InvalidResponse';
}

function codeOfStatus(status: number, missing: 'NoSuchBucket' | 'NoSuchKey'): string | undefined {
  switch (status) {
    case 301:
      return 'PermanentRedirect';
    case 302:
    case 307:
      return 'TemporaryRedirect';
    case 403:
      return 'AccessDenied';
    case 404:
      return missing;
    case 416:
      return 'InvalidRange';
    default:
      return undefined;
  }
}

function dateIn(answer: HttpAnswer, header: string): string | null {
  const ms = httpDateMs(headerOf(answer, header) ?? '');
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
