import { type ChainLink, chain } from './chain';
import { environmentCredentials, hasKeyVariables, read } from './environment';
import { iamPasswordCredentials } from './iam-password';
import { hasIamUserVariables, iamUserOf } from './iam-user-variables';
import { isEcs, METADATA_ENDPOINT, metadataCredentials } from './metadata';
import { profileCredentials, profileFileOf, whyNoProfile } from './profile';
import type { CredentialsProvider } from './provider';

/** Where the account is, for the sources that ask IAM. */
export interface AccountPlace {
  region: string;
  iamEndpoint?: string;
  projectId?: string;
}

/**
 * The vendor's order: keys of the environment, then the IAM user of the environment, then the profile file, then the
 * agency of the ECS, which is asked only when nothing else is configured.
 */
export function defaultChain(env: NodeJS.ProcessEnv, place: AccountPlace): CredentialsProvider {
  return chain(linksOf(env, place));
}

/** The sources that are passed over, by name, and why; undefined when one is configured. */
export function whyNoCredentials(env: NodeJS.ProcessEnv): string[] | undefined {
  const reasons = linksOf(env, { region: 'any-1' }).map(({ name, passedOver }) => ({ name, reason: passedOver() }));
  if (reasons.some(({ reason }) => reason === undefined)) return undefined;
  return reasons.map(({ name, reason }) => `${name}: ${reason}`);
}

function linksOf(env: NodeJS.ProcessEnv, place: AccountPlace): ChainLink[] {
  const metadataEndpoint = read(env, 'IMS_EXPORT_METADATA_ENDPOINT');
  return [
    {
      name: 'access key',
      passedOver: () => (hasKeyVariables(env) ? undefined : 'HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK are not set'),
      provider: environmentCredentials(env),
    },
    {
      name: 'IAM user',
      passedOver: () =>
        hasIamUserVariables(env) ? undefined : 'IMS_EXPORT_IAM_USER and IMS_EXPORT_IAM_PASSWORD are not set',
      provider: iamPasswordCredentials({ ...place, user: () => iamUserOf(env) }),
    },
    {
      name: 'profile',
      passedOver: () => whyNoProfile(env),
      provider: profileCredentials({ file: profileFileOf(env).file }),
    },
    {
      name: 'agency of the ECS',
      passedOver: () =>
        metadataEndpoint !== undefined || isEcs()
          ? undefined
          : `this is not an ECS of Huawei Cloud; where it is one all the same, set IMS_EXPORT_METADATA_ENDPOINT=${METADATA_ENDPOINT}`,
      provider: metadataCredentials({ endpoint: metadataEndpoint }),
    },
  ];
}
