import { readFileSync } from 'node:fs';
import { withoutUserInfo } from '../../network/shown-url';
import type { HttpAnswer } from '../transport';
import { CredentialsError } from './credentials';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { askIdentity, fetchFailed, readTemporaryKey } from './identity-request';
import type { ClientResources, CredentialsProvider } from './provider';

export interface MetadataOptions {
  /** @default 'http://169.254.169.254' */
  endpoint?: string;
}

/** The address of the metadata service in every ECS. */
export const METADATA_ENDPOINT = 'http://169.254.169.254';

/** As the vendor's SDKs: what is not on an ECS must not wait long to learn it. */
const LIMIT_MS = 3_000;

const TOKEN_TTL_SECONDS = 21_600;
const TOKEN_MARGIN_MS = 60_000;

/** Of the PUT for a token: this metadata service knows none, so it is asked plainly. */
const WITHOUT_TOKENS = [404, 405, 503];

const SECURITY_KEY = { operation: 'GetSecurityKey', method: 'GET' } as const;
const ADVICE = 'Check that this is an ECS with an agency, and that this process can reach its metadata service.';

/**
 * The temporary key of the agency that an ECS was given, from its metadata service: with a session token where the
 * service knows them, plainly where it does not (huaweicloud-sdk-go-v3, core/auth/internal/metadata_accessor.go).
 */
export function metadataCredentials({ endpoint = METADATA_ENDPOINT }: MetadataOptions = {}): CredentialsProvider {
  return expiringCredentials((resources) => fetchFrom(endpoint, resources), {
    describe: () => 'the agency of the ECS',
  });
}

function fetchFrom(endpoint: string, { transport, now }: ClientResources): FetchCredentials {
  /** Undefined before the first try and after a token was refused; null where there are none. */
  let token: { id: string; endsAtMs: number } | null | undefined;

  return async () => {
    try {
      if (token === undefined || token === null || now() >= token.endsAtMs) token = await newToken();
      let answer = await securityKey();
      if (answer.status === 401 && !saysNoAgency(answer)) {
        token = await newToken();
        if (token !== null) answer = await securityKey();
      }
      if (answer.status === 401) throw noAgency(endpoint);
      return readTemporaryKey(answer, { ...SECURITY_KEY, secrets: token === null ? [] : [token.id] });
    } catch (error) {
      throw fetchFailed("The key of the ECS's agency", endpoint, error, ADVICE);
    }
  };

  async function newToken(): Promise<{ id: string; endsAtMs: number } | null> {
    const askedAtMs = now();
    const answer = await askIdentity(transport, {
      operation: 'CreateMetadataToken',
      method: 'PUT',
      endpoint,
      path: '/meta-data/latest/api/token',
      headers: [['x-metadata-token-ttl-seconds', String(TOKEN_TTL_SECONDS)]],
      alsoAnswers: WITHOUT_TOKENS,
      direct: true,
      limitMs: LIMIT_MS,
    });
    if (WITHOUT_TOKENS.includes(answer.status)) return null;
    const id = answer.body.toString('utf8').trim();
    if (!/^[\x21-\x7e]{1,4096}$/.test(id)) throw new Error('the token it gave is not usable as a header');
    return { id, endsAtMs: askedAtMs + TOKEN_TTL_SECONDS * 1_000 - TOKEN_MARGIN_MS };
  }

  function securityKey(): Promise<HttpAnswer> {
    return askIdentity(transport, {
      ...SECURITY_KEY,
      endpoint,
      path: '/openstack/latest/securitykey',
      ...(token ? { headers: [['x-metadata-token', token.id]] as const, secrets: [token.id] } : {}),
      alsoAnswers: [401],
      direct: true,
      limitMs: LIMIT_MS,
    });
  }
}

function saysNoAgency({ body }: HttpAnswer): boolean {
  return body.toString('utf8').includes('Please configure Cloud Service Agency first');
}

function noAgency(endpoint: string): CredentialsError {
  return new CredentialsError(
    `The metadata service at ${withoutUserInfo(endpoint)} gives no key: this ECS has no agency. Give it one with permissions for IMS and OBS (ECS console, "Agency"), or configure an access key.`,
    'refused',
  );
}

/**
 * Whether this machine is an ECS of Huawei Cloud, by the tag that cloud-init knows it by (DataSourceOpenStack). So a
 * laptop gets the message what to set at once, not after a wait for an address that nothing answers.
 */
export function isEcs(assetTagFile = '/sys/class/dmi/id/chassis_asset_tag'): boolean {
  try {
    return readFileSync(assetTagFile, 'utf8').trim() === 'HUAWEICLOUD';
  } catch {
    return false;
  }
}
