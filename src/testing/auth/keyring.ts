import { randomBytes } from 'node:crypto';
import type { VirtualClock } from '../clock';

/** What the cloud knows of credentials. Part of the state that survives a restart. */
export interface KeyringState {
  permanent: { accessKey: string; secretKey: string };
  /** Refused until restored: the keys and tokens themselves, or only what they are allowed to do. */
  revoked: false | 'credentials' | 'permissions';
  temporary: TemporaryKey[];
  tokens: Token[];
  /** Failed signatures in a row, per access key; and failed logins, per user. */
  failures: { [accessKey: string]: { count: number; lockedUntilMs: number } };
}

export interface TemporaryKey {
  accessKey: string;
  secretKey: string;
  securityToken: string;
  expiresAtMs: number;
}

/** A token of IAM, scoped to the project. */
export interface Token {
  id: string;
  issuedAtMs: number;
  expiresAtMs: number;
}

/** Why a request is not let in. Each service reports it in its own words. */
export type Denial =
  | 'anonymous'
  | 'malformed'
  | 'unknownKey'
  | 'locked'
  | 'wrongSignature'
  | 'skewed'
  | 'wrongBodyHash'
  | 'noSecurityToken'
  | 'expiredKey'
  | 'unknownToken'
  | 'expiredToken'
  | 'revoked';

/** Huawei Cloud locks an access key for five minutes after more than five failed signatures in a row (devg-apisign, api-sign-0001). */
const FAILURES_BEFORE_LOCK = 5;
const LOCK_MS = 5 * 60_000;

/** The login policy of IAM by default: five wrong passwords lock a user for 15 minutes (huaweicloudDocs/iam, account settings). */
const PASSWORDS_BEFORE_LOCK = 5;
const USER_LOCK_MS = 15 * 60_000;

/** A token of IAM is valid for 24 hours (huaweicloudDocs/iam, "获取IAM用户Token"). */
export const TOKEN_LIFE_MS = 24 * 3_600_000;

/** The keys and tokens of the simulated account, and who is locked out. */
export class Keyring {
  constructor(
    private readonly state: KeyringState,
    private readonly clock: VirtualClock,
    private readonly save: () => void,
    private readonly newAccessKey: () => string,
    private readonly newSecret: (length: number) => string,
  ) {}

  get permanent(): { accessKey: string; secretKey: string } {
    return { ...this.state.permanent };
  }

  get revoked(): KeyringState['revoked'] {
    return this.state.revoked;
  }

  /**
   * Judges a signature. `isRight` is asked with the secret key; failures in a row lock the key, a right signature
   * ends the row. Signatures by keys that are unknown, expired or revoked are refused without counting: a lock
   * protects a secret that can be guessed at.
   */
  judge(accessKey: string, securityToken: string | undefined, isRight: (secretKey: string) => boolean): Denial | null {
    const key = this.find(accessKey);
    if (key === undefined) return 'unknownKey';
    if ((this.state.failures[accessKey]?.lockedUntilMs ?? 0) > this.clock.now()) return 'locked';
    if (!isRight(key.secretKey)) {
      this.countFailure(accessKey, FAILURES_BEFORE_LOCK + 1, LOCK_MS);
      return 'wrongSignature';
    }
    this.endRow(accessKey);
    // A permanent key has no token, so any token with it is a wrong one.
    if (securityToken !== ('securityToken' in key ? key.securityToken : undefined)) return 'noSecurityToken';
    if ('expiresAtMs' in key && key.expiresAtMs <= this.clock.now()) return 'expiredKey';
    return this.state.revoked === 'credentials' ? 'revoked' : null;
  }

  /** Judges a password; wrong ones in a row lock the user, a right one ends the row. */
  judgePassword(userId: string, isRight: boolean): 'wrongPassword' | 'locked' | null {
    const name = `user ${userId}`;
    if ((this.state.failures[name]?.lockedUntilMs ?? 0) > this.clock.now()) return 'locked';
    if (isRight) this.endRow(name);
    else this.countFailure(name, PASSWORDS_BEFORE_LOCK, USER_LOCK_MS);
    return isRight ? null : 'wrongPassword';
  }

  judgeToken(id: string): Denial | null {
    const token = this.state.tokens.find((candidate) => candidate.id === id);
    if (token === undefined) return 'unknownToken';
    if (token.expiresAtMs <= this.clock.now()) return 'expiredToken';
    return this.state.revoked === 'credentials' ? 'revoked' : null;
  }

  token(id: string): Token | undefined {
    return this.state.tokens.find((candidate) => candidate.id === id);
  }

  issueToken(): Token {
    const now = this.clock.now();
    const token = {
      id: `MII${randomBytes(300).toString('base64url')}`,
      issuedAtMs: now,
      expiresAtMs: now + TOKEN_LIFE_MS,
    };
    this.state.tokens = [...this.state.tokens, token].slice(-REMEMBERED);
    this.save();
    return token;
  }

  /** The key returned is the one remembered: when it is made to expire, its holder sees that. */
  issueTemporaryKey(lifeMs: number): Readonly<TemporaryKey> {
    const key = {
      accessKey: this.newAccessKey(),
      secretKey: this.newSecret(40),
      securityToken: randomBytes(240).toString('base64'),
      expiresAtMs: this.clock.now() + lifeMs,
    };
    this.state.temporary = [...this.state.temporary, key].slice(-REMEMBERED);
    this.save();
    return key;
  }

  /** A new permanent key pair; the old one is unknown from now on. */
  rotate(): { accessKey: string; secretKey: string } {
    this.state.permanent = { accessKey: this.newAccessKey(), secretKey: this.newSecret(40) };
    this.save();
    return this.permanent;
  }

  /** Every token and temporary key issued so far has expired. */
  expireTokens(): void {
    const now = this.clock.now();
    for (const issued of [...this.state.tokens, ...this.state.temporary]) {
      issued.expiresAtMs = Math.min(issued.expiresAtMs, now);
    }
    this.save();
  }

  revoke(what: 'credentials' | 'permissions'): void {
    this.state.revoked = what;
    this.save();
  }

  restore(): void {
    this.state.revoked = false;
    this.state.failures = {};
    this.save();
  }

  private find(accessKey: string): TemporaryKey | { secretKey: string } | undefined {
    if (accessKey === this.state.permanent.accessKey) return { secretKey: this.state.permanent.secretKey };
    return this.state.temporary.find((key) => key.accessKey === accessKey);
  }

  private countFailure(name: string, failuresToLock: number, lockMs: number): void {
    const count = (this.state.failures[name]?.count ?? 0) + 1;
    const locks = count >= failuresToLock;
    this.state.failures[name] = {
      count: locks ? 0 : count,
      lockedUntilMs: locks ? this.clock.now() + lockMs : 0,
    };
    this.save();
  }

  private endRow(name: string): void {
    if (this.state.failures[name] === undefined) return;
    delete this.state.failures[name];
    this.save();
  }
}

/** Older tokens and temporary keys are forgotten. */
const REMEMBERED = 1_000;
