/**
 * The signature of OBS in the header `Authorization`: `OBS {AK}:{signature}` over x-obs-* headers, and the older
 * S3-compatible `AWS {AK}:{signature}` over x-amz-* headers, which the vendor's SDKs use in path style. Both sign the
 * same kind of string.
 *
 * Source: huaweicloudDocs/obs, "Header中携带签名". No official vector is published.
 *
 * @module
 */
import { createHmac } from 'node:crypto';

/** A request as it is sent. Absent header values are empty strings. */
export interface ObsSignedRequest {
  method: string;
  contentMd5: string;
  contentType: string;
  /** The header Date as sent. Not signed when the headers hold `x-obs-date` (or `x-amz-date`), which is signed instead. */
  date: string;
  /** Any headers; those outside `headerPrefix` are not signed. */
  headers: ReadonlyArray<readonly [name: string, value: string]>;
  headerPrefix: 'x-obs-' | 'x-amz-';
  /** `/bucket/`, or `/bucket/key` with the key encoded exactly as sent, with signed sub-resources such as `?location`. */
  resource: string;
}

/**
 * The string that OBS expects to be signed.
 *
 * @example
 * obsStringToSign({ method: 'GET', contentMd5: '', contentType: '', date: 'Sat, 12 Oct 2015 08:12:38 GMT', headers: [],
 *   headerPrefix: 'x-obs-', resource: '/bucket/object.txt' });
 * // 'GET\n\n\nSat, 12 Oct 2015 08:12:38 GMT\n/bucket/object.txt'
 */
export function obsStringToSign(request: ObsSignedRequest): string {
  const headers = canonicalHeaders(request);
  const date = headers.has(`${request.headerPrefix}date`) ? '' : request.date;
  return [
    request.method.toUpperCase(),
    request.contentMd5,
    request.contentType,
    date,
    ...[...headers].map(([name, value]) => `${name}:${value}`),
    request.resource,
  ].join('\n');
}

/** The signature, in base64. */
export function obsHmacSha1Signature(stringToSign: string, secretKey: string): string {
  return createHmac('sha1', secretKey).update(stringToSign, 'utf8').digest('base64');
}

/** The prefixed headers by name in lower case, sorted; values trimmed, those of a repeated name joined by commas. */
function canonicalHeaders({ headers, headerPrefix }: ObsSignedRequest): Map<string, string> {
  const canonical = new Map<string, string>();
  for (const [name, value] of headers) {
    const lowerCase = name.toLowerCase();
    if (!lowerCase.startsWith(headerPrefix)) continue;
    const earlier = canonical.get(lowerCase);
    canonical.set(lowerCase, earlier === undefined ? value.trim() : `${earlier},${value.trim()}`);
  }
  return new Map([...canonical].sort(([a], [b]) => (a < b ? -1 : 1)));
}
