import { CredentialsError } from './credentials';
import { isDuration } from './duration';
import { missingVariables, namesOfSet, read, type VariableProblem } from './environment';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { askIdentity, fetchFailed, readTemporaryKey } from './identity-request';
import type { ClientResources, CredentialsProvider } from './provider';
import { originOf, problemOfTokenFile, readTokenFile, tokenIn } from './token-file';

/** An agency that may be assumed with the ID token of a provider that it trusts. */
export interface OidcSource {
  /** URN of the identity provider. */
  providerUrn: string;
  agencyUrn: string;
  /** The token itself, or the file that holds it, which is read at every fetch. */
  idToken: { value: string } | { file: string };
  /** @default 'oidc-sts-session' */
  sessionName?: string;
  /** @default 3600 */
  durationSeconds?: number;
  /** JSON that narrows what the key may do. */
  policy?: string;
  policyIds?: readonly string[];
}

export interface OidcOptions {
  /** A function is asked at every use, so that another token counts at once. */
  source: OidcSource | (() => OidcSource);
  /** Of the Security Token Service, such as `https://sts.cn-north-4.myhuaweicloud.com`. */
  stsEndpoint: string | (() => string);
  /** For people, such as `the agency of HUAWEICLOUD_OIDC_AGENCY_URN`. */
  name?: string;
}

const LIMIT_MS = 5_000;
const DEFAULT_SESSION_NAME = 'oidc-sts-session';
const DEFAULT_DURATION_SECONDS = 3_600;
const ASSUME = { operation: 'AssumeAgencyWithOIDC', method: 'POST' } as const;
const ADVICE =
  'Check both URNs, that the agency trusts the provider, that the token is meant for it and has not expired, and the endpoint of STS.';

/**
 * A temporary key of an agency, for an ID token: `POST /v5/agencies/assume-with-oidc` of STS, as the vendor's Python SDK asks
 * (`OidcStsAccessor`). When the token was rotated the key is fetched anew.
 */
export function oidcCredentials(options: OidcOptions): CredentialsProvider {
  const sourceNow = () => (typeof options.source === 'function' ? options.source() : options.source);
  const endpointNow = () => (typeof options.stsEndpoint === 'function' ? options.stsEndpoint() : options.stsEndpoint);
  return expiringCredentials((resources) => fetchFrom(sourceNow, endpointNow, resources), {
    origin: originOf(sourceNow, ({ idToken }) => ('file' in idToken ? idToken.file : undefined)),
    describe: () => options.name ?? 'an agency that is assumed with an ID token',
  });
}

function fetchFrom(
  sourceNow: () => OidcSource,
  endpointNow: () => string,
  { transport }: ClientResources,
): FetchCredentials {
  return async () => {
    const endpoint = endpointNow();
    const source = sourceNow();
    const idToken = 'file' in source.idToken ? await readTokenFile(source.idToken.file) : source.idToken.value;
    const { providerUrn, agencyUrn, policy, policyIds = [] } = source;
    const body = {
      provider_urn: providerUrn,
      agency_urn: agencyUrn,
      agency_session_name: source.sessionName ?? DEFAULT_SESSION_NAME,
      id_token: idToken,
      duration_seconds: source.durationSeconds ?? DEFAULT_DURATION_SECONDS,
      ...(policy === undefined ? {} : { policy }),
      ...(policyIds.length === 0 ? {} : { policy_ids: policyIds }),
    };
    try {
      const answer = await askIdentity(transport, {
        ...ASSUME,
        endpoint,
        path: '/v5/agencies/assume-with-oidc',
        headers: [['content-type', 'application/json;charset=UTF-8']],
        body: JSON.stringify(body),
        secrets: [idToken],
        limitMs: LIMIT_MS,
      });
      return readTemporaryKey(answer, { ...ASSUME, secrets: [idToken] });
    } catch (error) {
      throw fetchFailed(`A key of the agency ${agencyUrn}`, endpoint, error, ADVICE);
    }
  };
}

