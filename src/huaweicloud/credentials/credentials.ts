/** An AK/SK pair. Temporary ones come with a security token. */
export interface Credentials {
  accessKey: string;
  secretKey: string;
  securityToken?: string;
  /** Milliseconds since the epoch; absent for keys that do not expire, or whose end is not known. */
  expiresAtMs?: number;
}

/** True when both sign alike. */
export function areSame(one: Credentials, other: Credentials): boolean {
  return (
    one.accessKey === other.accessKey && one.secretKey === other.secretKey && one.securityToken === other.securityToken
  );
}
