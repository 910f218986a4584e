import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodeRfc3986,
  type SdkSignedRequest,
  sdkHmacSha256Signature,
  sha256Hex,
} from '../../../src/huaweicloud/signing/sdk-hmac-sha256';

interface Vector {
  source: string;
  request: Omit<SdkSignedRequest, 'payloadHash'>;
  body: string;
  date: string;
  secretKey: string;
  canonicalHash?: string;
  signature: string;
}

const VPCS: Vector['request'] = {
  method: 'GET',
  path: '/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs',
  query: 'limit=2&marker=13551d6b-755d-4757-b956-536f674975c0',
  headers: [
    ['content-type', 'application/json'],
    ['host', 'service.region.example.com'],
    ['x-sdk-date', '20191115T033655Z'],
  ],
};
const RESOURCES: Vector['request'] = {
  method: 'GET',
  path: '/resources',
  query: 'size=1',
  headers: [
    ['host', 'service.endpoint.myhuaweicloud.com'],
    ['x-sdk-date', '20200608T023900Z'],
  ],
};
const GO: Vector['request'] = {
  method: 'GET',
  path: '/path',
  query: 'limit=1',
  headers: [['x-sdk-date', '20060102T150405Z']],
};

const VECTORS: Vector[] = [
  {
    source: 'V1, the signing guide (devg-apisign)',
    request: VPCS,
    body: '',
    date: '20191115T033655Z',
    secretKey: 'MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc',
    canonicalHash: 'b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a',
    signature: '7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe',
  },
  {
    source: 'V2, Java SDK TestAKSKSigner',
    request: VPCS,
    body: '',
    date: '20191115T033655Z',
    secretKey: 'testSK',
    signature: '1ce02ffed91dfc294aed8863aaf0fec29ccbf2f45ddcca7f120baabddba29782',
  },
  {
    source: 'V3, Java SDK DerivationAKSKSignerTest',
    request: { ...VPCS, path: '/v5/iotps/77b6a44cba5143ab91d13ab9a8ff44fd/certificates' },
    body: '',
    date: '20191115T033655Z',
    secretKey: 'testSK',
    signature: '2f1e228b4e2c68e428f7377c12a15526f26c27795dcf4cb641cc90c5b3fba962',
  },
  {
    source: 'V4, Java SDK, no query',
    request: {
      ...VPCS,
      query: '',
      headers: [
        ['content-type', 'application/json'],
        ['host', 'service.test-region-1.myhuaweicloud.com'],
        ['x-sdk-date', '20191115T033655Z'],
      ],
    },
    body: '',
    date: '20191115T033655Z',
    secretKey: 'testSK',
    signature: '756d8ba92a76b376c5cc61caabb5a315233406273c6f1e32ae95923a7ebfddc7',
  },
  {
    source: 'V5, our own: the export of an image',
    request: {
      method: 'POST',
      path: '/v1/cloudimages/d164b5df-1bc3-4c3f-893e-3e471fd16e64/file',
      query: '',
      headers: [
        ['content-type', 'application/json'],
        ['host', 'ims.cn-north-4.myhuaweicloud.com'],
        ['x-project-id', '77b6a44cba5143ab91d13ab9a8ff44fd'],
        ['x-sdk-date', '20191115T033655Z'],
      ],
    },
    body: '{"bucket_url":"ims-image:centos7_5.qcow2","file_format":"qcow2","is_quick_export":false}',
    date: '20191115T033655Z',
    secretKey: 'testSK',
    canonicalHash: '4763c1e6cdb6203f9516ed39e8002168e1434d4742ae26e65f1a6610d0669e1b',
    signature: 'cd90504e11cfdfe225f346c3a8aa84e71755bf3bff474334e832dc72f6cbdf73',
  },
  {
    source: 'P1, Python SDK test_signer.py, GET',
    request: RESOURCES,
    body: '',
    date: '20200608T023900Z',
    secretKey: 'SecretKey',
    canonicalHash: 'de94dd1e1ccdb730b403ce35d7e14f7c7b04337f6def1c3a3a2ba936852b133f',
    signature: 'cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842',
  },
  {
    source: 'P2, Python SDK test_signer.py, POST with a body',
    request: { ...RESOURCES, method: 'POST' },
    body: '{"name":"test","id":1}',
    date: '20200608T023900Z',
    secretKey: 'SecretKey',
    canonicalHash: '2b1b2515e48cb55e043ff2ec5b93d3f13ec287e1da1d7a2e4e14b0611a341969',
    signature: '436b1ac0a1ae03705934bb70ef2f2e09f7bfed2117d731a38235053199323a1f',
  },
  {
    source: 'G1, Go SDK signer_test.go, GET',
    request: GO,
    body: '',
    date: '20060102T150405Z',
    secretKey: 'SecretKey',
    signature: '5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624',
  },
  {
    source: 'G2, Go SDK signer_test.go, POST with the newline of its encoder',
    request: { ...GO, method: 'POST', query: 'key=value' },
    body: '{"Name":"test","Id":1}\n',
    date: '20060102T150405Z',
    secretKey: 'SecretKey',
    signature: 'cecc2af119b18ab70b4d094c0750f3b42c02f254903179a0fc2cc72fc9db4f59',
  },
];

