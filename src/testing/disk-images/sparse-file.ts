import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/** Writes pieces at their offsets into a file of `size` bytes; what lies between them is a hole. */
export function writeSparseFile(
  path: string,
  size: number,
  pieces: ReadonlyArray<readonly [offset: number, bytes: Buffer]>,
): void {
  const descriptor = openSync(path, 'w');
  try {
    ftruncateSync(descriptor, size);
    for (const [offset, bytes] of pieces) writeSync(descriptor, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(descriptor);
  }
}
