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

/** There are no credentials, or they cannot be fetched. The message says from where, why, and what to do. */
export class CredentialsError extends Error {
  override readonly name = 'CredentialsError';

  constructor(
    message: string,
    /** - `notConfigured`: what the source needs is not set; - `refused`: it said no; - `unreachable`: it did not answer. */
    readonly reason: 'notConfigured' | 'refused' | 'unreachable',
    /** When it is no use to ask again before. */
    readonly retryAfterMs: number | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
