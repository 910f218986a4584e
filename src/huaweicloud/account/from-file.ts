import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { VariableProblem } from '../credentials/environment';
import { codeOfFileError, withoutByteOrderMark } from '../credentials/watched-file';
import { type CloudAccount, problemOfProjectId } from './account';
import { AccountConfigurationError } from './configuration-error';
import { credentialsOf, problemsOfEntry, profileOf } from './credentials-entry';
import {
  defaultEndpoint,
  endpointByRegionVariable,
  isAddress,
  problemOfEndpoint,
  SERVICES,
  trimEndpoint,
} from './endpoints';
import { type AccountEntry, configFileSchema } from './file-schema';
import { KNOWN_CLOUDS, whyNoEndpoints } from './partitions';
import { allowHttpOf, problemsOfPlainHttp } from './plain-http';

/**
 * The accounts that a JSON file describes, `{"accounts": {"<name>": {"region": …}}}`; docs/accounts.md has all fields.
 *
 * @param env where the secrets are that the file names
 * @throws {@link AccountConfigurationError}
 */
export function accountsFromFile(file: string, env: NodeJS.ProcessEnv): CloudAccount[] {
  const what = `The file ${file} (IMS_EXPORT_CONFIG) does not describe the accounts`;
  const refuse = (problems: VariableProblem[]): never => {
    throw new AccountConfigurationError(problems, { what });
  };
  const parsed = configFileSchema.safeParse(readJsonFile(file, what));
  if (!parsed.success) return refuse(problemsIn(parsed.error));
  // A path in the file is one beside the file.
  const folder = dirname(resolve(file));
  const entries = Object.entries(parsed.data.accounts).map(([name, entry]) => [name, beside(folder, entry)] as const);
  const problems = entries.flatMap(([name, entry]) => {
    const ofCredentials = problemsOfEntry(entry.credentials, env);
    const ofPlace = problemsOfPlace(entry, env, ofCredentials.length === 0).map(({ variable, problem }) => ({
      variable: `accounts.${name}.${variable}`,
      problem,
    }));
    const ofSource = (ofCredentials.length > 0 ? ofCredentials : problemsOfProfilePlace(entry, env)).map(
      ({ variable, problem }) => ({ variable: `accounts.${name}.credentials${variable}`, problem }),
    );
    return [...ofPlace, ...ofSource];
  });
  if (problems.length > 0) refuse(problems);
  const { allowHttp, problems: problemsOfAllowing } = allowHttpOf(env);
  if (problemsOfAllowing.length > 0) refuse(problemsOfAllowing);
  for (const [, entry] of entries) entry.allowHttp ??= allowHttp;
  const ofHttp = entries.flatMap(([name, entry]) => plainHttpOf(name, entry, env));
  if (ofHttp.length > 0) refuse(ofHttp);
  return entries.map(([name, entry]) => accountOf(name, entry, env));
}

/** Project and IAM endpoint, as far as the account takes them from a profile. */
function placeByProfile({ credentials, projectId, endpoints }: AccountEntry, env: NodeJS.ProcessEnv) {
  const profile = profileOf(credentials, env);
  return {
    projectId: projectId === undefined ? profile?.projectId : undefined,
    iamEndpoint: endpoints.iam === undefined ? profile?.iamEndpoint : undefined,
  };
}

function problemsOfProfilePlace(entry: AccountEntry, env: NodeJS.ProcessEnv): VariableProblem[] {
  const { projectId, iamEndpoint } = placeByProfile(entry, env);
  const project = projectId === undefined ? undefined : problemOfProjectId(projectId);
  const endpoint = iamEndpoint === undefined ? undefined : problemOfEndpoint(iamEndpoint);
  const example = defaultEndpoint('iam', 'cn-north-4');
  return [
    ...(project === undefined ? [] : [`use a profile whose project_id ${project}`]),
    ...(endpoint === undefined ? [] : [`use a profile whose iam_endpoint ${endpoint}; it must be like '${example}'.`]),
  ].map((problem) => ({ variable: '', problem }));
}

