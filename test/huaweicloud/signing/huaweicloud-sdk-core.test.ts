/**
 * The vendor's core SDK for Node (`AKSKSigner`) as an oracle: on generated requests it signs as we do.
 *
 * Left out, because there the signer itself differs from the published algorithm, or from what it sends:
 * - Percent-encoded paths: it encodes the `%` once more, where the Python and Go signers decode first. So it is given
 *   the path decoded, and we the path as it is sent. No path of IMS or IAM needs any encoding.
 * - The characters that Node's legacy `url.parse` escapes or cuts at by itself: `{}|\^` backquote, quotes, `<>`, `?#;`,
 *   blanks and `%`.
 * - Bodies that are no object (a text is signed with quotes that are not sent; `0`, `false` and `""` as no body).
 * - Header values with blanks around: it signs them, and HTTP does not carry them. So with `multipart/form-data`.
 * - Keys in which a character outside the BMP meets one of U+E000 to U+FFFF: it sorts by UTF-16, Python and Go by bytes.
 * - Lone surrogates, at which it fails.
 *
 * @module
 */
import { AKSKSigner } from '@huaweicloud/huaweicloud-sdk-core/auth/AKSKSigner';
import { BasicCredentials } from '@huaweicloud/huaweicloud-sdk-core/auth/BasicCredentials';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { signForGateway } from '../../../src/huaweicloud/gateway-request';
import {
  encodeRfc3986,
  SDK_HMAC_SHA256,
  sdkHmacSha256Signature,
  sha256Hex,
} from '../../../src/huaweicloud/signing/sdk-hmac-sha256';

const RUNS = 1_000;

const HOST = 'ims.cn-north-4.myhuaweicloud.com';

const text = fc.string({ unit: 'grapheme', maxLength: 12 });

const path = fc
  .array(
    text.map((segment) => segment.replace(/[{}|\\^`'"<>?#;%/\s]/gu, '-')),
    { maxLength: 6 },
  )
  .map((segments) => `/${segments.join('/')}`);

/** A value, or several of one key. */
const query = fc
  .dictionary(text, fc.oneof(text, fc.constant(''), fc.array(text, { minLength: 1, maxLength: 4 })), { maxKeys: 5 })
  .filter((parameters) => {
    const all = Object.entries(parameters).flat(2).join('');
    return !(/[\u{10000}-\u{10FFFF}]/u.test(all) && /[\uE000-\uFFFF]/.test(all));
  });

const headers = fc.dictionary(
  fc.stringMatching(/^x-[a-z0-9]{1,8}(-[a-z0-9]{1,5})?$/).filter((name) => name !== 'x-sdk-date'),
  fc.stringMatching(/^([!-~]([ -~]{0,20}[!-~])?)?$/),
  { maxKeys: 4 },
);

const date = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
  .map((day) => `${day.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`);

const key = fc.stringMatching(/^[A-Z0-9]{4,20}$/);
const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 90 });

const request = fc.record({
  method: fc.constantFrom<string>('GET', 'POST', 'PUT', 'DELETE', 'HEAD', 'PATCH'),
  path,
  query,
  headers,
  token: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=_-]{1,80}$/), { nil: undefined }),
  body: fc.option(fc.dictionary(text, fc.jsonValue()), { nil: undefined }),
  unsignedPayload: fc.boolean(),
  date,
  key,
  secret,
});
type Generated = typeof request extends fc.Arbitrary<infer T> ? T : never;

describe('our SDK-HMAC-SHA256 signature', () => {
  test(`equals the vendor's for ${RUNS} generated requests`, () => {
    fc.assert(
      fc.property(request, (generated) => {
        expect(ours(generated)).toBe(vendors(generated));
      }),
      { numRuns: RUNS },
    );
  });

  test('changes as soon as anything of the request changes', () => {
    const changes: fc.Arbitrary<Partial<Generated>> = fc.oneof(
      fc.record({ method: fc.constant<string>('OPTIONS') }),
      fc.record({ path: fc.constant<string>('/another') }),
      fc.record({ query: fc.constant<Generated['query']>({ another: '1' }) }),
      fc.record({ headers: fc.constant<Generated['headers']>({ 'x-another': '1' }) }),
      fc.record({ token: fc.constant<string>('another') }),
      fc.record({ secret: fc.constant<string>('another') }),
    );
    fc.assert(
      fc.property(request, changes, (generated, change) => {
        expect(ours({ ...generated, ...change })).not.toBe(vendors(generated));
      }),
    );
  });

  test("of an encoded path differs from the vendor's, which encodes it once more", () => {
    fc.assert(
      fc.property(request, (generated) => {
        const encoded = { ...generated, path: '/a%20b' };
        // Ours, of the path whose decoded form is `/a%20b`, which is sent as `/a%2520b`.
        expect(vendors(encoded)).toBe(ours(encoded));
        expect(vendors(encoded)).not.toBe(ours({ ...generated, path: '/a b' }));
      }),
    );
  });

  test('of every client request equals the whole header of the vendor', () => {
    const sent = fc.record({
      method: fc.constantFrom('GET', 'POST'),
      path: fc.constantFrom('/v2/cloudimages', `/v1/cloudimages/${'d'.repeat(8)}/file`, '/v1/p/jobs/j'),
      query,
      body: fc.option(fc.dictionary(text, fc.jsonValue()), { nil: undefined }),
      projectId: fc.option(fc.stringMatching(/^[0-9a-f]{32}$/), { nil: undefined }),
      token: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=_-]{1,80}$/), { nil: undefined }),
      nowMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      accessKey: key,
      secretKey: secret,
    });
    fc.assert(
      fc.property(sent, ({ method, path, query, body, projectId, token, nowMs, accessKey, secretKey }) => {
        const signed = signForGateway(
          {
            method: method as 'GET',
            endpoint: `https://${HOST}`,
            path,
            query: queryText(query),
            body: body && JSON.stringify(body),
            projectId,
          },
          { accessKey, secretKey, securityToken: token },
          nowMs,
        );
        const { authorization = '', ...rest } = Object.fromEntries(signed.headers);
        const { 'x-sdk-date': sdkDate = '', ...others } = rest;
        const vendor = AKSKSigner.sign(
          {
            method,
            endpoint: `https://${HOST}${path}`,
            queryParams: copied(query),
            headers: { ...others, 'X-Sdk-Date': sdkDate },
            data: body,
          },
          new BasicCredentials().withAk(accessKey).withSk(secretKey),
        ) as { Authorization: string };
        expect(authorization).toBe(vendor.Authorization);
      }),
      { numRuns: RUNS / 2 },
    );
  });
});