describe('the SDK-HMAC-SHA256 signature', () => {
  test.each(VECTORS)(
    'equals the test vector $source',
    ({ request, body, date, secretKey, canonicalHash, signature }) => {
      const signed = { ...request, payloadHash: sha256Hex(body) };
      if (canonicalHash !== undefined) expect(sha256Hex(canonicalRequest(signed))).toBe(canonicalHash);
      expect(sdkHmacSha256Signature(signed, date, secretKey)).toBe(signature);
    },
  );

  test('hashes the body of vector V5 to the published value', () => {
    expect(sha256Hex(VECTORS.find(({ source }) => source.startsWith('V5'))?.body ?? '')).toBe(
      '0e89e684acc60c47e0e5ebcbfaeb6884ec273b595c7724769f8781b4885cee00',
    );
  });

  test('does not depend on the order of headers or parameters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' })), { maxLength: 8 }),
        fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/), { maxLength: 6 }),
        fc.nat(),
        (parameters, names, turn) => {
          const query = parameters.map(([key, value]) => `${encodeRfc3986(key)}=${encodeRfc3986(value)}`);
          const headers = names.map((name) => [name, 'value'] as const);
          const sign = (queryParts: string[], signedHeaders: ReadonlyArray<readonly [string, string]>): string =>
            sdkHmacSha256Signature(
              { ...GO, query: queryParts.join('&'), headers: signedHeaders, payloadHash: sha256Hex('') },
              '20060102T150405Z',
              'SecretKey',
            );
          expect(sign(rotated(query, turn), rotated(headers, turn))).toBe(sign(query, headers));
        },
      ),
    );
  });
});

describe('the canonical query', () => {
  test('equals the test vector of the Go SDK', () => {
    const value = encodeURIComponent('一 (&=?!#%.*)');
    expect(canonicalQuery(`limit=1&enable=true&test=${value}&path=/tmp/123&multi=3&multi=1&multi=2`)).toBe(
      'enable=true&limit=1&multi=1&multi=2&multi=3&path=%2Ftmp%2F123&test=%E4%B8%80%20%28%26%3D%3F%21%23%25.%2A%29',
    );
  });

  test('gives a parameter without a value an equals sign, and reads a bare plus as a space', () => {
    expect(canonicalQuery('name&a=x+y&b=x%2By')).toBe('a=x%20y&b=x%2By&name=');
  });

  test('of a canonical query is the same query', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (query) => {
        const canonical = canonicalQuery(query);
        // A bare '%' that is no encoding becomes '%25'; from then on nothing changes.
        expect(canonicalQuery(canonical)).toBe(canonical);
        expect(canonical).toMatch(/^[A-Za-z0-9\-._~%=&]*$/);
      }),
    );
  });
});

describe('the canonical path', () => {
  test.each([
    ['', '/'],
    ['/', '/'],
    ['/v2/cloudimages', '/v2/cloudimages/'],
    ['/v2/cloudimages/', '/v2/cloudimages/'],
    ['/a%20b/(c)', '/a%20b/%28c%29/'],
    ['/100%', '/100%25/'],
  ])('of %j is %j', (path, canonical) => {
    expect(canonicalPath(path)).toBe(canonical);
  });

  test('always ends in exactly the slash that signing adds', () => {
    fc.assert(
      fc.property(fc.webPath(), (path) => {
        expect(canonicalPath(path).endsWith('/')).toBe(true);
        expect(canonicalPath(canonicalPath(path))).toBe(canonicalPath(path));
      }),
    );
  });
});

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
