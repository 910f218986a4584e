import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { VariableProblem } from '../credentials/environment';
import { codeOfFileError, withoutByteOrderMark } from '../credentials/watched-file';
import { type CloudAccount, problemOfProjectId } from './account';
import { AccountConfigurationError } from './configuration-error';
import { asksSts, credentialsOf, problemsOfEntry, profileOf, urlsOf } from './credentials-entry';
import { isAddress, type Service } from './endpoints';
import { type AccountEntry, configFileSchema } from './file-schema';
import { type Given, type PlaceQuery, placeOf } from './place';
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
  const { allowHttp, problems: problemsOfAllowing } = allowHttpOf(env);
  if (problemsOfAllowing.length > 0) refuse(problemsOfAllowing);
  const drafts = entries.map(([name, entry]) => draftOf(name, { allowHttp, ...entry }, env));
  const problems = drafts.flatMap((draft) => draft.problems);
  if (problems.length > 0) refuse(problems);
  return drafts.map(({ account }) => account());
}

/** An account, and what is wrong with it: it can be made when nothing is. */
function draftOf(name: string, entry: AccountEntry, env: NodeJS.ProcessEnv) {
  const { region, cloud, api, credentials, allowHttp = false } = entry;
  const path = `accounts.${name}`;
  const problems = problemsOfEntry(credentials, env).map(atCredentials);
  const profile = problems.length === 0 ? profileOf(credentials, env) : undefined;
  const byProfile = (field: string, value: string | undefined): Given | undefined =>
    value === undefined
      ? undefined
      : {
          value,
          report: (problem) => atCredentials({ variable: '', problem: `use a profile whose ${field} ${problem}` }),
        };
  const given = (service: Service): Given | undefined => {
    const value = entry.endpoints[service];
    const variable = `${path}.endpoints.${service}`;
    return value === undefined ? undefined : { value, report: (problem) => ({ variable, problem }) };
  };

  const ofProfile = entry.projectId === undefined ? byProfile('project_id', profile?.projectId) : undefined;
  const projectId = entry.projectId ?? ofProfile?.value;
  const projectProblem = ofProfile === undefined ? undefined : problemOfProjectId(ofProfile.value);
  if (ofProfile !== undefined && projectProblem !== undefined) problems.push(ofProfile.report(projectProblem));

  const howToAllowHttp = 'allowHttp of the account to true';
  const iam = given('iam') ?? byProfile('iam_endpoint', profile?.iamEndpoint);
  const usesSts = asksSts(credentials, env);
  const place = placeOf({
    env,
    region,
    cloud,
    given: { ims: given('ims'), obs: given('obs'), iam, sts: given('sts') },
    asksSts: usesSts,
    allowHttp,
    howToAllowHttp,
    names: namesIn(path),
  });
  problems.push(...place.problems);
  if (!allowHttp) problems.push(...problemsOfPlainHttp(urlsOf(credentials, env), howToAllowHttp).map(atCredentials));

  const { endpoints, stsEndpoint } = place;
  const account = (): CloudAccount => ({
    name,
    region,
    ...place.cloud,
    ...(projectId === undefined ? {} : { projectId }),
    endpoints,
    ...(usesSts ? { stsEndpoint } : {}),
    obsPathStyle: entry.obsPathStyle ?? isAddress(endpoints.obs),
    ...(allowHttp ? { allowHttp } : {}),
    ...(api === undefined ? {} : { api }),
    credentials: credentialsOf(credentials, env, { region, iamEndpoint: endpoints.iam, stsEndpoint, projectId }),
  });
  return { account, problems };

  /** A field of the credentials goes by its path, a variable by its name. */
  function atCredentials({ variable, problem }: VariableProblem): VariableProblem {
    const isField = variable === '' || variable.startsWith('.');
    return { variable: isField ? `${path}.credentials${variable}` : variable, problem };
  }
}

function namesIn(path: string): PlaceQuery['names'] {
  const [ims, obs, iam, sts] = (['ims', 'obs', 'iam', 'sts'] as const).map((name) => `${path}.endpoints.${name}`);
  return { region: `${path}.region`, cloud: `${path}.cloud`, ims, obs, iam, sts } as PlaceQuery['names'];
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
