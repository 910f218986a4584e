import { createHash } from 'node:crypto';
import { CircuitBreaker, RESTS_MS } from './circuit-breaker';
import type { Credentials } from './credentials';

const [, SECOND_REST_MS = 0] = RESTS_MS;
/** IAM locks a user after a few wrong passwords, so one failure opens the circuit for minutes. */
const PASSWORD_RESTS_MS = RESTS_MS.slice(1);

/**
 * Keeps access keys and IAM users from being locked. Clients that may use the same keys share these breakers: the cloud counts
 * the failures of a key over all its services, regions and users.
 */
export class CircuitBreakers {
  readonly signatures: CircuitBreaker;
  readonly passwords: CircuitBreaker;
  #last: { credentials: Credentials; name: string } | undefined;

  /**
   * @param now a clock that nobody sets; by default the one of the process, which no correction of the date moves
   * @param restMs how long a key rests after a second refusal in a row; the other rests are longer or shorter in proportion
   */
  constructor(now?: () => number, restMs = SECOND_REST_MS) {
    this.signatures = new CircuitBreaker(
      now,
      RESTS_MS.map((ms) => (ms / SECOND_REST_MS) * restMs),
    );
    this.passwords = new CircuitBreaker(now, PASSWORD_RESTS_MS);
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

/** The same for the same secrets, without holding them. */
export function fingerprint(...secrets: string[]): string {
  return createHash('sha256').update(JSON.stringify(secrets)).digest('base64');
}
