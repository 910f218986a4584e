import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { VariableProblem } from '../credentials/environment';
import { codeOfFileError } from '../credentials/watched-file';
import type { CloudAccount } from './account';
import { AccountConfigurationError } from './configuration-error';
import { credentialsOf, problemsOfEntry, profileOf } from './credentials-entry';
import { defaultEndpoint, isAddress, SERVICES } from './endpoints';
import { type AccountEntry, configFileSchema } from './file-schema';

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
  const problems = entries.flatMap(([name, entry]) =>
    problemsOfEntry(entry.credentials, env).map(({ variable, problem }) => ({
      variable: `accounts.${name}.credentials${variable}`,
      problem,
    })),
  );
  if (problems.length > 0) refuse(problems);
  return entries.map(([name, entry]) => accountOf(name, entry, env));
}

function accountOf(name: string, entry: AccountEntry, env: NodeJS.ProcessEnv): CloudAccount {
  const { region, api } = entry;
  const profile = profileOf(entry.credentials, env);
  const projectId = entry.projectId ?? profile?.projectId;
  const given = { ...entry.endpoints, iam: entry.endpoints.iam ?? profile?.iamEndpoint };
  const [ims, obs, iam] = SERVICES.map((service) => given[service] ?? defaultEndpoint(service, region));
  const endpoints = { ims, obs, iam } as CloudAccount['endpoints'];
  return {
    name,
    region,
    ...(projectId === undefined ? {} : { projectId }),
    endpoints,
    obsPathStyle: entry.obsPathStyle ?? isAddress(endpoints.obs),
    ...(api === undefined ? {} : { api }),
    credentials: credentialsOf(entry.credentials, env, { region, iamEndpoint: endpoints.iam, projectId }),
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
    return JSON.parse(text);
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

/** The same with every `file` as an absolute path. */
function beside<T>(folder: string, value: T): T {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      key === 'file' && typeof field === 'string' ? resolve(folder, field) : beside(folder, field),
    ]),
  ) as T;
}