/** HUAWEICLOUD_OIDC_*, as the vendor's Python SDK reads them. */
export function oidcVariables(env: NodeJS.ProcessEnv): OidcSource {
  const [problem] = problemsBesideTheFile(env);
  if (problem !== undefined) throw new CredentialsError(`${problem.variable} ${problem.problem}`, 'notConfigured');
  const value = read(env, 'HUAWEICLOUD_OIDC_ID_TOKEN');
  const duration = read(env, 'HUAWEICLOUD_OIDC_DURATION_SECONDS');
  const policyIds = read(env, 'HUAWEICLOUD_OIDC_POLICY_IDS')?.split(',');
  return {
    providerUrn: read(env, 'HUAWEICLOUD_OIDC_PROVIDER_URN') ?? '',
    agencyUrn: read(env, 'HUAWEICLOUD_OIDC_AGENCY_URN') ?? '',
    idToken: value === undefined ? { file: read(env, 'HUAWEICLOUD_OIDC_TOKEN_FILE') ?? '' } : { value },
    sessionName: read(env, 'HUAWEICLOUD_OIDC_SESSION_NAME'),
    durationSeconds: duration === undefined ? undefined : Number(duration),
    policy: read(env, 'HUAWEICLOUD_OIDC_POLICY'),
    policyIds: policyIds?.map((id) => id.trim()).filter((id) => id !== ''),
  };
}

const VARIABLES = [
  'HUAWEICLOUD_OIDC_PROVIDER_URN',
  'HUAWEICLOUD_OIDC_AGENCY_URN',
  'HUAWEICLOUD_OIDC_ID_TOKEN',
  'HUAWEICLOUD_OIDC_TOKEN_FILE',
  'HUAWEICLOUD_OIDC_SESSION_NAME',
  'HUAWEICLOUD_OIDC_DURATION_SECONDS',
  'HUAWEICLOUD_OIDC_POLICY',
  'HUAWEICLOUD_OIDC_POLICY_IDS',
] as const;

/** True when any is set: half a source is a mistake to report, not a reason to try another one. */
export function hasOidcVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, VARIABLES).length > 0;
}

export function problemsOfOidcVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const problems = problemsBesideTheFile(env);
  const file = read(env, 'HUAWEICLOUD_OIDC_TOKEN_FILE');
  if (file === undefined || read(env, 'HUAWEICLOUD_OIDC_ID_TOKEN') !== undefined) return problems;
  const ofFile = problemOfTokenFile(file);
  if (ofFile === undefined) return problems;
  return [...problems, { variable: 'HUAWEICLOUD_OIDC_TOKEN_FILE', problem: `names ${file}. ${ofFile}` }];
}

export function missingOidcVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const meanings = {
    HUAWEICLOUD_OIDC_PROVIDER_URN: 'the URN of the identity provider',
    HUAWEICLOUD_OIDC_AGENCY_URN: 'the URN of the agency to assume',
    ...(read(env, 'HUAWEICLOUD_OIDC_ID_TOKEN') === undefined ? TOKEN_MEANING : {}),
  };
  return missingVariables(env, meanings, VARIABLES);
}

const TOKEN_MEANING = {
  HUAWEICLOUD_OIDC_TOKEN_FILE: 'the path of a file with an ID token, or HUAWEICLOUD_OIDC_ID_TOKEN the token',
};

function problemsBesideTheFile(env: NodeJS.ProcessEnv): VariableProblem[] {
  const problems = missingOidcVariables(env);
  const token = read(env, 'HUAWEICLOUD_OIDC_ID_TOKEN');
  if (token !== undefined && tokenIn(token) === undefined) {
    problems.push({
      variable: 'HUAWEICLOUD_OIDC_ID_TOKEN',
      problem: 'is no token: it has spaces or other characters in it.',
    });
  }
  const duration = read(env, 'HUAWEICLOUD_OIDC_DURATION_SECONDS');
  if (duration !== undefined && !(/^\d{3,5}$/.test(duration) && isDuration(Number(duration)))) {
    const problem = `is '${duration.slice(0, 20)}'; it must be a whole number of seconds from 900 to 86400, such as '3600'.`;
    problems.push({ variable: 'HUAWEICLOUD_OIDC_DURATION_SECONDS', problem });
  }
  return problems;
}
