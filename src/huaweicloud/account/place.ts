import { read, type VariableProblem } from '../credentials/environment';
import { type Endpoints, endpointByRegionVariable, problemOfEndpoint, type Service, trimEndpoint } from './endpoints';
import { endpointOf, KNOWN_CLOUDS, unknownDomain, whyNoEndpoints } from './partitions';
import { problemsOfPlainHttp } from './plain-http';

/** A value of the configuration, and how a problem with it is reported: by the variable or the field that it is from. */
export interface Given {
  value: string;
  report(problem: string): VariableProblem;
}

export interface PlaceQuery {
  env: NodeJS.ProcessEnv;
  region: string;
  cloud?: string;
  /** What is set for the account comes before the variables of the SDKs, and those before the cloud. */
  given: { [service in Service]?: Given };
  /** Whether the source of credentials asks STS: only then its endpoint is needed. */
  asksSts: boolean;
  allowHttp: boolean;
  howToAllowHttp?: string;
  /** How the parts are called where they are set, such as IMS_EXPORT_REGION or `region`. */
  names: { region: string; cloud: string } & { [service in Service]: string };
}

export interface Place {
  endpoints: Endpoints;
  /** Undefined where none is known and none is set: a token is sent to no host that is guessed. */
  stsEndpoint: string | undefined;
  /** That the cloud is one that this version does not know. */
  cloud: { cloud?: string };
  problems: VariableProblem[];
}

/** Where the services of an account are, and what is wrong with how that is set. */
export function placeOf(query: PlaceQuery): Place {
  const { env, region, cloud, given, asksSts, names } = query;
  const problems: VariableProblem[] = [];
  const derived: string[] = [];
  const locate = (service: Service): { endpoint: string | undefined; problems: VariableProblem[] } => {
    const set = given[service] ?? givenByRegion(env, service, region);
    if (set !== undefined) return { endpoint: trimEndpoint(set.value), problems: problemsOf(set, service, query) };
    const endpoint = endpointOf(service, region, cloud);
    if (service !== 'sts' || asksSts) derived.push(names[service]);
    return { endpoint, problems: service === 'sts' && endpoint === undefined ? [noSts(query)] : [] };
  };
  const needed = (service: keyof Endpoints): string => {
    const located = locate(service);
    problems.push(...located.problems);
    return located.endpoint ?? '';
  };
  const endpoints = { ims: needed('ims'), obs: needed('obs'), iam: needed('iam') };
  const foreign = derived.length === 0 ? undefined : whyNoEndpoints(region, cloud);
  if (foreign !== undefined) {
    const problem = `is '${region}', which ${foreign}. Set ${names.cloud} (${KNOWN_CLOUDS}), or ${derived.join(', ')}.`;
    problems.push({ variable: names.region, problem });
  }
  const sts = locate('sts');
  if (asksSts) problems.push(...sts.problems);
  if (derived.length > 0 && read(env, REGIONS_FILE) !== undefined) {
    const problem = `is set, but the worker does not read such a file: set ${derived.join(', ')}, or unset ${REGIONS_FILE} for the worker.`;
    problems.push({ variable: REGIONS_FILE, problem });
  }
  const domain = unknownDomain(cloud);
  return {
    endpoints,
    stsEndpoint: sts.problems.length > 0 ? undefined : sts.endpoint,
    cloud: domain === undefined ? {} : { cloud: domain },
    problems,
  };
}

/** The file of endpoints that the SDKs read. */
const REGIONS_FILE = 'HUAWEICLOUD_SDK_REGIONS_FILE';

function givenByRegion(env: NodeJS.ProcessEnv, service: Service, region: string): Given | undefined {
  const { variable, endpoint } = endpointByRegionVariable(env, service, region);
  return endpoint === undefined ? undefined : { value: endpoint, report: (problem) => ({ variable, problem }) };
}

function problemsOf({ value, report }: Given, service: Service, query: PlaceQuery): VariableProblem[] {
  const problem = problemOfEndpoint(value, service);
  if (problem !== undefined) return [report(`${problem}; it must be like '${exampleOf(service)}'.`)];
  if (query.allowHttp) return [];
  return problemsOfPlainHttp({ '': value }, query.howToAllowHttp).map((plain) => report(plain.problem));
}

function noSts({ region, names }: PlaceQuery): VariableProblem {
  const problem = `is not set, and no endpoint of the Security Token Service (STS) is known in the region '${region}'; it must be like '${exampleOf('sts')}'.`;
  return { variable: names.sts, problem };
}

/** Such as `https://ims.cn-north-4.myhuaweicloud.com`. */
export function exampleOf(service: Service): string {
  return `https://${service}.cn-north-4.myhuaweicloud.com`;
}
