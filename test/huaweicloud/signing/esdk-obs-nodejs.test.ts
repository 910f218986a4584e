/**
 * The vendor's OBS SDK for Node as an oracle: the functions with which it builds and signs its requests agree with our
 * client, and with the verification of the simulator, on generated requests.
 *
 * By itself it signs with `OBS` and x-obs-* headers for virtual hosts, and with `AWS` and x-amz-* headers in path style.
 * Our client signs with `OBS` in both, so in path style the SDK is told to.
 *
 * Left out, because there the SDK signs what it does not send:
 * - Keys that begin with `/`, of which it drops that slash in virtual-host style.
 * - Keys with lone surrogates, at which it fails.
 *
 * @module
 */
import Utils from 'esdk-obs-nodejs/lib/utils';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CloudAccount, staticCredentials } from '../../../src/huaweicloud';
import { signForObs } from '../../../src/huaweicloud/obs';
import type { Keyring } from '../../../src/testing/auth/keyring';
import { verifyObsSignature } from '../../../src/testing/auth/obs-signature';
import { readTarget } from '../../../src/testing/obs/target';
import type { WireRequest } from '../../../src/testing/wire';

const RUNS = 1_000;
const NOW_MS = Date.UTC(2026, 1, 3, 4, 5, 6);
const SILENT = { isLevelEnabled: () => false, runLog: () => undefined };

const bucket = fc
  .stringMatching(/^[a-z0-9][a-z0-9-]{1,30}(\.[a-z0-9]{1,8})?[a-z0-9]$/)
  .filter((name) => !name.includes('-.'));
const objectKey = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((key) => !key.startsWith('/') && !/\p{Surrogate}/u.test(key));
const keys = fc.record({
  accessKey: fc.stringMatching(/^[A-Z0-9]{4,20}$/),
  secretKey: fc.stringMatching(/^[!-~]{1,90}$/),
  securityToken: fc.option(fc.stringMatching(/^[A-Za-z0-9+/=_-]{1,80}$/), { nil: undefined }),
});

const STYLES = [
  { style: 'virtual hosts', server: 'obs.localhost', pathStyle: false },
  { style: 'path style', server: '127.0.0.1', pathStyle: true },
] as const;

describe.each(STYLES)('OBS requests by $style', ({ server, pathStyle }) => {
  test(`of our client are signed as the vendor signs them, for ${RUNS} generated requests`, async () => {
    const obsContext = await vendor('obs.localhost', { accessKey: 'a', secretKey: 's' }).then(
      (utils) => utils.signatureContext,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('HEAD', 'GET', 'DELETE'),
        bucket,
        fc.option(objectKey, { nil: undefined }),
        fc.boolean(),
        keys,
        async (method, bucketName, key, ranged, credentials) => {
          const range = ranged ? 'bytes=0-15' : undefined;
          const ours = signForObs(
            account(server, pathStyle),
            method,
            { bucket: bucketName, key, range },
            credentials,
            NOW_MS,
          );
          const { authorization, ...headers } = Object.fromEntries(ours.headers);

          const utils = await vendor(server, credentials);
          const request = utils.makeParam(key === undefined ? 'GetBucketMetadata' : 'GetObjectMetadata', {
            Bucket: bucketName,
            Key: key,
          });
          // In path style it asks for and signs a bucket without the slash. OBS takes both.
          const uri = key === undefined && !request.uri.endsWith('/') ? `${request.uri}/` : request.uri;
          const theirs = { ...request, method, uri, headers };
          utils.doAuth(theirs, 'HeadObject', obsContext);

          expect(authorization).toMatch(/^OBS [A-Z0-9]+:.{27}=$/);
          expect(authorization).toBe(theirs.headers.Authorization);
          expect(ours.path).toBe(pathStyle ? uri : request.requestUri);
        },
      ),
      { numRuns: RUNS },
    );
  });

  test(`signed by the vendor are accepted by the simulator, with sub-resources and headers, for ${RUNS} generated requests`, async () => {
    await fc.assert(
      fc.asyncProperty(operation, bucket, objectKey, keys, async ([name, parameters], bucketName, key, credentials) => {
        const utils = await vendor(server, credentials);
        const request = utils.makeParam(name, { Bucket: bucketName, Key: key, ...parameters });
        expect(request.err).toBeUndefined();
        const { headerPrefix, signature } = utils.signatureContext;
        expect(signature).toBe(pathStyle ? 'v2' : 'obs');
        request.headers.Date = new Date(NOW_MS).toUTCString();
        if (credentials.securityToken !== undefined) {
          request.headers[`${headerPrefix}security-token`] = credentials.securityToken;
        }
        utils.doAuth(request, name, utils.signatureContext);

        const verdict = (secretKey: string) => {
          const wire = onTheWire(request);
          const { resources } = readTarget(wire.path, wire.host);
          return verifyObsSignature(wire, resources, keyringOf({ ...credentials, secretKey }), NOW_MS);
        };
        expect(verdict(credentials.secretKey)).toBeNull();
        expect(verdict(`${credentials.secretKey}x`)).toBe('wrongSignature');
      }),
      { numRuns: RUNS },
    );
  });
});

