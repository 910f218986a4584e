import type { SignatureVerdict } from './credentials/circuit-breaker';
import { meaningOf } from './error-codes';
import type { CloudError } from './errors';

/** What an error of the cloud says about the signature of the request. */
export function verdictOf({ code, class: errorClass, httpStatus }: CloudError): SignatureVerdict {
  if (httpStatus === null) return 'none';
  // IMG.0087 (token incorrect) comes as a 400.
  if (errorClass === 'unauthorized' && [400, 401, 403].includes(httpStatus)) return 'refused';
  return isWordOfService(code, httpStatus) ? 'accepted' : 'none';
}

/** A service answers only what the gateway let through. The gateway's own errors may come before it checks a signature. */
function isWordOfService(code: string, httpStatus: number): boolean {
  // AccessDenied of OBS has many reasons, a locked key perhaps among them.
  if (httpStatus >= 500 || httpStatus === 429 || code === 'AccessDenied') return false;
  if (code.startsWith('IMG.')) return true;
  const source = meaningOf(code)?.source;
  return source === 'IMS' || source === 'IAM' || source === 'OBS';
}
