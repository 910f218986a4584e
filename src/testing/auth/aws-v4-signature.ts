import { createHmac } from 'node:crypto';
import { canonicalQuery, sha256Hex } from '../../huaweicloud/signing/sdk-hmac-sha256';
import type { WireRequest } from '../wire';
import { equalSignatures, isWithinWindow, parseBasicDate } from './equal-signatures';
import type { Denial, Keyring } from './keyring';

/**
 * Verifies AWS Signature Version 4 in headers, which OBS takes for S3 compatibility. The region is whatever the client
 * was configured with. Source: AWS, "Authenticating Requests: Using the Authorization Header".
 */
export function verifyAwsV4Signature(request: WireRequest, keyring: Keyring, realNowMs = Date.now()): Denial | null {
  const authorization =
    /^AWS4-HMAC-SHA256\s+Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]+)$/.exec(
      request.header('authorization') ?? '',
    );
  const date = request.header('x-amz-date');
  if (authorization === null || date === undefined) return 'malformed';
  const [, accessKey = '', day = '', region = '', service = '', signedHeaders = '', signature = ''] = authorization;
  if (!isWithinWindow(parseBasicDate(date), realNowMs)) return 'skewed';

  const bodyHash = sha256Hex(request.body);
  const payloadHash = request.header('x-amz-content-sha256') ?? bodyHash;
  if (payloadHash !== 'UNSIGNED-PAYLOAD' && payloadHash !== bodyHash) return 'wrongBodyHash';

  const canonicalRequest = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    ...signedHeaders.split(';').map((name) => `${name}:${(request.header(name) ?? '').replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    payloadHash,
  ].join('\n');
  const stringToSign = `AWS4-HMAC-SHA256\n${date}\n${day}/${region}/${service}/aws4_request\n${sha256Hex(canonicalRequest)}`;

  return keyring.judge(accessKey, request.header('x-amz-security-token'), (secretKey) => {
    const signingKey = [day, region, service, 'aws4_request'].reduce<string | Buffer>(hmac, `AWS4${secretKey}`);
    return equalSignatures(hmac(signingKey, stringToSign).toString('hex'), signature);
  });
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text, 'utf8').digest();
}
