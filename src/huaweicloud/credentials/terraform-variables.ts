import { CredentialsError } from './credentials';
import { missingVariables, namesOfSet, read, type VariableProblem } from './environment';
import type { CredentialsProvider } from './provider';

/**
 * HW_ACCESS_KEY, HW_SECRET_KEY and, for temporary keys, HW_SECURITY_TOKEN: the names of the Terraform provider and of the Packer
 * plugin. They are read at every request.
 */
export function terraformCredentials(env: NodeJS.ProcessEnv): CredentialsProvider {
  return {
    describe: () => 'the access key of HW_ACCESS_KEY',
    async get() {
      const problems = problemsOfTerraformVariables(env);
      if (problems.length > 0) {
        const sentences = problems.map(({ variable, problem }) => `${variable} ${problem}`);
        throw new CredentialsError(sentences.join(' '), 'notConfigured');
      }
      const securityToken = read(env, 'HW_SECURITY_TOKEN');
      return {
        accessKey: read(env, 'HW_ACCESS_KEY') ?? '',
        secretKey: read(env, 'HW_SECRET_KEY') ?? '',
        ...(securityToken === undefined ? {} : { securityToken }),
      };
    },
  };
}

/**
 * Further identities that the provider knows (huaweicloud/provider.go), and what to set in their place: passed over, another one would
 * sign than Terraform has.
 */
const NOT_SUPPORTED: { [variable: string]: string } = {
  HW_ASSUME_ROLE_AGENCY_NAME: 'use an accounts file (IMS_EXPORT_CONFIG) with the source assumeRole',
  HW_USER_NAME: 'set IMS_EXPORT_IAM_USER, IMS_EXPORT_IAM_PASSWORD and IMS_EXPORT_IAM_DOMAIN',
  HW_USER_ID: 'set IMS_EXPORT_IAM_USER, IMS_EXPORT_IAM_PASSWORD and IMS_EXPORT_IAM_DOMAIN',
  HW_USER_PASSWORD: 'set IMS_EXPORT_IAM_USER, IMS_EXPORT_IAM_PASSWORD and IMS_EXPORT_IAM_DOMAIN',
  HW_AUTH_TOKEN: 'OBS takes no tokens, so set an access key',
  HW_SHARED_CONFIG_FILE: 'set HUAWEICLOUD_SDK_CREDENTIALS_FILE to a profile file of the SDKs',
  HW_PROFILE: 'set HUAWEICLOUD_SDK_CREDENTIALS_FILE to a profile file of the SDKs',
};

/** By these the provider signs also where it has a key. */
const BEFORE_THE_KEY = ['HW_ASSUME_ROLE_AGENCY_NAME', 'HW_AUTH_TOKEN'];

const KEY_VARIABLES = ['HW_ACCESS_KEY', 'HW_SECRET_KEY', 'HW_SECURITY_TOKEN'];

/** True when a key is meant. */
export function hasTerraformKey(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, KEY_VARIABLES).length > 0;
}

/** True when any is set, also one that is not supported: that is a mistake to report, not a reason to try another source. */
export function hasTerraformVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, [...KEY_VARIABLES, ...Object.keys(NOT_SUPPORTED)]).length > 0;
}

export function problemsOfTerraformVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const hasKey = read(env, 'HW_ACCESS_KEY') !== undefined && read(env, 'HW_SECRET_KEY') !== undefined;
  const unsupported = namesOfSet(env, hasKey ? BEFORE_THE_KEY : Object.keys(NOT_SUPPORTED));
  if (unsupported.length > 0) {
    return unsupported.map((variable) => ({
      variable,
      problem: `is set, and this package does not support it. Unset it for the worker, and ${NOT_SUPPORTED[variable]}.`,
    }));
  }
  return missingTerraformVariables(env);
}

export function missingTerraformVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const meanings = {
    HW_ACCESS_KEY: 'the access key (AK) of an IAM user',
    HW_SECRET_KEY: 'the secret key (SK) of an IAM user',
  };
  return missingVariables(env, meanings, KEY_VARIABLES);
}
