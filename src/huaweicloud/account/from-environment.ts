import { defaultChain, whyNoCredentials } from '../credentials/default-chain';
import { hasKeyVariables, problemsOfKeyVariables, read, type VariableProblem } from '../credentials/environment';
import { hasIamUserVariables, problemsOfIamUserVariables } from '../credentials/iam-user-variables';
import { type Profile, problemOfProfile, profileFileOf, readProfile, whyNoProfile } from '../credentials/profile';
import { type ApiChoice, type CloudAccount, EXPORT_PATHS, JOB_QUERIES, problemOfProjectId, REGION } from './account';
import { AccountConfigurationError } from './configuration-error';
import { defaultEndpoint, type Endpoints, isAddress, problemOfEndpoint, trimEndpoint } from './endpoints';
import { allowHttpOf, problemsOfPlainHttp } from './plain-http';

/**
 * The account `default` by the environment: IMS_EXPORT_REGION, and optionally HUAWEICLOUD_SDK_PROJECT_ID,
 * HUAWEICLOUD_SDK_IAM_ENDPOINT, IMS_EXPORT_IMS_ENDPOINT, IMS_EXPORT_OBS_ENDPOINT, IMS_EXPORT_OBS_PATH_STYLE,
 * IMS_EXPORT_ALLOW_HTTP, IMS_EXPORT_API_EXPORT_PATH, IMS_EXPORT_API_JOB_QUERY.
 * Its credentials are the first that is configured of an access key (HUAWEICLOUD_SDK_AK, _SK, _SECURITY_TOKEN), an IAM
 * user (IMS_EXPORT_IAM_USER, _PASSWORD, _DOMAIN), the vendor's profile file (HUAWEICLOUD_SDK_CREDENTIALS_FILE or
 * `~/.huaweicloud/credentials`, whose project and IAM endpoint count as well), and the agency of the ECS.
 * An empty value is as good as none.
 *
 * @throws {@link AccountConfigurationError}
 */
export function accountFromEnvironment(env: NodeJS.ProcessEnv): CloudAccount {
  const problems: VariableProblem[] = [...problemsOfCredentials(env)];
  const reject = (variable: string, problem: string): void => {
    problems.push({ variable, problem });
  };
  const profile = profileInUse(env);

  const region = read(env, 'IMS_EXPORT_REGION') ?? '';
  if (region === '') reject('IMS_EXPORT_REGION', "is not set; it must name a region, such as 'cn-north-4'.");
  else if (!REGION.test(region)) {
    reject('IMS_EXPORT_REGION', `is '${region}', which is not the id of a region, such as 'cn-north-4'.`);
  }

  const projectId = read(env, 'HUAWEICLOUD_SDK_PROJECT_ID') ?? profile?.projectId;
  const projectProblem = projectId === undefined ? undefined : problemOfProjectId(projectId);
  if (projectProblem !== undefined) reject('HUAWEICLOUD_SDK_PROJECT_ID', projectProblem);

  const endpoint = (variable: string, service: keyof Endpoints, otherwise?: string): string => {
    const value = read(env, variable) ?? otherwise;
    if (value === undefined) return defaultEndpoint(service, region);
    const problem = problemOfEndpoint(value, service);
    if (problem !== undefined) {
      reject(variable, `${problem}; it must be like '${defaultEndpoint(service, 'cn-north-4')}'.`);
    }
    return trimEndpoint(value);
  };
  const endpoints = {
    ims: endpoint('IMS_EXPORT_IMS_ENDPOINT', 'ims'),
    obs: endpoint('IMS_EXPORT_OBS_ENDPOINT', 'obs'),
    iam: endpoint('HUAWEICLOUD_SDK_IAM_ENDPOINT', 'iam', profile?.iamEndpoint),
  };
  const metadataProblem = problemOfEndpoint(read(env, 'IMS_EXPORT_METADATA_ENDPOINT') ?? 'http://any');
  if (metadataProblem !== undefined) {
    reject('IMS_EXPORT_METADATA_ENDPOINT', `${metadataProblem}; it must be like 'http://169.254.169.254'.`);
  }

  const { allowHttp, problems: problemsOfAllowing } = allowHttpOf(env);
  problems.push(...problemsOfAllowing);
  if (!allowHttp) {
    const urls = {
      IMS_EXPORT_IMS_ENDPOINT: endpoints.ims,
      IMS_EXPORT_OBS_ENDPOINT: endpoints.obs,
      HUAWEICLOUD_SDK_IAM_ENDPOINT: endpoints.iam,
      IMS_EXPORT_METADATA_ENDPOINT: read(env, 'IMS_EXPORT_METADATA_ENDPOINT'),
    };
    problems.push(...problemsOfPlainHttp(urls));
  }

  const pathStyle = read(env, 'IMS_EXPORT_OBS_PATH_STYLE')?.toLowerCase();
  if (pathStyle !== undefined && !['true', 'false', '1', '0'].includes(pathStyle)) {
    reject('IMS_EXPORT_OBS_PATH_STYLE', `is '${pathStyle}'; it must be 'true' or 'false'.`);
  }

  const choice = <Name extends string>(variable: string, names: readonly Name[]): Name | undefined => {
    const value = read(env, variable)?.toLowerCase();
    const name = names.find((candidate) => candidate === value);
    if (value !== undefined && name === undefined) {
      reject(variable, `is '${value}'; it must be ${names.map((candidate) => `'${candidate}'`).join(' or ')}.`);
    }
    return name;
  };
  const api: ApiChoice = {
    exportPath: choice('IMS_EXPORT_API_EXPORT_PATH', EXPORT_PATHS),
    jobQuery: choice('IMS_EXPORT_API_JOB_QUERY', JOB_QUERIES),
  };

  if (problems.length > 0) throw new AccountConfigurationError(problems, { hint: whoWouldSign(env) });
  return {
    name: 'default',
    region,
    ...(projectId === undefined ? {} : { projectId }),
    endpoints,
    obsPathStyle: pathStyle === undefined ? isAddress(endpoints.obs) : pathStyle === 'true' || pathStyle === '1',
    ...(allowHttp ? { allowHttp } : {}),
    api,
    credentials: defaultChain(env, { region, iamEndpoint: endpoints.iam, projectId }),
  };
}

