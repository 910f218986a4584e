import { defaultChain, problemsOfSources, sourceInUse, whyNoCredentials } from '../credentials/default-chain';
import { problemsOfKeyVariables, read, type VariableProblem } from '../credentials/environment';
import { type Profile, profileFileOf, readProfile, reportOfProfile } from '../credentials/profile';
import { type ApiChoice, type CloudAccount, EXPORT_PATHS, JOB_QUERIES, problemOfProjectId, REGION } from './account';
import { AccountConfigurationError } from './configuration-error';
import { isAddress, withScheme } from './endpoints';
import { problemOfCloud } from './partitions';
import { type Given, placeOf } from './place';
import { allowHttpOf, problemsOfPlainHttp } from './plain-http';

/**
 * The account `default` by the environment: IMS_EXPORT_REGION (or HW_REGION_NAME), and optionally IMS_EXPORT_CLOUD,
 * HUAWEICLOUD_SDK_PROJECT_ID (or HW_PROJECT_ID), HUAWEICLOUD_SDK_IAM_ENDPOINT, IMS_EXPORT_IMS_ENDPOINT, IMS_EXPORT_OBS_ENDPOINT,
 * IMS_EXPORT_OBS_PATH_STYLE, IMS_EXPORT_ALLOW_HTTP, IMS_EXPORT_API_EXPORT_PATH, IMS_EXPORT_API_JOB_QUERY.
 * Its credentials are the first that is configured of {@link defaultChain}; where that is the vendor's profile file, its project and
 * IAM endpoint count as well. An empty value is as good as none. Users of the package take `accountsFromEnvironment`, which reads
 * IMS_EXPORT_CONFIG as well.
 *
 * @throws {@link AccountConfigurationError}
 */
export function accountFromEnvironment(env: NodeJS.ProcessEnv): CloudAccount {
  const problems: VariableProblem[] = [...problemsOfCredentials(env)];
  const reject = (variable: string, problem: string): void => {
    problems.push({ variable, problem });
  };
  const profile = profileInUse(env);
  const firstSet = (...variables: string[]) => variables.find((name) => read(env, name) !== undefined) ?? variables[0];

  const regionVariable = firstSet('IMS_EXPORT_REGION', 'HW_REGION_NAME') ?? '';
  const region = read(env, regionVariable) ?? '';
  if (region === '') reject(regionVariable, "is not set; it must name a region, such as 'cn-north-4'.");
  else if (!REGION.test(region)) {
    reject(regionVariable, `is '${region}', which is not the id of a region, such as 'cn-north-4'.`);
  }
  const cloud = read(env, 'IMS_EXPORT_CLOUD')?.toLowerCase();
  const cloudProblem = cloud === undefined ? undefined : problemOfCloud(cloud);
  if (cloudProblem !== undefined) reject('IMS_EXPORT_CLOUD', cloudProblem);

  const project = projectOf(env, region, profile);
  const projectProblem = project === undefined ? undefined : problemOfProjectId(project.value);
  if (project !== undefined && projectProblem !== undefined) problems.push(project.report(projectProblem));

  const { allowHttp, problems: problemsOfAllowing } = allowHttpOf(env);
  problems.push(...problemsOfAllowing);
  const isPlace = REGION.test(region) && cloudProblem === undefined;
  const usesSts = sourceInUse(env)?.id === 'oidc';
  const place = placeOf({
    env,
    region: isPlace ? region : ANY_REGION,
    cloud: isPlace ? cloud : undefined,
    allowHttp,
    given: {
      ims: givenBy(env, 'IMS_EXPORT_IMS_ENDPOINT'),
      obs: givenBy(env, 'IMS_EXPORT_OBS_ENDPOINT'),
      // The profile that signs says first where it does, as in the vendor's SDKs.
      iam: givenByProfile(env, 'iam_endpoint', profile?.iamEndpoint) ?? givenBy(env, IAM_ENDPOINT, withScheme),
      sts: givenBy(env, STS_ENDPOINT, withScheme),
    },
    asksSts: usesSts,
    names: { ...NAMES, region: regionVariable },
  });
  problems.push(...place.problems);
  const { endpoints, stsEndpoint } = place;
  if (!allowHttp) problems.push(...problemsOfPlainHttp(urlsOfChain(env)));

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

  if (problems.length > 0) throw new AccountConfigurationError(problems, { hints: whoWouldSign(env) });
  return {
    name: 'default',
    region,
    ...place.cloud,
    ...(project === undefined ? {} : { projectId: project.value }),
    endpoints,
    ...(usesSts ? { stsEndpoint } : {}),
    obsPathStyle: pathStyle === undefined ? isAddress(endpoints.obs) : pathStyle === 'true' || pathStyle === '1',
    ...(allowHttp ? { allowHttp } : {}),
    api,
    credentials: defaultChain(env, { region, iamEndpoint: endpoints.iam, stsEndpoint, projectId: project?.value }),
  };
}

