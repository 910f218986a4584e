import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { problemOfEndpoint, trimEndpoint } from '../account/endpoints';
import { CredentialsError } from './credentials';
import { read, type VariableProblem } from './environment';
import { idTokenCredentials, problemsOfIdTokenSource } from './id-token';
import { sectionIn } from './ini';
import type { CredentialsProvider } from './provider';
import { codeOfFileError, isFile, watchedFile } from './watched-file';

/** One section of the vendor's profile file: `ak`, `sk`, `security_token`, or `idp_id`, `id_token_file`; `project_id`, `iam_endpoint`. */
export interface Profile {
  /** Counts before the keys, as in the vendor's SDKs. */
  idpId?: string;
  idTokenFile?: string;
  accessKey?: string;
  secretKey?: string;
  securityToken?: string;
  projectId?: string;
  iamEndpoint?: string;
}

export interface ProfileOptions {
  /** @default `~/.huaweicloud/credentials` */
  file?: string;
  /** @default 'basic' */
  section?: string;
  /** Where an ID token of the profile logs in. @default that of the profile, else 'https://iam.myhuaweicloud.com' */
  iamEndpoint?: string;
}

const DEFAULT_SECTION = 'basic';

/** As in the vendor's SDKs. */
const DEFAULT_IAM_ENDPOINT = 'https://iam.myhuaweicloud.com';

/**
 * The vendor's profile file (INI). It is read again when it has changed, so rotating the keys in it needs no restart. An ID token in it
 * counts before its keys.
 */
export function profileCredentials(options: ProfileOptions = {}): CredentialsProvider {
  const { file = defaultProfileFile(process.env), section = DEFAULT_SECTION } = options;
  const profile = watchedFile(file, (text) => profileIn(text, section));
  let latest: Profile = {};
  const readNow = async (): Promise<Profile> => {
    latest = await profile().catch((error: unknown) => {
      throw new CredentialsError(unreadable(file, error), 'notConfigured');
    });
    return latest;
  };
  const byIdToken = idTokenCredentials({
    source: () => ({ idpId: latest.idpId ?? '', idTokenFile: latest.idTokenFile ?? '' }),
    iamEndpoint: () => {
      const endpoint = options.iamEndpoint ?? latest.iamEndpoint ?? DEFAULT_IAM_ENDPOINT;
      const problem = problemOfEndpoint(endpoint, 'iam');
      if (problem === undefined) return trimEndpoint(endpoint);
      throw new CredentialsError(`In the profile file ${file}, iam_endpoint ${problem}.`, 'notConfigured');
    },
  });
  return providerOf(byIdToken);

  function providerOf(byIdToken: CredentialsProvider): CredentialsProvider {
    return {
      async get() {
        const profile = await readNow();
        const lack = lackOf(profile, file, section);
        if (lack !== undefined) throw new CredentialsError(lack, 'notConfigured');
        const { accessKey, secretKey, securityToken, idpId } = profile;
        if (idpId !== undefined) return byIdToken.get();
        const key = { accessKey: accessKey ?? '', secretKey: secretKey ?? '' };
        return { ...key, ...(securityToken === undefined ? {} : { securityToken }) };
      },
      async refresh(refused) {
        const { idpId } = await readNow();
        if (idpId !== undefined) await byIdToken.refresh?.(refused);
      },
      forClient: (resources) => providerOf(byIdToken.forClient?.(resources) ?? byIdToken),
      describe: () => `the profile [${section}] of ${file}`,
    };
  }
}

/** HUAWEICLOUD_SDK_CREDENTIALS_FILE, or `~/.huaweicloud/credentials`. */
export function profileFileOf(env: NodeJS.ProcessEnv): { file: string; named: boolean } {
  const named = read(env, 'HUAWEICLOUD_SDK_CREDENTIALS_FILE');
  return named === undefined ? { file: defaultProfileFile(env), named: false } : { file: named, named: true };
}

/**
 * Why the profile of an environment is passed over; undefined when it counts. A file that is named counts even when it
 * is missing: that is a mistake to report.
 */