/** A region whose endpoints are not all given, and cannot be derived; and endpoints of the SDKs' variables that are wrong. */
function problemsOfPlace(entry: AccountEntry, env: NodeJS.ProcessEnv, profileIsGood: boolean): VariableProblem[] {
  const { region, cloud, endpoints } = entry;
  const problems: VariableProblem[] = [];
  const derived: string[] = [];
  for (const service of SERVICES) {
    if (endpoints[service] !== undefined) continue;
    if (service === 'iam' && profileIsGood && placeByProfile(entry, env).iamEndpoint !== undefined) continue;
    const { variable, endpoint } = endpointByRegionVariable(env, service, region);
    const problem = endpoint === undefined ? undefined : problemOfEndpoint(endpoint, service);
    if (problem !== undefined) problems.push({ variable: 'region', problem: `goes by ${variable}, which ${problem}.` });
    if (endpoint === undefined) derived.push(`endpoints.${service}`);
  }
  const foreign = derived.length === 0 ? undefined : whyNoEndpoints(region, cloud);
  if (foreign !== undefined) {
    const problem = `is '${region}', which ${foreign}. Set cloud (${KNOWN_CLOUDS}), or ${derived.join(', ')}.`;
    problems.push({ variable: 'region', problem });
  }
  return problems;
}

function plainHttpOf(name: string, entry: AccountEntry, env: NodeJS.ProcessEnv): VariableProblem[] {
  if (entry.allowHttp) return [];
  const { endpoints } = accountOf(name, entry, env);
  const services = SERVICES.map((service) => [`accounts.${name}.endpoints.${service}`, endpoints[service]]);
  const { credentials } = entry;
  const metadata = credentials.source === 'metadata' ? credentials.endpoint : undefined;
  return problemsOfPlainHttp(
    {
      ...Object.fromEntries(services),
      [`accounts.${name}.endpoints.sts`]: entry.endpoints.sts,
      [`accounts.${name}.credentials.endpoint`]: metadata,
    },
    'allowHttp of the account to true',
  );
}

function accountOf(name: string, entry: AccountEntry, env: NodeJS.ProcessEnv): CloudAccount {
  const { region, cloud, api } = entry;
  const byProfile = placeByProfile(entry, env);
  const projectId = entry.projectId ?? byProfile.projectId;
  const iamByProfile = byProfile.iamEndpoint === undefined ? undefined : trimEndpoint(byProfile.iamEndpoint);
  const given = { ...entry.endpoints, iam: entry.endpoints.iam ?? iamByProfile };
  const endpointFor = (service: keyof typeof given): string =>
    given[service] ??
    trimEndpoint(endpointByRegionVariable(env, service, region).endpoint ?? defaultEndpoint(service, region, cloud));
  const endpoints = { ims: endpointFor('ims'), obs: endpointFor('obs'), iam: endpointFor('iam') };
  const place = { region, iamEndpoint: endpoints.iam, stsEndpoint: endpointFor('sts'), projectId };
  return {
    name,
    region,
    ...(projectId === undefined ? {} : { projectId }),
    endpoints,
    obsPathStyle: entry.obsPathStyle ?? isAddress(endpoints.obs),
    ...(entry.allowHttp ? { allowHttp: true } : {}),
    ...(api === undefined ? {} : { api }),
    credentials: credentialsOf(entry.credentials, env, place),
  };
}

/** Never with the words of the parser, which repeat the text around the mistake: a secret may be there. */
function readJsonFile(file: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const problem = `names ${file}, which cannot be read (${codeOfFileError(error)}).`;
    throw new AccountConfigurationError([{ variable: 'IMS_EXPORT_CONFIG', problem }]);
  }
  try {
    return JSON.parse(withoutByteOrderMark(text));
  } catch (error) {
    const position = /at position (\d+)/.exec(String(error))?.[1];
    const line = position === undefined ? '' : `, see line ${text.slice(0, Number(position)).split('\n').length}`;
    throw new AccountConfigurationError(
      [{ variable: 'IMS_EXPORT_CONFIG', problem: `names a file that is not JSON${line}.` }],
      {
        what,
      },
    );
  }
}

function problemsIn(error: z.ZodError): VariableProblem[] {
  return error.issues.map(({ path, message }) => ({
    variable: path.length === 0 ? 'The file' : path.map(String).join('.'),
    problem: message,
  }));
}

const FILE_FIELDS = ['file', 'idTokenFile'];

/** The same with every path of a file as an absolute one. */
function beside<T>(folder: string, value: T): T {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      FILE_FIELDS.includes(key) && typeof field === 'string' ? resolve(folder, field) : beside(folder, field),
    ]),
  ) as T;
}
