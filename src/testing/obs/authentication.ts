import { verifyAwsV4Signature } from '../auth/aws-v4-signature';
import type { Denial } from '../auth/keyring';
import { type HeaderFamily, verifyObsSignature } from '../auth/obs-signature';
import type { Cloud } from '../cloud';
import type { WireRequest } from '../wire';
import { accessDenied, ObsError } from './errors';
import type { ObsTarget } from './target';

/** The family of headers and documents that a request is to be answered in, by its scheme of authorization. */
export function headerFamily(request: WireRequest): HeaderFamily {
  const authorization = request.header('authorization');
  if (authorization !== undefined) return authorization.startsWith('AWS') ? 'amz' : 'obs';
  return request.headers.some(([name]) => name.startsWith('x-amz-')) ? 'amz' : 'obs';
}

/** Throws unless the request is signed by a key of the account that may use OBS. */
export function authenticate(request: WireRequest, target: ObsTarget, cloud: Cloud): void {
  const denial = judge(request, target, cloud);
  if (denial !== null) throw DENIALS[denial]();
  if (cloud.keyring.revoked === 'permissions') throw accessDenied();
}

function judge(request: WireRequest, target: ObsTarget, cloud: Cloud): Denial | null {
  const authorization = request.header('authorization');
  if (authorization === undefined) return 'anonymous';
  if (authorization.startsWith('AWS4-HMAC-SHA256')) return verifyAwsV4Signature(request, cloud.keyring);
  return verifyObsSignature(request, target.resources, cloud.keyring);
}

const unknownKey = () =>
  new ObsError(403, 'InvalidAccessKeyId', 'The OBS Access Key Id you provided does not exist in our records.');

/** The codes are documented (huaweicloudDocs/obs, "错误码"); that a lock and an expired token have these codes is a choice. */
const DENIALS: { [denial in Denial]: () => ObsError } = {
  anonymous: () => accessDenied(),
  malformed: () =>
    accessDenied('OBS authentication requires a valid Date or x-obs-date header, and a valid Authorization'),
  unknownKey,
  locked: () => accessDenied('The access key is locked for 5 minutes after more than 5 failed signatures in a row'),
  wrongSignature: () =>
    new ObsError(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    ),
  skewed: () =>
    new ObsError(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    ),
  wrongBodyHash: () =>
    new ObsError(
      400,
      'XAmzContentSHA256Mismatch',
      'The provided x-amz-content-sha256 header does not match what was computed.',
    ),
  noSecurityToken: unknownKey,
  expiredKey: unknownKey,
  unknownToken: () => accessDenied(),
  expiredToken: () => accessDenied(),
  revoked: unknownKey,
};