/** What is wrong with the first source of credentials that is configured; with none, what is set most often. */
export function problemsOfCredentials(env: NodeJS.ProcessEnv): VariableProblem[] {
  if (hasKeyVariables(env)) return problemsOfKeyVariables(env);
  if (hasIamUserVariables(env)) return problemsOfIamUserVariables(env);
  if (whyNoProfile(env) === undefined) {
    const { file, named } = profileFileOf(env);
    const problem = problemOfProfile(file);
    if (problem === undefined) return [];
    const variable = 'HUAWEICLOUD_SDK_CREDENTIALS_FILE';
    return [{ variable, problem: `${named ? `names ${file}` : `is not set, so ${file} counts`}. ${problem}` }];
  }
  return whyNoCredentials(env) === undefined ? [] : problemsOfKeyVariables(env);
}

/** For the message why the environment is no account: which credentials it would have, or why none. */
function whoWouldSign(env: NodeJS.ProcessEnv): string | undefined {
  if (hasKeyVariables(env)) return undefined;
  const keys = 'HUAWEICLOUD_SDK_AK is not set and HUAWEICLOUD_SDK_SK is not set';
  if (hasIamUserVariables(env)) return `(${keys}, so the IAM user of IMS_EXPORT_IAM_USER would sign.)`;
  if (whyNoProfile(env) === undefined) return `(${keys}, so the profile ${profileFileOf(env).file} would sign.)`;
  const reasons = whyNoCredentials(env);
  if (reasons === undefined) return `(${keys}, so the agency of the ECS would sign.)`;
  return `Instead of an access key there may be another source of credentials. Looked for, in this order:\n${reasons.map((line) => `  ${line}`).join('\n')}`;
}

/** The profile by which the environment's keys would sign, if it is one. */
export function profileInUse(env: NodeJS.ProcessEnv): Profile | undefined {
  if (hasKeyVariables(env) || hasIamUserVariables(env) || whyNoProfile(env) !== undefined) return undefined;
  try {
    return readProfile({ file: profileFileOf(env).file });
  } catch {
    return undefined;
  }
}
