import { problemOfEndpoint } from '../account/endpoints';
import { type ChainLink, chain } from './chain';
import {
  environmentCredentials,
  hasKeyVariables,
  problemsOfKeyVariables,
  read,
  type VariableProblem,
} from './environment';
import { iamPasswordCredentials } from './iam-password';
import { hasIamUserVariables, iamUserOf, problemsOfIamUserVariables } from './iam-user-variables';
import {
  hasIdTokenVariables,
  idTokenCredentials,
  idTokenVariables,
  missingIdTokenVariables,
  problemsOfIdTokenVariables,
} from './id-token';
import { knownEndpoint } from './known-endpoint';
import { isEcs, METADATA_ENDPOINT, metadataCredentials } from './metadata';
import {
  hasOidcVariables,
  missingOidcVariables,
  oidcCredentials,
  oidcVariables,
  problemsOfOidcVariables,
} from './oidc';
import {
  hasPodIdentityVariables,
  missingPodIdentityVariables,
  podIdentityCredentials,
  podIdentityVariables,
  problemsOfPodIdentityVariables,
} from './pod-identity';
import {
  lackOfProfile,
  problemOfProfile,
  profileCredentials,
  profileFileOf,
  reportOfProfile,
  whyNoProfile,
} from './profile';
import type { CredentialsProvider } from './provider';
import {
  hasTerraformKey,
  hasTerraformVariables,
  missingTerraformVariables,
  problemsOfTerraformVariables,
  terraformCredentials,
} from './terraform-variables';

/** Where the account is, for the sources that ask IAM or STS. */
export interface AccountPlace {
  region: string;
  iamEndpoint?: string;
  stsEndpoint?: string;
  projectId?: string;
}

/** A source of the environment. */
export interface DefaultLink extends ChainLink {
  id: 'oidc' | 'idToken' | 'accessKey' | 'iamUser' | 'profile' | 'podIdentity' | 'terraform' | 'metadata';
  /** What is wrong with it as things are now, when it is configured. */
  problems(): VariableProblem[];
  /** What it lacks, when a part of it is configured: reported also where another source signs. */
  lacks(): VariableProblem[];
}

/**
 * The order of the vendor's SDKs, and in their places what they do not know: an agency by OpenID Connect, an ID token, keys of the
 * environment, the IAM user of the environment, the profile file, the identity of a pod, the keys of Terraform, and the
 * agency of the ECS, which is asked only when nothing else is configured. docs/development/identities.md has the differences, and why.
 */
export function defaultChain(env: NodeJS.ProcessEnv, place: AccountPlace): CredentialsProvider {
  return chain(linksOf(env, place));
}

/** The source that counts in this environment, if one is configured. */
export function sourceInUse(env: NodeJS.ProcessEnv): DefaultLink | undefined {
  return linksOf(env, ANYWHERE).find(({ passedOver }) => passedOver() === undefined);
}

/**
 * What is wrong with the source that counts, and what others lack of which only a part is configured; undefined where none is
 * configured.
 */
export function problemsOfSources(env: NodeJS.ProcessEnv): VariableProblem[] | undefined {
  const [inUse, ...others] = linksOf(env, ANYWHERE).filter(({ passedOver }) => passedOver() === undefined);
  if (inUse === undefined) return undefined;
  return [...inUse.problems(), ...others.flatMap((link) => link.lacks())];
}

/** Why each source is passed over, by name. */
export function whyNoCredentials(env: NodeJS.ProcessEnv): string[] {
  return linksOf(env, ANYWHERE).map(({ name, passedOver }) => `${name}: ${passedOver()}`);
}

const ANYWHERE: AccountPlace = { region: 'any-1' };

