/**
 * SDK-HMAC-SHA256, the AK/SK signature of IMS, IAM and every other service behind Huawei Cloud's API gateway.
 *
 * The functions take a request raw, as it is on the wire. So the client signs with them, and a server can verify with
 * them what any client signed, whatever set of headers that client chose.
 *
 * Source: support.huaweicloud.com/devg-apisign and the official SDKs, whose published vectors are in the tests.
 *
 * @module
 */
import { createHmac, hash } from 'node:crypto';

/** The name of the algorithm, as it opens the header `Authorization` and the string to sign. */
export const SDK_HMAC_SHA256 = 'SDK-HMAC-SHA256';

/** A request as it is sent, before any decoding. */
export interface SdkSignedRequest {
  method: string;
  /** As on the request line, without the query. A missing trailing `/` is added for signing only. */
  path: string;
  /** As on the request line, without the `?`; empty when there is none. */
  query: string;
  /** Exactly the headers that SignedHeaders names, names in lower case, in any order. */
  headers: ReadonlyArray<readonly [name: string, value: string]>;
  /** {@link sha256Hex} of the body, or the literal value of the header X-Sdk-Content-Sha256 where one is sent. */
  payloadHash: string;
}

/**
 * The signature, in lower-case hex. The secret key is used as it is: no key derivation, no scope.
 *
 * @param date the value of X-Sdk-Date, `YYYYMMDDTHHMMSSZ` in UTC. The cloud accepts 15 minutes either way.
 * @example
 * sdkHmacSha256Signature(
 *   { method: 'GET', path: '/v2/cloudimages', query: 'id=1', headers: [['x-sdk-date', date]], payloadHash: sha256Hex('') },
 *   date,
 *   secretKey,
 * );
 */
export function sdkHmacSha256Signature(request: SdkSignedRequest, date: string, secretKey: string): string {
  return createHmac('sha256', secretKey).update(sdkStringToSign(request, date), 'utf8').digest('hex');
}

/** What is signed: the algorithm, the date and the hash of the canonical request. */
export function sdkStringToSign(request: SdkSignedRequest, date: string): string {
  return `${SDK_HMAC_SHA256}\n${date}\n${sha256Hex(canonicalRequest(request))}`;
}

/** The request in the one spelling that client and gateway agree on. */
export function canonicalRequest(request: SdkSignedRequest): string {
  let lines = '';
  let names = '';
  for (const [name, value] of inByteOrder(request.headers)) {
    lines += `${name}:${value.trim()}\n`;
    names += names === '' ? name : `;${name}`;
  }
  const path = canonicalPath(request.path);
  const query = canonicalQuery(request.query);
  return `${request.method.toUpperCase()}\n${path}\n${query}\n${lines}\n${names}\n${request.payloadHash}`;
}

/** Every segment decoded and encoded again by RFC 3986, and always a `/` at the end. */
export function canonicalPath(path: string): string {
  const encoded = PLAIN_PATH.test(path)
    ? path
    : path
        .split('/')
        .map((segment) => encodeRfc3986(decodePercent(segment)))
        .join('/');
  return encoded.endsWith('/') ? encoded : `${encoded}/`;
}

/**
 * The parameters decoded, sorted by key and then by value, and encoded again by RFC 3986. A parameter without a value
 * gets its `=`. A bare `+` is a space, as the Go SDK writes it; a plus sign itself is sent as `%2B`.
 *
 * @example canonicalQuery('b=2&a=x+y&c') // 'a=x%20y&b=2&c='
 */
export function canonicalQuery(query: string): string {
  if (query === '' || PLAIN_PARAMETER.test(query)) return query;
  return query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const equals = parameter.indexOf('=');
      const [key, value] = equals < 0 ? [parameter, ''] : [parameter.slice(0, equals), parameter.slice(equals + 1)];
      return [decodeParameter(key), decodeParameter(value)] as const;
    })
    .sort(([keyA, valueA], [keyB, valueB]) => byteOrder(keyA, keyB) || byteOrder(valueA, valueB))
    .map(([key, value]) => `${encodeRfc3986(key)}=${encodeRfc3986(value)}`)
    .join('&');
}

/** Paths and queries that are their own canonical form, as nearly all of an export are: nothing to decode or to sort. */
const PLAIN_PATH = /^[\w.~/-]*$/;
const PLAIN_PARAMETER = /^[\w.~-]*=[\w.~-]*$/;

/** Percent-encodes everything but letters, digits, `-`, `.`, `_` and `~`: `encodeURIComponent` leaves `!'()*` bare. A lone surrogate becomes U+FFFD. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\uFFFD')).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The SHA-256 of a text in UTF-8, or of bytes, in lower-case hex. */
export function sha256Hex(data: string | Buffer): string {
  return hash('sha256', data, 'hex');
}

function decodeParameter(text: string): string {
  return decodePercent(text.replaceAll('+', ' '));
}

/** Leaves a text that is not valid percent-encoding as it is: a verifier must not throw on what it was sent. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The headers by name. They usually come so. */
function inByteOrder(headers: SdkSignedRequest['headers']): SdkSignedRequest['headers'] {
  const ordered = headers.every(([name], index) => {
    const before = headers[index - 1];
    return before === undefined || byteOrder(before[0], name) <= 0;
  });
  return ordered ? headers : [...headers].sort(([a], [b]) => byteOrder(a, b));
}

/** The order of the SDKs: by UTF-8 bytes. That is JavaScript's own order but for characters outside the BMP. */
function byteOrder(a: string, b: string): number {
  if (SURROGATE.test(a) || SURROGATE.test(b)) return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

const SURROGATE = /[\uD800-\uDFFF]/;
