import type { TemporaryKey } from '../auth/keyring';

/** A temporary key as IAM and the metadata service answer it (huaweicloudDocs/iam, "通过token获取临时访问密钥"). */
export function credentialOnTheWire(key: TemporaryKey): { [field: string]: string } {
  return {
    access: key.accessKey,
    secret: key.secretKey,
    securitytoken: key.securityToken,
    expires_at: microsecondTime(key.expiresAtMs),
  };
}

/** The parts of a temporary key with the end as STS spells it. */
export function stsCredential(key: TemporaryKey) {
  const { accessKey: access, secretKey: secret, securityToken, expiresAtMs } = key;
  return { access, secret, securityToken, expiration: microsecondTime(expiresAtMs) };
}

/** ISO 8601 with six decimals, as IAM spells times. */
export function microsecondTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
