import type { ExportedObject, ExportRequest, ObjectProblem } from '../contract';
import { type CloudClient, CloudError } from '../huaweicloud';
import { formatFault } from './object-format';

/** Last-Modified has whole seconds. */
const CLOCK_TOLERANCE_MS = 1_000;

/** An object at the destination of an export, by a HEAD. */
export interface FoundObject {
  object: ExportedObject;
  storageClass: string;
}

/** Why an object is not what an export writes; `found` is a sentence without its subject. */
export interface ObjectFault {
  problem: ObjectProblem;
  found: string;
}

/** The object at the destination of an export; null when there is none. @throws CloudError */
export async function findObject(client: CloudClient, request: ExportRequest): Promise<FoundObject | null> {
  return (await readDestination(client, request)).found;
}

/** The same with the clock of OBS at that moment (ISO 8601), where it says one. @throws CloudError */
export async function readDestination(
  { obs }: CloudClient,
  request: ExportRequest,
): Promise<{ found: FoundObject | null; date: string | null }> {
  const { object, date } = await obs.headObject(request.bucket, request.objectKey);
  if (object === null) return { found: null, date };
  const { size, etag, lastModified, storageClass } = object;
  return { found: { object: { size, etag, lastModified, format: request.fileFormat }, storageClass }, date };
}

/**
 * Judges an object by its metadata and its first bytes; null when nothing is wrong. Its size is never compared with the
 * image's, since conversion changes it.
 *
 * @param notOlderThan ISO 8601 by the clock of OBS; null, or a time that cannot be read, skips that check
 * @throws CloudError when its bytes cannot be read
 */
export async function faultOf(
  { obs }: CloudClient,
  { bucket, objectKey, fileFormat }: ExportRequest,
  { object, storageClass }: FoundObject,
  notOlderThan: string | null,
): Promise<ObjectFault | null> {
  if (object.size === 0) return { problem: 'empty', found: 'has 0 bytes' };
  if (isOlder(object.lastModified, notOlderThan)) {
    return { problem: 'olderThanJob', found: `was last modified ${object.lastModified}, before ${notOlderThan}` };
  }
  if (storageClass !== 'STANDARD') {
    return { problem: 'wrongStorageClass', found: `has the storage class ${storageClass}, not STANDARD` };
  }
  try {
    const found = await formatFault(fileFormat, object.size, (first, last) =>
      obs.readRange(bucket, objectKey, first, last),
    );
    return found === null ? null : { problem: 'wrongFormat', found };
  } catch (error) {
    if (error instanceof CloudError && error.code === 'NoSuchKey') {
      return { problem: 'missing', found: 'was there and is gone' };
    }
    throw error;
  }
}

/** True when the object is surely older. */
export function isOlder(lastModified: string, notOlderThan: string | null): boolean {
  if (notOlderThan === null) return false;
  return Date.parse(lastModified) < Date.parse(notOlderThan) - CLOCK_TOLERANCE_MS;
}

/** What the cloud refused with, for a sentence: `403 AccessDenied`, or `HTTP 403` where it named no code. */
export function denialText({ httpStatus, code }: CloudError): string {
  if (httpStatus === null) return code;
  return code === `HTTP_${httpStatus}` ? `HTTP ${httpStatus}` : `${httpStatus} ${code}`;
}
