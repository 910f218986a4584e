import { createHash } from 'node:crypto';
import type { Credentials } from './credentials';
import { SignatureGuard } from './signature-guard';

/** IAM locks a user after a few wrong passwords, so one is enough to stop. */
const MAX_REFUSED_PASSWORDS = 1;

/**
 * What keeps access keys and IAM users from being locked. Clients that may use the same keys share one: the cloud counts
 * the failures of a key over all its services, regions and users.
 */
export class LockProtection {
  readonly signatures: SignatureGuard;
  /** Guarded like signatures, but a password rests after its first refusal. */
  readonly passwords: SignatureGuard;
  #last: { credentials: Credentials; name: string } | undefined;

  constructor(now: () => number = Date.now, refusedKeyRestMs?: number) {
    this.signatures = new SignatureGuard(now, { restMs: refusedKeyRestMs });
    this.passwords = new SignatureGuard(now, { maxRefusals: MAX_REFUSED_PASSWORDS });
  }

  /** The name of a key in {@link signatures}: another secret or another token is another key. */
  nameOf(credentials: Credentials): string {
    const { accessKey, secretKey, securityToken } = credentials;
    const last = this.#last;
    if (
      last !== undefined &&
      last.credentials.accessKey === accessKey &&
      last.credentials.secretKey === secretKey &&
      last.credentials.securityToken === securityToken
    ) {
      return last.name;
    }
    const name = `${accessKey} ${fingerprint(secretKey, securityToken ?? '')}`;
    this.#last = { credentials: { accessKey, secretKey, securityToken }, name };
    return name;
  }
}

/** Tells secrets apart without holding them. */
export function fingerprint(...secrets: string[]): string {
  return createHash('sha256').update(JSON.stringify(secrets)).digest('base64');
}
