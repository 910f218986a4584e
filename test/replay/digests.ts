/**
 * The digests of the recorded histories: each is fixed when its history is recorded, and never changes.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HISTORIES } from '../rigs/recorded-histories';

/** In the format of sha256sum: digest, two spaces, path. */
const MANIFEST = 'SHA256SUMS';

/** By path, such as `0.1.0/succeeded.json`, as the manifest has them. */
export function fixedDigests(root = HISTORIES): Map<string, string> {
  const lines = readFileSync(join(root, MANIFEST), 'utf8').split('\n').filter(Boolean);
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

/** By path, of the files in the folders of histories, whatever the manifest has. */
export function digestsOfFiles(root = HISTORIES): Map<string, string> {
  const folders = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return new Map(
    folders.flatMap(({ name: folder }) =>
      readdirSync(join(root, folder)).map((file): [string, string] => {
        const path = `${folder}/${file}`;
        return [path, digestOf(readFileSync(join(root, path)))];
      }),
    ),
  );
}

/** Keeps a new history and fixes its digest. Throws when there is one of this path, or when its digest is fixed. */
export function addHistory(path: string, json: string, root = HISTORIES): void {
  const fixed = fixedDigests(root);
  if (fixed.has(path)) throw new Error(`${path} is recorded already, and its digest is fixed in ${MANIFEST}`);
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), json, { flag: 'wx' });
  const lines = [...fixed.set(path, digestOf(json))].map(([of, digest]) => `${digest}  ${of}\n`);
  writeFileSync(join(root, MANIFEST), lines.sort(byPath).join(''));
}

function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function byPath(one: string, other: string): number {
  return one.slice(66) < other.slice(66) ? -1 : 1;
}
