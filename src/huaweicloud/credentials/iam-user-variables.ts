import { CredentialsError } from './credentials';
import { missingVariables, namesOfSet, read, type VariableProblem } from './environment';
import type { IamUser } from './iam-password';

const LOGIN_VARIABLES = ['IMS_EXPORT_IAM_USER', 'IMS_EXPORT_IAM_PASSWORD'];

/** True when a login is meant: the name of an account alone is none. */
export function hasIamUserVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, LOGIN_VARIABLES).length > 0;
}

export function problemsOfIamUserVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const meanings = {
    IMS_EXPORT_IAM_USER: 'the name of an IAM user',
    IMS_EXPORT_IAM_PASSWORD: 'the password of the IAM user',
    IMS_EXPORT_IAM_DOMAIN: 'the name of the account that the IAM user belongs to',
  };
  const hasDomainId = read(env, 'HUAWEICLOUD_SDK_DOMAIN_ID') !== undefined;
  return missingVariables(env, meanings, LOGIN_VARIABLES).filter(
    ({ variable }) => !(hasDomainId && variable === 'IMS_EXPORT_IAM_DOMAIN'),
  );
}

/**
 * IMS_EXPORT_IAM_USER, IMS_EXPORT_IAM_PASSWORD, and the account by IMS_EXPORT_IAM_DOMAIN (its name) or
 * HUAWEICLOUD_SDK_DOMAIN_ID.
 *
 * @throws {@link CredentialsError} when one is missing
 */
export function iamUserOf(env: NodeJS.ProcessEnv): IamUser {
  const name = read(env, 'IMS_EXPORT_IAM_USER');
  // A password may begin or end with a space.
  const password = env.IMS_EXPORT_IAM_PASSWORD;
  const domainName = read(env, 'IMS_EXPORT_IAM_DOMAIN');
  const domainId = read(env, 'HUAWEICLOUD_SDK_DOMAIN_ID');
  const domain =
    domainName !== undefined ? { name: domainName } : domainId !== undefined ? { id: domainId } : undefined;
  if (name !== undefined && password && domain !== undefined) return { name, password, domain };
  const sentences = problemsOfIamUserVariables(env).map(({ variable, problem }) => `${variable} ${problem}`);
  throw new CredentialsError(sentences.join(' '), 'notConfigured');
}
