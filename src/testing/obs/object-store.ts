import { createHash, randomUUID } from 'node:crypto';
import { closeSync, openSync, readdirSync, readSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** An object's metadata. Its content is a file of its own. */
export interface StoredObject {
  bucket: string;
  key: string;
  /** Name of the file in the directory of objects. */
  file: string;
  size: number;
  /** With the quotes. */
  etag: string;
  lastModifiedMs: number;
  contentType: string;
  /** Set when the object was uploaded in parts: its ETag is not the MD5 of its content then. */
  uploadId: string | null;
}

export interface ObjectToWrite {
  bucket: string;
  key: string;
  /** A name chosen by the caller makes writing again after a kill harmless. */
  file?: string;
  lastModifiedMs: number;
  contentType: string;
  uploadedInParts: boolean;
  /** Writes the content to a new file. */
  produce: (path: string) => void;
}

/** The names that files of objects have: chosen here, or after the job that wrote the object. */
export const OBJECT_FILE = /^([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|job-[0-9a-f]{32})$/;
const DRAFT = '.tmp';

/** The objects of all buckets, as files. The last writer of a key wins. */
export class ObjectStore {
  constructor(
    private readonly objects: StoredObject[],
    private readonly directory: string,
    private readonly save: () => void,
  ) {
    this.discardDrafts();
  }

  /** What a kill has left half written. Whole files stay, also unknown ones: an older state may have been put back. */
  private discardDrafts(): void {
    for (const entry of readdirSync(this.directory, { withFileTypes: true })) {
      const isDraft = entry.name.endsWith(DRAFT) && OBJECT_FILE.test(basename(entry.name, DRAFT));
      if (isDraft && entry.isFile()) rmSync(join(this.directory, entry.name), { force: true });
    }
  }

  find(bucket: string, key: string): StoredObject | undefined {
    return this.objects.find((object) => object.bucket === bucket && object.key === key);
  }

  /** In the order of their keys' bytes, as OBS lists them. */
  list(bucket: string): StoredObject[] {
    return this.objects
      .filter((object) => object.bucket === bucket)
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
  }

  /** The bytes from `first` to `last`, both included. In one piece: the objects of a simulator are small. */
  read(object: StoredObject, first: number, last: number): Buffer<ArrayBuffer> {
    const bytes = Buffer.alloc(last - first + 1);
    const descriptor = openSync(this.path(object), 'r');
    try {
      readSync(descriptor, bytes, 0, bytes.length, first);
    } finally {
      closeSync(descriptor);
    }
    return bytes;
  }

  write(object: ObjectToWrite): StoredObject {
    const stored = this.place(object);
    this.save();
    return stored;
  }

  /** As {@link write}, for a caller that saves the state itself, once for many objects. */
  place(object: ObjectToWrite): StoredObject {
    const file = object.file ?? randomUUID();
    const draft = join(this.directory, `${file}${DRAFT}`);
    // Never through a link of that name.
    rmSync(draft, { force: true });
    object.produce(draft);
    renameSync(draft, join(this.directory, file));

    const path = join(this.directory, file);
    const { size } = statSync(path);
    const stored: StoredObject = {
      bucket: object.bucket,
      key: object.key,
      file,
      size,
      etag: object.uploadedInParts ? etagOfParts(file, size) : `"${md5OfFile(path)}"`,
      lastModifiedMs: object.lastModifiedMs,
      contentType: object.contentType,
      uploadId: object.uploadedInParts ? createHash('md5').update(`upload ${file}`).digest('hex').toUpperCase() : null,
    };
    this.remove(object.bucket, object.key, file);
    this.objects.push(stored);
    return stored;
  }

  /** False when there was none. */
  delete(bucket: string, key: string): boolean {
    const removed = this.remove(bucket, key);
    if (removed) this.save();
    return removed;
  }

  private path(object: StoredObject): string {
    return join(this.directory, object.file);
  }

  private remove(bucket: string, key: string, keepFile?: string): boolean {
    const index = this.objects.findIndex((object) => object.bucket === bucket && object.key === key);
    const [removed] = index < 0 ? [] : this.objects.splice(index, 1);
    if (removed === undefined) return false;
    if (removed.file !== keepFile) rmSync(this.path(removed), { force: true });
    return true;
  }
}

const PART_SIZE = 20 * 1024 ** 2;

/** The shape of a multipart ETag, `"<hex>-<parts>"`. The service writes exports through its own uploader, so theirs is no MD5. */
function etagOfParts(file: string, size: number): string {
  const parts = Math.max(1, Math.ceil(size / PART_SIZE));
  return `"${createHash('md5').update(`${file} ${size}`).digest('hex')}-${parts}"`;
}

function md5OfFile(path: string): string {
  const hash = createHash('md5');
  const descriptor = openSync(path, 'r');
  const chunk = Buffer.alloc(1024 ** 2);
  try {
    for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, length));
    }
  } finally {
    closeSync(descriptor);
  }
  return hash.digest('hex');
}
