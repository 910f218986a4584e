import { headerOf } from '../errors';
import { CredentialsError } from './credentials';
import { missingVariables, namesOfSet, read, type VariableProblem } from './environment';
import { expiringCredentials, type FetchCredentials } from './expiring';
import { askIdentity, fetchFailed } from './identity-request';
import { keyByToken } from './key-by-token';
import type { ClientResources, CredentialsProvider } from './provider';
import { originOf, problemOfTokenFile, readTokenFile, tokenIn } from './token-file';

/** An identity provider of IAM, and the file with the ID token that it gave out. */
export interface IdTokenSource {
  idpId: string;
  idTokenFile: string;
}

export interface IdTokenOptions {
  /** A function is asked at every use, so that another file counts at once. */
  source: IdTokenSource | (() => IdTokenSource);
  iamEndpoint: string | (() => string);
  /** For people, such as `the ID token of HUAWEICLOUD_SDK_ID_TOKEN_FILE`. */
  name?: string;
}

/** For each of the two requests. */
const LIMIT_MS = 5_000;
const LOGIN = { operation: 'CreateTokenByIdToken', method: 'POST' } as const;
const ADVICE =
  'Check the id of the identity provider, that the token is meant for it and has not expired, and the endpoint of IAM.';

/**
 * Federation by OpenID Connect: the ID token becomes an unscoped token of IAM, and that a temporary key of six hours, as the vendor's
 * SDKs do (`FederalAccessor`). The file is read at every fetch, and when it was rotated the key is fetched anew.
 */
export function idTokenCredentials(options: IdTokenOptions): CredentialsProvider {
  const sourceNow = () => (typeof options.source === 'function' ? options.source() : options.source);
  const endpointNow = () => (typeof options.iamEndpoint === 'function' ? options.iamEndpoint() : options.iamEndpoint);
  return expiringCredentials((resources) => fetchFrom(sourceNow, endpointNow, resources), {
    origin: originOf(sourceNow, ({ idTokenFile }) => idTokenFile),
    describe: () => options.name ?? 'an ID token',
  });
}

function fetchFrom(
  sourceNow: () => IdTokenSource,
  endpointNow: () => string,
  { transport }: ClientResources,
): FetchCredentials {
  return async () => {
    const { idpId, idTokenFile } = sourceNow();
    const idToken = await readTokenFile(idTokenFile);
    const endpoint = endpointNow();
    try {
      const answer = await askIdentity(transport, {
        ...LOGIN,
        endpoint,
        path: '/v3.0/OS-AUTH/id-token/tokens',
        headers: [
          ['x-idp-id', idpId],
          ['content-type', 'application/json;charset=UTF-8'],
        ],
        body: JSON.stringify({ auth: { id_token: { id: idToken } } }),
        secrets: [idToken],
        limitMs: LIMIT_MS,
      });
      const token = tokenIn(headerOf(answer, 'x-subject-token') ?? '');
      if (token === undefined) throw new Error('IAM answered without a token in the header X-Subject-Token');
      return await keyByToken(transport, { endpoint, token, limitMs: LIMIT_MS });
    } catch (error) {
      throw fetchFailed(
        `A key for the ID token in ${idTokenFile} (identity provider ${idpId})`,
        endpoint,
        error,
        ADVICE,
      );
    }
  };
}

/** HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE. */
export function idTokenVariables(env: NodeJS.ProcessEnv): IdTokenSource {
  const idpId = read(env, 'HUAWEICLOUD_SDK_IDP_ID');
  const idTokenFile = read(env, 'HUAWEICLOUD_SDK_ID_TOKEN_FILE');
  if (idpId !== undefined && idTokenFile !== undefined) return { idpId, idTokenFile };
  const sentences = missingIdTokenVariables(env).map(({ variable, problem }) => `${variable} ${problem}`);
  throw new CredentialsError(sentences.join(' '), 'notConfigured');
}

/** True when one is set: half a source is a mistake to report, not a reason to try another one. */
export function hasIdTokenVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, Object.keys(MEANINGS)).length > 0;
}

export function problemsOfIdTokenVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const missing = missingIdTokenVariables(env);
  if (missing.length > 0) return missing;
  return problemsOfIdTokenSource(idTokenVariables(env), {
    idpId: 'HUAWEICLOUD_SDK_IDP_ID',
    idTokenFile: 'HUAWEICLOUD_SDK_ID_TOKEN_FILE',
  });
}

/** What is wrong with a complete source as things are now, by the names that its two parts go by. */
export function problemsOfIdTokenSource(
  { idpId, idTokenFile }: IdTokenSource,
  names: { [part in keyof IdTokenSource]: string },
): VariableProblem[] {
  const problems: VariableProblem[] = [];
  if (tokenIn(idpId) === undefined) {
    problems.push({ variable: names.idpId, problem: 'is not the id of an identity provider: it has spaces in it.' });
  }
  const ofFile = problemOfTokenFile(idTokenFile);
  if (ofFile !== undefined) problems.push({ variable: names.idTokenFile, problem: `names ${idTokenFile}. ${ofFile}` });
  return problems;
}

const MEANINGS = {
  HUAWEICLOUD_SDK_IDP_ID: 'the id of the identity provider in IAM',
  HUAWEICLOUD_SDK_ID_TOKEN_FILE: 'the path of a file with an ID token',
};

export function missingIdTokenVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  return missingVariables(env, MEANINGS);
}