const [IAM_ENDPOINT, STS_ENDPOINT] = ['HUAWEICLOUD_SDK_IAM_ENDPOINT', 'HUAWEICLOUD_SDK_STS_ENDPOINT'] as const;
const NAMES = {
  cloud: 'IMS_EXPORT_CLOUD',
  ims: 'IMS_EXPORT_IMS_ENDPOINT',
  obs: 'IMS_EXPORT_OBS_ENDPOINT',
  iam: IAM_ENDPOINT,
  sts: STS_ENDPOINT,
};

/** Where the region or the cloud is wrong, which is reported, so that endpoints that are wrong are reported as well. */
const ANY_REGION = 'cn-north-4';

function givenBy(env: NodeJS.ProcessEnv, variable: string, meaning = (value: string) => value): Given | undefined {
  const value = read(env, variable);
  return value === undefined ? undefined : { value: meaning(value), report: (problem) => ({ variable, problem }) };
}

function givenByProfile(env: NodeJS.ProcessEnv, name: string, value: string | undefined): Given | undefined {
  return value === undefined
    ? undefined
    : { value, report: (problem) => reportOfProfile(env, `Its ${name} ${problem}`) };
}

/** The id of a project is one in a region: Terraform's is none of another region, nor of another key's account unless it says the region. */
function projectOf(env: NodeJS.ProcessEnv, region: string, profile: Profile | undefined): Given | undefined {
  const own = givenBy(env, 'HUAWEICLOUD_SDK_PROJECT_ID') ?? givenByProfile(env, 'project_id', profile?.projectId);
  if (own !== undefined) return own;
  const ofTerraform = read(env, 'HW_REGION_NAME') ?? (sourceInUse(env)?.id === 'terraform' ? region : undefined);
  return ofTerraform === region ? givenBy(env, 'HW_PROJECT_ID') : undefined;
}

/** Where sources of the environment ask for their keys, beside IAM and STS. */
export function urlsOfChain(env: NodeJS.ProcessEnv): { [variable: string]: string | undefined } {
  return Object.fromEntries(
    ['IMS_EXPORT_METADATA_ENDPOINT', 'HC_CONTAINER_CREDENTIALS_FULL_URI'].map((name) => [name, read(env, name)]),
  );
}

/** What is wrong with the sources of credentials; with none, what is set most often. */
export function problemsOfCredentials(env: NodeJS.ProcessEnv): VariableProblem[] {
  return problemsOfSources(env) ?? problemsOfKeyVariables(env);
}

/** For the message why the environment is no account: which credentials it would have, or why none. */
function whoWouldSign(env: NodeJS.ProcessEnv): string[] {
  const source = sourceInUse(env);
  if (source === undefined) {
    const heading = 'Another source of credentials may replace the access key. Checked, in this order:';
    return [heading, ...whyNoCredentials(env).map((line) => `  ${line}`)];
  }
  if (source.id === 'accessKey') return [];
  const signer = source.provider.describe?.() ?? source.name;
  if (source.id === 'oidc' || source.id === 'idToken') return [`(${signer} comes first, and would sign.)`];
  return [`(HUAWEICLOUD_SDK_AK is not set and HUAWEICLOUD_SDK_SK is not set, so ${signer} would sign.)`];
}

/** The profile by which the environment's keys would sign, if it is one. */
export function profileInUse(env: NodeJS.ProcessEnv): Profile | undefined {
  if (sourceInUse(env)?.id !== 'profile') return undefined;
  try {
    return readProfile({ file: profileFileOf(env).file });
  } catch {
    return undefined;
  }
}
