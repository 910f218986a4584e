import { assumeRoleCredentials } from '../credentials/assume-role';
import { type AccountPlace, defaultChain, sourceInUse } from '../credentials/default-chain';
import { environmentCredentials, problemsOfKeyVariables, read, type VariableProblem } from '../credentials/environment';
import { iamPasswordCredentials } from '../credentials/iam-password';
import { idTokenCredentials, problemsOfIdTokenSource } from '../credentials/id-token';
import { knownEndpoint } from '../credentials/known-endpoint';
import { metadataCredentials } from '../credentials/metadata';
import { oidcCredentials } from '../credentials/oidc';
import {
  podIdentityCredentials,
  podIdentityVariables,
  problemsOfPodIdentityVariables,
} from '../credentials/pod-identity';
import { type Profile, problemOfProfile, profileCredentials, profileFileOf, readProfile } from '../credentials/profile';
import type { CredentialsProvider } from '../credentials/provider';
import { problemOfTokenFile } from '../credentials/token-file';
import type { CredentialsEntry } from './file-schema';
import { problemsOfCredentials, profileInUse, urlsOfChain } from './from-environment';
import { problemOfReference, readerOf, type SecretReference } from './secret';

/** Makes the source that an account's `credentials` describe. */
export function credentialsOf(
  entry: CredentialsEntry,
  env: NodeJS.ProcessEnv,
  place: AccountPlace,
): CredentialsProvider {
  switch (entry.source) {
    case 'chain':
      return defaultChain(env, place);
    case 'environment':
      return environmentCredentials(env);
    case 'profile':
      return profileCredentials({
        ...entry,
        file: entry.file ?? profileFileOf(env).file,
        iamEndpoint: place.iamEndpoint,
      });
    case 'idToken': {
      const iamEndpoint = () => place.iamEndpoint ?? knownEndpoint('iam', place.region);
      return idTokenCredentials({ source: entry, iamEndpoint, name: `the ID token in ${entry.idTokenFile}` });
    }
    case 'oidc': {
      const stsEndpoint = () => place.stsEndpoint ?? knownEndpoint('sts', place.region);
      const source = { ...entry, idToken: { file: entry.idTokenFile } };
      return oidcCredentials({ source, stsEndpoint, name: `the agency ${entry.agencyUrn}` });
    }
    case 'podIdentity':
      return podIdentityCredentials({ source: () => podIdentityVariables(env) });
    case 'metadata':
      return metadataCredentials(entry);
    case 'static':
      return keyCredentials(entry, env);
    case 'iamPassword': {
      const [user, password] = [readerOf(entry.user, env), readerOf(entry.password, env)];
      const domain = domainOf(entry, env);
      return iamPasswordCredentials({
        ...place,
        user: async () => ({ name: await user(), password: await password(), domain: await domain() }),
        name: typeof entry.user === 'string' ? `the IAM user ${entry.user}` : 'the IAM user of the accounts file',
      });
    }
    case 'assumeRole': {
      const { agency, durationSeconds } = entry;
      const from = credentialsOf(entry.from, env, place);
      return assumeRoleCredentials({ ...place, agency, durationSeconds, from, domain: domainOf(entry, env) });
    }
  }
}

/** What is wrong with the source as things are now; `variable` is the rest of the path, with its dot. */
export function problemsOfEntry(entry: CredentialsEntry, env: NodeJS.ProcessEnv): VariableProblem[] {
  switch (entry.source) {
    case 'chain':
      return problemsOfCredentials(env).map(inEnvironment);
    case 'environment':
      return problemsOfKeyVariables(env).map(inEnvironment);
    case 'profile': {
      const problem = problemOfProfile(entry.file ?? profileFileOf(env).file, entry.section);
      return problem === undefined ? [] : [{ variable: '', problem: `cannot be used. ${problem}` }];
    }
    case 'idToken':
      return problemsOfIdTokenSource(entry, { idpId: '.idpId', idTokenFile: '.idTokenFile' });
    case 'oidc': {
      const problem = problemOfTokenFile(entry.idTokenFile);
      return problem === undefined
        ? []
        : [{ variable: '.idTokenFile', problem: `names ${entry.idTokenFile}. ${problem}` }];
    }
    case 'podIdentity':
      return problemsOfPodIdentityVariables(env).map(inEnvironment);
    case 'metadata':
      return [];
    case 'assumeRole': {
      const ofSigner = problemsOfEntry(entry.from, env);
      return [
        ...problemsOfReferences(entry, ['domainName', 'domainId'], env),
        ...ofSigner.map(({ variable, problem }) => ({ variable: `.from${variable}`, problem })),
      ];
    }
    case 'static':
      return problemsOfReferences(entry, ['accessKey', 'secretKey', 'securityToken'], env);
    case 'iamPassword':
      return problemsOfReferences(entry, ['user', 'password', 'domainName', 'domainId'], env);
  }
}

