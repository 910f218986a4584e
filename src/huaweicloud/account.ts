import { isIP } from 'node:net';
import { type CredentialsProvider, environmentCredentials } from './credentials';

/** Where exports run and with whose keys. */
export interface CloudAccount {
  /** How inputs name this account. */
  name: string;
  /** Such as `cn-north-4`. */
  region: string;
  /** Looked up in IAM by the name of the region when absent. */
  projectId?: string;
  /** With scheme, without a trailing slash; `obs` without the bucket. */
  endpoints: { ims: string; obs: string; iam: string };
  /** `{endpoint}/{bucket}/{key}` instead of `{bucket}.{endpoint}/{key}`. Newer buckets refuse it. */
  obsPathStyle: boolean;
  credentials: CredentialsProvider;
  /** Which of the two spellings of an API to call; they answer alike. */
  api?: ApiChoice;
}

export interface ApiChoice {
  /** `POST /v1/cloudimages/{image_id}/file` or the same under `/v2.1`. @default 'v1' */
  exportPath?: 'v1' | 'v2.1';
  /**
   * `job` is ShowJob, `GET /v1/{project_id}/jobs/{job_id}`; `progress` is ShowJobProgress,
   * `GET /v1/cloudimages/job/{job_id}`, which needs no project id. @default 'job'
   */
  jobQuery?: 'job' | 'progress';
}

/** The environment does not describe an account. The message names every variable that is wrong and what is right. */
export class AccountConfigurationError extends Error {
  override readonly name = 'AccountConfigurationError';

  constructor(readonly problems: ReadonlyArray<{ variable: string; problem: string }>) {
    const lines = problems.map(({ variable, problem }) => `  ${variable} ${problem}`);
    super(`The environment does not describe a Huawei Cloud account:\n${lines.join('\n')}`);
  }
}

/**
 * The account `default` by the environment: IMS_EXPORT_REGION, HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, and optionally
 * HUAWEICLOUD_SDK_SECURITY_TOKEN, HUAWEICLOUD_SDK_PROJECT_ID, HUAWEICLOUD_SDK_IAM_ENDPOINT, IMS_EXPORT_IMS_ENDPOINT,
 * IMS_EXPORT_OBS_ENDPOINT, IMS_EXPORT_OBS_PATH_STYLE. An empty value is as good as none.
 *
 * @throws {@link AccountConfigurationError}
 */
export function accountFromEnvironment(env: NodeJS.ProcessEnv): CloudAccount {
  const problems: Array<{ variable: string; problem: string }> = [];
  const read = (variable: string): string | undefined => env[variable]?.trim() || undefined;
  const reject = (variable: string, problem: string): void => {
    problems.push({ variable, problem });
  };

  for (const [variable, meaning] of [
    ['HUAWEICLOUD_SDK_AK', 'the access key (AK)'],
    ['HUAWEICLOUD_SDK_SK', 'the secret key (SK)'],
  ] as const) {
    if (read(variable) === undefined) reject(variable, `is not set; it must hold ${meaning} of an IAM user.`);
  }

  const region = read('IMS_EXPORT_REGION') ?? '';
  if (region === '') reject('IMS_EXPORT_REGION', "is not set; it must name a region, such as 'cn-north-4'.");
  else if (!REGION.test(region)) {
    reject('IMS_EXPORT_REGION', `is '${region}', which is not the id of a region, such as 'cn-north-4'.`);
  }

  const projectId = read('HUAWEICLOUD_SDK_PROJECT_ID');
  if (projectId !== undefined && !PROJECT_ID.test(projectId)) {
    reject(
      'HUAWEICLOUD_SDK_PROJECT_ID',
      `is '${projectId}', which is not the id of a project (32 letters and digits, not its name).`,
    );
  }

  const endpoint = (variable: string, service: string): string => {
    const value = read(variable);
    if (value === undefined) return `https://${service}.${region}.${domainOf(region)}`;
    const problem = problemOfEndpoint(value);
    if (problem !== undefined)
      reject(variable, `${problem}; it must be like 'https://${service}.cn-north-4.myhuaweicloud.com'.`);
    return value.replace(/\/+$/, '');
  };
  const endpoints = {
    ims: endpoint('IMS_EXPORT_IMS_ENDPOINT', 'ims'),
    obs: endpoint('IMS_EXPORT_OBS_ENDPOINT', 'obs'),
    iam: endpoint('HUAWEICLOUD_SDK_IAM_ENDPOINT', 'iam'),
  };

  const pathStyle = read('IMS_EXPORT_OBS_PATH_STYLE')?.toLowerCase();
  if (pathStyle !== undefined && !['true', 'false', '1', '0'].includes(pathStyle)) {
    reject('IMS_EXPORT_OBS_PATH_STYLE', `is '${pathStyle}'; it must be 'true' or 'false'.`);
  }

  if (problems.length > 0) throw new AccountConfigurationError(problems);
  return {
    name: 'default',
    region,
    ...(projectId === undefined ? {} : { projectId }),
    endpoints,
    obsPathStyle: pathStyle === undefined ? isAddress(endpoints.obs) : pathStyle === 'true' || pathStyle === '1',
    credentials: environmentCredentials(env),
  };
}

/** The shape only: regions are added faster than releases of this package. */
const REGION = /^[a-z][a-z0-9]*(-[a-z0-9]+)+$/;
const PROJECT_ID = /^[A-Za-z0-9]{16,64}$/;

/** The one region known to live under another domain (Terraform provider, cloud `myhuaweicloud.eu`). */
function domainOf(region: string): string {
  return region === 'eu-west-101' ? 'myhuaweicloud.eu' : 'myhuaweicloud.com';
}

function problemOfEndpoint(value: string): string | undefined {
  if (!URL.canParse(value)) return `is '${value}', which is not a URL`;
  const { protocol, username, password, search, hash } = new URL(value);
  if (username !== '' || password !== '') return 'holds a user or a password, which an endpoint must not';
  if (protocol !== 'https:' && protocol !== 'http:') return `is '${value}', which is not an http or https URL`;
  if (search !== '' || hash !== '') return `is '${value}', which has a query or a fragment`;
  return undefined;
}

/** A bucket cannot be a label of an IP address, so there only path style works. */
export function isAddress(endpoint: string): boolean {
  return isIP(new URL(endpoint).hostname.replace(/^\[|\]$/g, '')) !== 0;
}
