import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CredentialsError } from './credentials';
import { codeOfFileError, withoutByteOrderMark } from './watched-file';

/**
 * A file that holds one token and nothing else, which whoever issues it replaces before it expires: Kubernetes, a CI system.
 *
 * @module
 */

/** A header or a JSON string takes it. */
const TOKEN = /^[\x21-\x7e]{1,65536}$/;

/** @throws {@link CredentialsError} when there is no token; the message names the file and nothing that is in it */
export async function readTokenFile(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CredentialsError(unreadable(path, error), 'notConfigured');
  });
  const token = tokenIn(text);
  if (token === undefined) throw new CredentialsError(noToken(path), 'notConfigured');
  return token;
}

/** What is wrong with the file now, if anything. */
export function problemOfTokenFile(path: string): string | undefined {
  try {
    return tokenIn(readFileSync(path, 'utf8')) === undefined ? noToken(path) : undefined;
  } catch (error) {
    return unreadable(path, error);
  }
}

/** Another text when the file was replaced or written to. A link is followed: Kubernetes replaces what it leads to. */
export function versionOfFile(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch (error) {
    return codeOfFileError(error);
  }
}

/** A token as it is given, if it can be one. */
export function tokenIn(text: string): string | undefined {
  const token = withoutByteOrderMark(text).trim();
  return TOKEN.test(token) ? token : undefined;
}

function unreadable(path: string, error: unknown): string {
  return `The token file ${path} cannot be read (${codeOfFileError(error)}).`;
}

function noToken(path: string): string {
  return `The token file ${path} does not hold one token: it is empty, or has spaces or other characters in it.`;
}
