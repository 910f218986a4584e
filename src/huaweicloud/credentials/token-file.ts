import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { CredentialsError } from './credentials';
import { codeOfFileError, versionOfFile, withoutByteOrderMark } from './watched-file';

/**
 * A file that holds one token and nothing else, which its issuer, such as Kubernetes or a CI system, replaces before it expires.
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

/** What a key is made from, in any words: another text when the source, or the token in its file, is another. */
export function originOf<Source>(
  sourceNow: () => Source,
  fileOf: (source: Source) => string | undefined,
): () => string {
  return () => {
    try {
      const source = sourceNow();
      const file = fileOf(source);
      return JSON.stringify([source, file === undefined ? '' : versionOfFile(file)]);
    } catch {
      return 'none';
    }
  };
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
