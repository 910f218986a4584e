import { withoutUserInfo } from '../../network/shown-url';
import { CredentialsError } from './credentials';
import { missingVariables, namesOfSet, read, type VariableProblem } from './environment';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { askIdentity, fetchFailed, readTemporaryKey } from './identity-request';
import type { ClientResources, CredentialsProvider } from './provider';
import { originOf, problemOfTokenFile, readTokenFile } from './token-file';

/** The agent of Cloud Container Engine (CCE) that gives a pod the key of its service account. */
export interface PodIdentitySource {
  /** Of the agent, with path. */
  uri: string;
  /** The token of the service account, which Kubernetes rotates. */
  tokenFile: string;
}

export interface PodIdentityOptions {
  /** A function is asked at every use. */
  source: PodIdentitySource | (() => PodIdentitySource);
}

/** As the vendor's Python SDK waits. */
const LIMIT_MS = 5_000;
const ASSUME = { operation: 'AssumeAgencyForPodIdentity', method: 'POST' } as const;
const ADVICE =
  'Check that the service account of this pod is associated with an agency, and that the agent runs on its node.';

/**
 * Pod identity of CCE: a `POST` of `{}` to the agent, with the token of the service account as it is in Authorization, as the vendor's
 * SDKs ask (`PodIdentityAccessor`). When the token was rotated the key is fetched anew.
 */
export function podIdentityCredentials({ source }: PodIdentityOptions): CredentialsProvider {
  const sourceNow = () => (typeof source === 'function' ? source() : source);
  return expiringCredentials((resources) => fetchFrom(sourceNow, resources), {
    origin: originOf(sourceNow, ({ tokenFile }) => tokenFile),
    describe: () => 'the pod identity of HC_CONTAINER_CREDENTIALS_FULL_URI',
  });
}

function fetchFrom(sourceNow: () => PodIdentitySource, { transport }: ClientResources): FetchCredentials {
  return async () => {
    const { uri, tokenFile } = sourceNow();
    const token = await readTokenFile(tokenFile);
    const { origin, pathname, search } = new URL(uri);
    try {
      const answer = await askIdentity(transport, {
        ...ASSUME,
        endpoint: origin,
        path: `${pathname}${search}`,
        headers: [
          ['authorization', token],
          ['content-type', 'application/json'],
        ],
        body: '{}',
        secrets: [token],
        limitMs: LIMIT_MS,
        direct: true,
      });
      return readTemporaryKey(answer, { ...ASSUME, secrets: [token] });
    } catch (error) {
      throw fetchFailed('The key of the pod identity', origin, error, ADVICE);
    }
  };
}

/** HC_CONTAINER_CREDENTIALS_FULL_URI and HC_CONTAINER_AUTHORIZATION_TOKEN_FILE, which CCE sets in a pod. */
export function podIdentityVariables(env: NodeJS.ProcessEnv): PodIdentitySource {
  const [problem] = problemsBesideTheFile(env);
  if (problem !== undefined) throw new CredentialsError(`${problem.variable} ${problem.problem}`, 'notConfigured');
  return {
    uri: read(env, 'HC_CONTAINER_CREDENTIALS_FULL_URI') ?? '',
    tokenFile: read(env, 'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE') ?? '',
  };
}

/** True when one is set: half a source is a mistake to report, not a reason to try another one. */
export function hasPodIdentityVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, Object.keys(MEANINGS)).length > 0;
}

export function problemsOfPodIdentityVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const problems = problemsBesideTheFile(env);
  const file = read(env, 'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  const ofFile = file === undefined ? undefined : problemOfTokenFile(file);
  if (ofFile === undefined) return problems;
  return [...problems, { variable: 'HC_CONTAINER_AUTHORIZATION_TOKEN_FILE', problem: `names ${file}. ${ofFile}` }];
}

const MEANINGS = {
  HC_CONTAINER_CREDENTIALS_FULL_URI: 'the URL at which the agent of CCE gives out keys',
  HC_CONTAINER_AUTHORIZATION_TOKEN_FILE: "the path of the file with the token of the pod's service account",
};

export function missingPodIdentityVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  return missingVariables(env, MEANINGS);
}

function problemsBesideTheFile(env: NodeJS.ProcessEnv): VariableProblem[] {
  const problems = missingPodIdentityVariables(env);
  const uri = read(env, 'HC_CONTAINER_CREDENTIALS_FULL_URI');
  const ofUri = uri === undefined ? undefined : problemOfUri(uri);
  return ofUri === undefined
    ? problems
    : [...problems, { variable: 'HC_CONTAINER_CREDENTIALS_FULL_URI', problem: ofUri }];
}

function problemOfUri(uri: string): string | undefined {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:';
  if (isHttp && url?.username === '' && url.password === '') return undefined;
  return `is '${withoutUserInfo(uri)}', which is not an http or https URL without a user.`;
}
