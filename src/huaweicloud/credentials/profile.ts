import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'ini';
import { CredentialsError } from './credentials';
import { read } from './environment';
import type { CredentialsProvider } from './provider';
import { codeOfFileError, isFile, watchedFile, withoutByteOrderMark } from './watched-file';

/** One section of the vendor's profile file: `ak`, `sk`, `security_token`, `project_id`, `iam_endpoint`. */
export interface Profile {
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
}

const DEFAULT_SECTION = 'basic';

/** The vendor's profile file (INI). It is read again when it has changed, so rotating the keys in it needs no restart. */
export function profileCredentials(options: ProfileOptions = {}): CredentialsProvider {
  const { file = defaultProfileFile(process.env), section = DEFAULT_SECTION } = options;
  const profile = watchedFile(file, (text) => profileIn(text, section));
  return {
    async get() {
      const { accessKey, secretKey, securityToken } = await profile().catch((error: unknown) => {
        throw new CredentialsError(unreadable(file, error), 'notConfigured');
      });
      if (accessKey === undefined || secretKey === undefined) {
        throw new CredentialsError(lacks(file, section, accessKey === undefined ? 'ak' : 'sk'), 'notConfigured');
      }
      return { accessKey, secretKey, ...(securityToken === undefined ? {} : { securityToken }) };
    },
  };
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
    const { accessKey, secretKey } = readProfile({ file });
    return accessKey === undefined && secretKey === undefined ? lacks(file, DEFAULT_SECTION, 'ak') : undefined;
  } catch {
    return undefined;
  }
}

/** @throws when the file cannot be read */
export function readProfile({ file, section = DEFAULT_SECTION }: ProfileOptions & { file: string }): Profile {
  return profileIn(readFileSync(file, 'utf8'), section);
}

/** What is wrong with a profile file, if anything. */
export function problemOfProfile(file: string, section = DEFAULT_SECTION): string | undefined {
  try {
    const { accessKey, secretKey } = readProfile({ file, section });
    if (accessKey === undefined) return lacks(file, section, 'ak');
    return secretKey === undefined ? lacks(file, section, 'sk') : undefined;
  } catch (error) {
    return unreadable(file, error);
  }
}

function defaultProfileFile(env: NodeJS.ProcessEnv): string {
  return join(env.HOME?.trim() || homedir(), '.huaweicloud', 'credentials');
}

function profileIn(text: string, section: string): Profile {
  const sections = parse(withoutByteOrderMark(text));
  const found: unknown = Object.hasOwn(sections, section) ? sections[section] : undefined;
  const fields = typeof found === 'object' && found !== null ? (found as { [key: string]: unknown }) : {};
  const field = (name: string): string | undefined => {
    const value = fields[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  return {
    accessKey: field('ak'),
    secretKey: field('sk'),
    securityToken: field('security_token'),
    projectId: field('project_id'),
    iamEndpoint: field('iam_endpoint'),
  };
}

function lacks(file: string, section: string, key: string): string {
  return `The profile file ${file} has no '${key}' in a section [${section}].`;
}

function unreadable(file: string, error: unknown): string {
  return `The profile file ${file} cannot be read (${codeOfFileError(error)}).`;
}
