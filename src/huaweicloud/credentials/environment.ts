import { CredentialsError } from './credentials';
import type { CredentialsProvider } from './provider';

/** A variable of the environment, and what is wrong with it. */
export interface VariableProblem {
  variable: string;
  problem: string;
}

/**
 * HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK and, for temporary keys, HUAWEICLOUD_SDK_SECURITY_TOKEN: the vendor's names.
 * They are read at every request, so a process that changes its own environment changes its keys.
 */
export function environmentCredentials(env: NodeJS.ProcessEnv): CredentialsProvider {
  return {
    describe: () => 'the access key of HUAWEICLOUD_SDK_AK',
    async get() {
      const accessKey = read(env, 'HUAWEICLOUD_SDK_AK');
      const secretKey = read(env, 'HUAWEICLOUD_SDK_SK');
      if (accessKey === undefined || secretKey === undefined) {
        const sentences = problemsOfKeyVariables(env).map(({ variable, problem }) => `${variable} ${problem}`);
        throw new CredentialsError(sentences.join(' '), 'notConfigured');
      }
      const securityToken = read(env, 'HUAWEICLOUD_SDK_SECURITY_TOKEN');
      return { accessKey, secretKey, ...(securityToken === undefined ? {} : { securityToken }) };
    },
  };
}

const KEY_VARIABLES = ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_SECURITY_TOKEN'];

/** True when any of the variables is set: one alone is a mistake to report, not a reason to try another source. */
export function hasKeyVariables(env: NodeJS.ProcessEnv): boolean {
  return namesOfSet(env, KEY_VARIABLES).length > 0;
}

export function problemsOfKeyVariables(env: NodeJS.ProcessEnv): VariableProblem[] {
  const meanings = {
    HUAWEICLOUD_SDK_AK: 'the access key (AK) of an IAM user',
    HUAWEICLOUD_SDK_SK: 'the secret key (SK) of an IAM user',
  };
  return missingVariables(env, meanings, KEY_VARIABLES);
}

/**
 * The variables that are not set, by what they must hold.
 *
 * @param all of the source: those that are set are why it counts
 */
export function missingVariables(
  env: NodeJS.ProcessEnv,
  meanings: { [variable: string]: string },
  all: readonly string[] = Object.keys(meanings),
): VariableProblem[] {
  const set = namesOfSet(env, all);
  const instead = set.length === 0 ? '' : ` Set it, or unset ${set.join(' and ')}, so that another source can sign.`;
  return Object.entries(meanings)
    .filter(([variable]) => read(env, variable) === undefined)
    .map(([variable, meaning]) => ({ variable, problem: `is not set; it must hold ${meaning}.${instead}` }));
}

/** Those of the variables that are set. */
export function namesOfSet(env: NodeJS.ProcessEnv, variables: readonly string[]): string[] {
  return variables.filter((variable) => read(env, variable) !== undefined);
}

/** The value of a variable without space around it. An empty value is as good as none. */
export function read(env: NodeJS.ProcessEnv, variable: string): string | undefined {
  return env[variable]?.trim() || undefined;
}
