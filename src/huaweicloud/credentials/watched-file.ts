import { readFileSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

/**
 * Reads a small file again whenever it has changed.
 *
 * @param parse what the text says; it may throw
 */
export function watchedFile<T>(path: string, parse: (text: string) => T): () => Promise<T> {
  let last: { version: string; content: T } | undefined;
  return async () => {
    const version = versionOf(await stat(path));
    if (last === undefined || last.version !== version) last = { version, content: parse(readFileSync(path, 'utf8')) };
    return last.content;
  };
}

/** Another text when the file was replaced or written to. A link is followed: Kubernetes replaces what it leads to. */
export function versionOfFile(path: string): string {
  try {
    return versionOf(statSync(path));
  } catch (error) {
    return codeOfFileError(error);
  }
}

function versionOf({ mtimeMs, size, ino }: Stats): string {
  return `${mtimeMs} ${size} ${ino}`;
}

export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Editors of Windows put one before a text in UTF-8. */
export function withoutByteOrderMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

/** `ENOENT` and the like, without the words around it. */
export function codeOfFileError(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.name : 'unknown error');
}