function ours(generated: Generated): string {
  const { method, path, query, body, date, secret } = generated;
  const headers = Object.entries({ ...headersOf(generated), host: HOST }).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const declared = generated.unsignedPayload ? 'UNSIGNED-PAYLOAD' : undefined;
  const signed = {
    method,
    path: path.split('/').map(encodeRfc3986).join('/'),
    query: queryText(query),
    headers,
    payloadHash: declared ?? sha256Hex(body === undefined ? '' : JSON.stringify(body)),
  };
  const names = headers.map(([name]) => name).sort();
  const signature = sdkHmacSha256Signature(signed, date, secret);
  return `${SDK_HMAC_SHA256} Access=${generated.key}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

function vendors(generated: Generated): string {
  const { method, path, query, body, key, secret } = generated;
  const signed = AKSKSigner.sign(
    {
      method,
      endpoint: `https://${HOST}${path}`,
      queryParams: copied(query),
      headers: headersOf(generated),
      data: body,
    },
    new BasicCredentials().withAk(key).withSk(secret),
  ) as { Authorization: string };
  return signed.Authorization;
}

function headersOf({ headers, token, unsignedPayload, date }: Generated): { [name: string]: string } {
  return {
    ...headers,
    'content-type': 'application/json',
    'X-Sdk-Date': date,
    ...(token === undefined ? {} : { 'X-Security-Token': token }),
    ...(unsignedPayload ? { 'X-Sdk-Content-Sha256': 'UNSIGNED-PAYLOAD' } : {}),
  };
}

/** As it is sent: encoded, in the order of the object, with repeated keys. */
function queryText(query: Generated['query']): string {
  return Object.entries(query)
    .flatMap(([name, value]) => [value].flat().map((one) => `${encodeRfc3986(name)}=${encodeRfc3986(one)}`))
    .join('&');
}

/** The signer sorts the lists in place. */
function copied(query: Generated['query']): Generated['query'] {
  return Object.fromEntries(
    Object.entries(query).map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}
