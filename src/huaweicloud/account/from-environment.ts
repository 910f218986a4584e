import { defaultChain, sourceInUse, whyNoCredentials } from '../credentials/default-chain';
import { problemsOfKeyVariables, read, type VariableProblem } from '../credentials/environment';
import { type Profile, profileFileOf, readProfile } from '../credentials/profile';
import { type ApiChoice, type CloudAccount, EXPORT_PATHS, JOB_QUERIES, problemOfProjectId, REGION } from './account';
import { AccountConfigurationError } from './configuration-error';
import { type Endpoints, endpointByRegionVariable, isAddress, problemOfEndpoint, trimEndpoint } from './endpoints';
import { endpointOf, KNOWN_CLOUDS, problemOfCloud, whyNoEndpoints } from './partitions';
import { allowHttpOf, problemsOfPlainHttp } from './plain-http';

/**
 * The account `default` by the environment: IMS_EXPORT_REGION (or HW_REGION_NAME), and optionally IMS_EXPORT_CLOUD,
 * HUAWEICLOUD_SDK_PROJECT_ID (or HW_PROJECT_ID), HUAWEICLOUD_SDK_IAM_ENDPOINT, IMS_EXPORT_IMS_ENDPOINT, IMS_EXPORT_OBS_ENDPOINT,
 * IMS_EXPORT_OBS_PATH_STYLE, IMS_EXPORT_ALLOW_HTTP, IMS_EXPORT_API_EXPORT_PATH, IMS_EXPORT_API_JOB_QUERY.
 * Its credentials are the first that is configured of {@link defaultChain}; where that is the vendor's profile file, its project and
 * IAM endpoint count as well. An empty value is as good as none.
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

  const ofProject = read(env, 'HUAWEICLOUD_SDK_PROJECT_ID') ?? profile?.projectId;
  const projectId = ofProject ?? read(env, 'HW_PROJECT_ID');
  const projectProblem = projectId === undefined ? undefined : problemOfProjectId(projectId);
  if (projectProblem !== undefined) {
    reject(ofProject === undefined ? 'HW_PROJECT_ID' : 'HUAWEICLOUD_SDK_PROJECT_ID', projectProblem);
  }

  const derived: string[] = [];
  const checked = (variable: string, value: string, service: keyof Endpoints | 'sts'): string => {
    const problem = problemOfEndpoint(value, service === 'sts' ? undefined : service);
    if (problem !== undefined) reject(variable, `${problem}; it must be like '${endpointOf(service, 'cn-north-4')}'.`);
    return trimEndpoint(value);
  };
  const endpoint = (variable: string, service: keyof Endpoints | 'sts', first?: string): string => {
    const value = first ?? read(env, variable);
    if (value !== undefined) return checked(variable, value, service);
    const ofRegion = endpointByRegionVariable(env, service, region);
    if (ofRegion.endpoint !== undefined) return checked(ofRegion.variable, ofRegion.endpoint, service);
    if (service !== 'sts') derived.push(variable);
    return endpointOf(service, region, cloud);
  };
  const endpoints = {
    ims: endpoint('IMS_EXPORT_IMS_ENDPOINT', 'ims'),
    obs: endpoint('IMS_EXPORT_OBS_ENDPOINT', 'obs'),
    // The profile that signs says first where it does, as in the vendor's SDKs.
    iam: endpoint('HUAWEICLOUD_SDK_IAM_ENDPOINT', 'iam', profile?.iamEndpoint),
  };
  const stsEndpoint = endpoint('HUAWEICLOUD_SDK_STS_ENDPOINT', 'sts');
  const foreign = REGION.test(region) && cloudProblem === undefined ? whyNoEndpoints(region, cloud) : undefined;
  if (derived.length > 0 && foreign !== undefined) {
    reject(
      regionVariable,
      `is '${region}', which ${foreign}. Set IMS_EXPORT_CLOUD to its cloud (${KNOWN_CLOUDS}), or the endpoints ${derived.join(', ')}.`,
    );
  }
  if (derived.length > 0 && read(env, 'HUAWEICLOUD_SDK_REGIONS_FILE') !== undefined) {
    const problem = `is set, but no such file is read here: set the endpoints ${derived.join(', ')}, and unset it for the worker.`;
    reject('HUAWEICLOUD_SDK_REGIONS_FILE', problem);
  }
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
      HUAWEICLOUD_SDK_STS_ENDPOINT: stsEndpoint,
      IMS_EXPORT_METADATA_ENDPOINT: read(env, 'IMS_EXPORT_METADATA_ENDPOINT'),
      HC_CONTAINER_CREDENTIALS_FULL_URI: read(env, 'HC_CONTAINER_CREDENTIALS_FULL_URI'),
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
    credentials: defaultChain(env, { region, iamEndpoint: endpoints.iam, stsEndpoint, projectId }),
  };
}

/** What is wrong with the first source of credentials that is configured; with none, what is set most often. */
export function problemsOfCredentials(env: NodeJS.ProcessEnv): VariableProblem[] {
  return sourceInUse(env)?.problems() ?? problemsOfKeyVariables(env);
}

/** For the message why the environment is no account: which credentials it would have, or why none. */
function whoWouldSign(env: NodeJS.ProcessEnv): string | undefined {
  const source = sourceInUse(env);
  if (source === undefined) {
    const reasons = whyNoCredentials(env).map((line) => `  ${line}`);
    return `Instead of an access key there may be another source of credentials. Looked for, in this order:\n${reasons.join('\n')}`;
  }
  if (source.id === 'accessKey') return undefined;
  const signer = source.provider.describe?.() ?? source.name;
  if (source.id === 'oidc' || source.id === 'idToken') return `(${signer} comes first, and would sign.)`;
  return `(HUAWEICLOUD_SDK_AK is not set and HUAWEICLOUD_SDK_SK is not set, so ${signer} would sign.)`;
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