export function whyNoProfile(env: NodeJS.ProcessEnv): string | undefined {
  const { file, named } = profileFileOf(env);
  if (named) return undefined;
  if (!isFile(file)) return `there is no file ${file}`;
  try {
    const section = sectionIn(readFileSync(file, 'utf8'), DEFAULT_SECTION);
    return section === undefined || section.size === 0
      ? `${file} has nothing in a section [${DEFAULT_SECTION}]`
      : undefined;
  } catch {
    return undefined;
  }
}

/** A problem with the profile of an environment, by the variable that names its file. */
export function reportOfProfile(env: NodeJS.ProcessEnv, problem: string): VariableProblem {
  const { file, named } = profileFileOf(env);
  const which = named ? `names ${file}` : `is not set, so ${file} counts`;
  return { variable: 'HUAWEICLOUD_SDK_CREDENTIALS_FILE', problem: `${which}. ${problem}` };
}

/** @throws when the file cannot be read */
export function readProfile({ file, section = DEFAULT_SECTION }: ProfileOptions & { file: string }): Profile {
  return profileIn(readFileSync(file, 'utf8'), section);
}

/** What is wrong with a profile file, if anything. */
export function problemOfProfile(file: string, section = DEFAULT_SECTION): string | undefined {
  try {
    const profile = readProfile({ file, section });
    const lack = lackOf(profile, file, section);
    const { idpId, idTokenFile } = profile;
    if (lack !== undefined || idpId === undefined || idTokenFile === undefined) return lack;
    const [wrong] = problemsOfIdTokenSource({ idpId, idTokenFile }, { idpId: 'idp_id', idTokenFile: 'id_token_file' });
    return wrong === undefined ? undefined : `In the profile file ${file}, ${wrong.variable} ${wrong.problem}`;
  } catch (error) {
    return unreadable(file, error);
  }
}

/** What a profile lacks of which a part is there; that the file cannot be read is no lack. */
export function lackOfProfile(file: string): string | undefined {
  try {
    const profile = readProfile({ file });
    const { accessKey, secretKey, securityToken, idpId, idTokenFile } = profile;
    const isMeant = [accessKey, secretKey, securityToken, idpId, idTokenFile].some((part) => part !== undefined);
    return isMeant ? lackOf(profile, file, DEFAULT_SECTION) : undefined;
  } catch {
    return undefined;
  }
}

function defaultProfileFile(env: NodeJS.ProcessEnv): string {
  return join(env.HOME?.trim() || homedir(), '.huaweicloud', 'credentials');
}

function profileIn(text: string, section: string): Profile {
  const fields = sectionIn(text, section);
  const field = (name: string): string | undefined => fields?.get(name)?.trim() || undefined;
  return {
    idpId: field('idp_id'),
    idTokenFile: field('id_token_file'),
    accessKey: field('ak'),
    secretKey: field('sk'),
    securityToken: field('security_token'),
    projectId: field('project_id'),
    iamEndpoint: field('iam_endpoint'),
  };
}

/** What a profile needs and does not have. Half an ID token is a mistake to report, not a reason to take the keys. */
function lackOf(profile: Profile, file: string, section: string): string | undefined {
  const { idpId, idTokenFile, accessKey, secretKey, securityToken } = profile;
  const isToken = idpId !== undefined || idTokenFile !== undefined;
  const half = isToken
    ? { idp_id: idpId, id_token_file: idTokenFile }
    : { ak: accessKey, sk: secretKey, security_token: securityToken ?? '' };
  const [missing] = Object.entries(half).find(([, value]) => value === undefined) ?? [];
  if (missing === undefined) return undefined;
  const present = Object.entries(half).flatMap(([name, value]) => (value ? [`'${name}'`] : []));
  const instead = present.length === 0 ? '' : ` Add it, or remove ${present.join(' and ')}.`;
  return `The profile file ${file} has no '${missing}' in a section [${section}].${instead}`;
}

function unreadable(file: string, error: unknown): string {
  return `The profile file ${file} cannot be read (${codeOfFileError(error)}).`;
}