function linksOf(env: NodeJS.ProcessEnv, place: AccountPlace): DefaultLink[] {
  const metadataEndpoint = read(env, 'IMS_EXPORT_METADATA_ENDPOINT');
  const iamEndpoint = () => place.iamEndpoint ?? knownEndpoint('iam', place.region);
  const stsEndpoint = () => place.stsEndpoint ?? knownEndpoint('sts', place.region);
  const unless = (isConfigured: boolean, reason: string) => (isConfigured ? undefined : reason);
  return [
    {
      id: 'oidc',
      name: 'agency by OpenID Connect',
      passedOver: () => unless(hasOidcVariables(env), 'HUAWEICLOUD_OIDC_AGENCY_URN and the like are not set'),
      problems: () => problemsOfOidcVariables(env),
      lacks: () => missingOidcVariables(env),
      provider: oidcCredentials({
        source: () => oidcVariables(env),
        stsEndpoint,
        name: 'the agency of HUAWEICLOUD_OIDC_AGENCY_URN',
      }),
    },
    {
      id: 'idToken',
      name: 'ID token',
      passedOver: () =>
        unless(hasIdTokenVariables(env), 'HUAWEICLOUD_SDK_IDP_ID and HUAWEICLOUD_SDK_ID_TOKEN_FILE are not set'),
      problems: () => problemsOfIdTokenVariables(env),
      lacks: () => missingIdTokenVariables(env),
      provider: idTokenCredentials({
        source: () => idTokenVariables(env),
        iamEndpoint,
        name: 'the ID token of HUAWEICLOUD_SDK_ID_TOKEN_FILE',
      }),
    },
    {
      id: 'accessKey',
      name: 'access key',
      passedOver: () => unless(hasKeyVariables(env), 'HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set'),
      problems: () => problemsOfKeyVariables(env),
      lacks: () => problemsOfKeyVariables(env),
      provider: environmentCredentials(env),
    },
    {
      id: 'iamUser',
      name: 'IAM user',
      passedOver: () => unless(hasIamUserVariables(env), 'IMS_EXPORT_IAM_USER and IMS_EXPORT_IAM_PASSWORD are not set'),
      problems: () => problemsOfIamUserVariables(env),
      lacks: () => problemsOfIamUserVariables(env),
      provider: iamPasswordCredentials({
        ...place,
        user: () => iamUserOf(env),
        name: 'the IAM user of IMS_EXPORT_IAM_USER',
      }),
    },
    {
      id: 'profile',
      name: 'profile',
      passedOver: () => whyNoProfile(env),
      problems: () => {
        const problem = problemOfProfile(profileFileOf(env).file);
        return problem === undefined ? [] : [reportOfProfile(env, problem)];
      },
      lacks: () => {
        const problem = lackOfProfile(profileFileOf(env).file);
        return problem === undefined ? [] : [reportOfProfile(env, problem)];
      },
      provider: profileCredentials({ file: profileFileOf(env).file, iamEndpoint: place.iamEndpoint }),
    },
    {
      id: 'podIdentity',
      name: 'pod identity',
      passedOver: () => unless(hasPodIdentityVariables(env), 'HC_CONTAINER_CREDENTIALS_FULL_URI is not set'),
      problems: () => problemsOfPodIdentityVariables(env),
      lacks: () => missingPodIdentityVariables(env),
      provider: podIdentityCredentials({ source: () => podIdentityVariables(env) }),
    },
    {
      id: 'terraform',
      name: 'access key of Terraform',
      passedOver: () => unless(hasTerraformVariables(env), 'HW_ACCESS_KEY and HW_SECRET_KEY are not set'),
      problems: () => problemsOfTerraformVariables(env),
      lacks: () => (hasTerraformKey(env) ? missingTerraformVariables(env) : []),
      provider: terraformCredentials(env),
    },
    {
      id: 'metadata',
      name: 'agency of the ECS',
      passedOver: () =>
        unless(
          metadataEndpoint !== undefined || isEcs(),
          `this is not an ECS of Huawei Cloud; if it is one, set IMS_EXPORT_METADATA_ENDPOINT=${METADATA_ENDPOINT}`,
        ),
      problems: () => {
        const problem = metadataEndpoint === undefined ? undefined : problemOfEndpoint(metadataEndpoint);
        const expected = `it must be like '${METADATA_ENDPOINT}'.`;
        return problem === undefined
          ? []
          : [{ variable: 'IMS_EXPORT_METADATA_ENDPOINT', problem: `${problem}; ${expected}` }];
      },
      lacks: () => [],
      provider: metadataCredentials({ endpoint: metadataEndpoint }),
    },
  ];
}