const text = fc.stringMatching(/^[ -~]{0,12}$/);
const wide = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !/\p{Surrogate}/u.test(value));
const word = fc.stringMatching(/^[a-z0-9]{1,12}$/);
const md5 = fc.stringMatching(/^[A-Za-z0-9+/]{22}==$/);
const contentType = fc.constantFrom('text/plain', 'application/octet-stream', 'application/x-qemu-disk');

/** Operations of the SDK with parameters that enter the signature, and some that must not. */
const operation: fc.Arbitrary<[name: string, parameters: { [name: string]: unknown }]> = fc.oneof(
  withParameters('GetBucketMetadata', {}),
  withParameters('GetBucketLocation', {}),
  withParameters('ListObjects', { Prefix: wide, Marker: wide, MaxKeys: fc.nat(1_000), Delimiter: fc.constant('/') }),
  withParameters('GetObjectMetadata', { VersionId: word }),
  withParameters('GetObject', {
    VersionId: word,
    Range: fc.constant('bytes=0-15'),
    ResponseContentType: contentType,
    ResponseContentDisposition: text,
    ResponseCacheControl: text,
    ResponseContentLanguage: wide,
  }),
  withParameters('PutObject', {
    ContentMD5: md5,
    ContentType: contentType,
    ACL: fc.constantFrom('private', 'public-read'),
    StorageClass: fc.constantFrom('STANDARD', 'WARM', 'COLD'),
    Metadata: fc.dictionary(word, wide, { maxKeys: 3 }),
    WebsiteRedirectLocation: word.map((path) => `/${path}`),
  }),
  withParameters('InitiateMultipartUpload', {
    Metadata: fc.dictionary(word, wide, { maxKeys: 3 }),
    ContentType: contentType,
  }),
  fc
    .tuple(fc.integer({ min: 1, max: 10_000 }), word)
    .map(([PartNumber, UploadId]): [string, { [name: string]: unknown }] => ['UploadPart', { PartNumber, UploadId }]),
  withParameters('DeleteObject', { VersionId: word }),
);

function withParameters(
  name: string,
  parameters: { [name: string]: fc.Arbitrary<unknown> },
): fc.Arbitrary<[string, { [name: string]: unknown }]> {
  return fc.record(parameters, { requiredKeys: [] }).map((chosen) => [name, chosen]);
}

async function vendor(server: string, keys: { accessKey: string; secretKey: string }): Promise<Utils> {
  const utils = new Utils(SILENT);
  await utils.initFactory(keys.accessKey, keys.secretKey, false, server, undefined);
  return utils;
}

function account(server: string, obsPathStyle: boolean): CloudAccount {
  const endpoint = `http://${server}`;
  const endpoints = { ims: endpoint, obs: endpoint, iam: endpoint };
  const credentials = staticCredentials({ accessKey: 'unused', secretKey: 'unused' });
  return { name: 'default', region: 'cn-north-4', endpoints, obsPathStyle, credentials };
}

/** As a server sees it: header names in lower case, values trimmed. */
function onTheWire(request: ReturnType<Utils['makeParam']>): WireRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value.trim()] as const);
  return {
    method: request.method,
    path: request.requestUri ?? request.uri,
    query: request.urlPath.slice(1),
    headers,
    header: (name) => headers.find(([candidate]) => candidate === name)?.[1],
    host: request.headers.Host ?? '',
    body: Buffer.alloc(0),
  };
}

/** A keyring with this one key, which looks at nothing but the signature. */
function keyringOf({ accessKey, secretKey }: { accessKey: string; secretKey: string }): Keyring {
  const keyring: Pick<Keyring, 'judge'> = {
    judge: (given, _token, isRight) => (given === accessKey && isRight(secretKey) ? null : 'wrongSignature'),
  };
  return keyring as Keyring;
}
