import { CredentialsError } from './credentials';
import { missingVariables, read, type VariableProblem } from './environment';
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

const KEY_VARIABLES = ['HW_ACCESS_KEY', 'HW_SECRET_KEY', 'HW_SECURITY_TOKEN'];

/** True when any is set, also one that is not supported: that is a mistake to report, not a reason to try another source. */
export function hasTerraformVariables(env: NodeJS.ProcessEnv): boolean {
  return [...KEY_VARIABLES, ...Object.keys(NOT_SUPPORTED)].some((variable) => read(env, variable) !== undefined);
}

export function problemsOfTerraformVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const unsupported = Object.entries(NOT_SUPPORTED).filter(([variable]) => read(env, variable) !== undefined);
  if (unsupported.length > 0) {
    return unsupported.map(([variable, instead]) => ({
      variable,
      problem: `is set, which is no source of credentials here: unset it for the worker, and ${instead}.`,
    }));
  }
  return missingVariables(env, {
    HW_ACCESS_KEY: 'the access key (AK) of an IAM user',
    HW_SECRET_KEY: 'the secret key (SK) of an IAM user',
  });
}