/** The profile whose project and IAM endpoint count for the account, if its credentials are one or come to one. */
export function profileOf(entry: CredentialsEntry, env: NodeJS.ProcessEnv): Profile | undefined {
  if (entry.source === 'chain') return profileInUse(env);
  if (entry.source !== 'profile') return undefined;
  return readProfile({ ...entry, file: entry.file ?? profileFileOf(env).file });
}

/** Whether the source asks STS for its keys. */
export function asksSts(entry: CredentialsEntry, env: NodeJS.ProcessEnv): boolean {
  if (entry.source === 'assumeRole') return asksSts(entry.from, env);
  return entry.source === 'oidc' || (entry.source === 'chain' && sourceInUse(env)?.id === 'oidc');
}

/** Where the source asks for its keys, beside IAM and STS: by the variable, or by the rest of the path of the field. */
export function urlsOf(entry: CredentialsEntry, env: NodeJS.ProcessEnv): { [name: string]: string | undefined } {
  switch (entry.source) {
    case 'assumeRole':
      return Object.fromEntries(
        Object.entries(urlsOf(entry.from, env)).map(([name, url]) => [name.replace(/^\./, '.from.'), url]),
      );
    case 'metadata':
      return { '.endpoint': entry.endpoint };
    case 'podIdentity':
      return { HC_CONTAINER_CREDENTIALS_FULL_URI: read(env, 'HC_CONTAINER_CREDENTIALS_FULL_URI') };
    case 'chain':
      return urlsOfChain(env);
    default:
      return {};
  }
}

/** Keys that are read where the file says, at every request: rotating them needs no restart. */
function keyCredentials(
  { accessKey, secretKey, securityToken }: Extract<CredentialsEntry, { source: 'static' }>,
  env: NodeJS.ProcessEnv,
): CredentialsProvider {
  const [readAccessKey, readSecretKey] = [readerOf(accessKey, env), readerOf(secretKey, env)];
  const readSecurityToken = securityToken === undefined ? undefined : readerOf(securityToken, env);
  return {
    describe: () => 'the access key of the accounts file',
    get: async () => ({
      accessKey: await readAccessKey(),
      secretKey: await readSecretKey(),
      ...(readSecurityToken === undefined ? {} : { securityToken: await readSecurityToken() }),
    }),
  };
}

function domainOf(
  { domainName, domainId }: { domainName?: string | SecretReference; domainId?: string | SecretReference },
  env: NodeJS.ProcessEnv,
): () => Promise<{ name: string } | { id: string }> {
  if (domainName !== undefined) {
    const name = readerOf(domainName, env);
    return async () => ({ name: await name() });
  }
  const id = readerOf(domainId ?? '', env);
  return async () => ({ id: await id() });
}

function problemsOfReferences<Field extends string>(
  entry: { [field in Field]?: string | SecretReference },
  fields: readonly Field[],
  env: NodeJS.ProcessEnv,
): VariableProblem[] {
  return fields.flatMap((field) => {
    const given = entry[field];
    const problem = given === undefined ? undefined : problemOfReference(given, env);
    return problem === undefined ? [] : [{ variable: `.${field}`, problem }];
  });
}

function inEnvironment({ variable, problem }: VariableProblem): VariableProblem {
  return { variable: '', problem: `use the environment, where ${variable} ${problem}` };
}
