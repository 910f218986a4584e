import { createHmac } from 'node:crypto';
import type { VirtualClock } from '../clock';
import { equalSignatures } from './equal-signatures';

/** What an ID token is for: it is refused anywhere else. */
export type IdTokenUse = 'idToken' | 'oidc' | 'pod';

/** The id under which IAM knows the provider, and the URNs of STS. */
export const IDP_ID = 'simulated-idp';

export interface OidcUrns {
  providerUrn: string;
  agencyUrn: string;
}

export function oidcUrns(domainId: string): OidcUrns {
  return {
    providerUrn: `iam::${domainId}:oidcProvider:${IDP_ID}`,
    agencyUrn: `iam::${domainId}:agency:exporters`,
  };
}

/**
 * An identity provider that IAM, STS and the agent of pods trust. It keeps nothing: its tokens are JSON Web Tokens that it knows by
 * their signature, so those of before a restart are good after it.
 */
export class IdentityProvider {
  #serial = 0;

  constructor(
    private readonly secret: string,
    private readonly clock: VirtualClock,
  ) {}

  /** Every token is another one, as after a rotation. */
  issue(use: IdTokenUse, lifeMs: number): string {
    this.#serial += 1;
    const seconds = Math.floor(this.clock.now() / 1_000);
    const claims = {
      ...{ iss: 'https://idp.example.com', sub: 'system:serviceaccount:exports:worker', aud: use },
      ...{ iat: seconds, exp: seconds + Math.floor(lifeMs / 1_000), jti: this.#serial },
    };
    const content = [{ alg: 'HS256', typ: 'JWT' }, claims].map(encoded).join('.');
    return `${content}.${this.#signature(content)}`;
  }

  /** Why a token is refused; null for a good one. */
  judge(token: string, use: IdTokenUse): 'unknownToken' | 'expiredToken' | null {
    const [content = '', signature = ''] = /^(.+)\.([^.]+)$/.exec(token)?.slice(1) ?? [];
    if (!equalSignatures(this.#signature(content), signature)) return 'unknownToken';
    const { aud, exp } = JSON.parse(Buffer.from(content.split('.')[1] ?? '', 'base64url').toString('utf8'));
    if (aud !== use) return 'unknownToken';
    return exp * 1_000 <= this.clock.now() ? 'expiredToken' : null;
  }

  #signature(content: string): string {
    return createHmac('sha256', this.secret).update(content).digest('base64url');
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
