import { obsHmacSha1Signature, obsStringToSign } from '../../huaweicloud/signing/obs-hmac-sha1';
import { queryParameters, type WireRequest } from '../wire';
import { equalSignatures, isWithinWindow, parseBasicDate } from './equal-signatures';
import type { Denial, Keyring } from './keyring';

/** The family of headers that a signature goes with, and that the answer is given in. */
export type HeaderFamily = 'obs' | 'amz';

/**
 * Verifies `OBS ak:signature` (x-obs-* headers) and the S3-compatible `AWS ak:signature` of version 2 (x-amz-*).
 *
 * `resources` are the spellings of the canonical resource to try: for a bucket in path style the vendor's SDKs sign
 * `/bucket`, boto3 signs `/bucket/`, and OBS takes both.
 */
export function verifyObsSignature(
  request: WireRequest,
  resources: readonly string[],
  keyring: Keyring,
  realNowMs = Date.now(),
): Denial | null {
  const authorization = /^(OBS|AWS)\s+([^:\s]+):(\S+)$/.exec(request.header('authorization') ?? '');
  if (authorization === null) return 'malformed';
  const [, scheme, accessKey = '', signature = ''] = authorization;
  const headerPrefix = scheme === 'OBS' ? 'x-obs-' : 'x-amz-';
  const date = request.header(`${headerPrefix}date`) ?? request.header('date') ?? '';
  if (!isWithinWindow(parseDate(date), realNowMs)) return Number.isNaN(parseDate(date)) ? 'malformed' : 'skewed';

  const subResources = signedSubResources(request.query);
  return keyring.judge(accessKey, request.header(`${headerPrefix}security-token`), (secretKey) =>
    resources.some((resource) => {
      const stringToSign = obsStringToSign({
        method: request.method,
        contentMd5: request.header('content-md5') ?? '',
        contentType: request.header('content-type') ?? '',
        date: request.header('date') ?? '',
        headers: request.headers,
        headerPrefix,
        resource: resource + subResources,
      });
      return equalSignatures(obsHmacSha1Signature(stringToSign, secretKey), signature);
    }),
  );
}

function parseDate(text: string): number {
  const basic = parseBasicDate(text);
  return Number.isNaN(basic) ? Date.parse(text) : basic;
}

/** The parameters that enter the canonical resource (huaweicloudDocs/obs, "Header中携带签名"); others, such as `prefix`, do not. */
const SIGNED_SUB_RESOURCES = new Set(
  (
    'CDNNotifyConfiguration acl append atname attname backtosource cors customdomain delete deletebucket directcoldaccess ' +
    'encryption inventory length lifecycle location logging metadata mirrorBackToSource modify name notification ' +
    'obscompresspolicy orchestration partNumber policy position quota rename replication response-cache-control ' +
    'response-content-disposition response-content-encoding response-content-language response-content-type ' +
    'response-expires restore storageClass storagePolicy storageinfo tagging torrent truncate uploadId uploads ' +
    'versionId versioning versions website x-image-process x-image-save-bucket x-image-save-object ' +
    'x-obs-security-token object-lock retention'
  ).split(' '),
);

function signedSubResources(query: string): string {
  const signed = queryParameters(query)
    .filter(([name]) => SIGNED_SUB_RESOURCES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`));
  return signed.length === 0 ? '' : `?${signed.join('&')}`;
}
