import { sdkHmacSha256Signature, sha256Hex } from '../../huaweicloud/signing/sdk-hmac-sha256';
import type { WireRequest } from '../wire';
import { equalSignatures, isWithinWindow, parseBasicDate } from './equal-signatures';
import type { Denial, Keyring } from './keyring';

/**
 * Verifies SDK-HMAC-SHA256, as the gateway before IMS and IAM does: over exactly the headers that SignedHeaders names.
 * The Go SDK signs neither host nor content type, so none is demanded but X-Sdk-Date.
 *
 * The header X-Sdk-Content-Sha256 takes the place of the body's hash: `UNSIGNED-PAYLOAD` as it is, a hash when it is right.
 */
export function verifySdkSignature(request: WireRequest, keyring: Keyring, realNowMs = Date.now()): Denial | null {
  const authorization = /^SDK-HMAC-SHA256\s+(.*)$/.exec(request.header('authorization') ?? '');
  if (authorization === null) return 'anonymous';
  const fields = new Map((authorization[1] ?? '').split(',').map((field) => splitField(field.trim())));
  const accessKey = fields.get('Access');
  const signature = fields.get('Signature');
  const signedNames = fields.get('SignedHeaders')?.split(';');
  const date = request.header('x-sdk-date');
  if (accessKey === undefined || signature === undefined || signedNames === undefined || date === undefined)
    return 'malformed';
  if (!signedNames.includes('x-sdk-date')) return 'malformed';
  if (!isWithinWindow(parseBasicDate(date), realNowMs)) return 'skewed';

  const bodyHash = sha256Hex(request.body);
  const declaredHash = request.header('x-sdk-content-sha256');
  if (declaredHash !== undefined && declaredHash !== 'UNSIGNED-PAYLOAD' && declaredHash !== bodyHash)
    return 'wrongBodyHash';

  const headers = signedNames.map((name) => [name, request.header(name) ?? ''] as const);
  const { method, path, query } = request;
  return keyring.judge(accessKey, request.header('x-security-token'), (secretKey) =>
    equalSignatures(
      sdkHmacSha256Signature({ method, path, query, headers, payloadHash: declaredHash ?? bodyHash }, date, secretKey),
      signature,
    ),
  );
}

function splitField(field: string): [string, string] {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
}
