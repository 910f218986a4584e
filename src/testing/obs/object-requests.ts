import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { HeaderFamily } from '../auth/obs-signature';
import type { Cloud } from '../cloud';
import type { WireRequest } from '../wire';
import type { Bucket } from './buckets';
import { noSuchKey, ObsError } from './errors';
import type { StoredObject } from './object-store';
import { readRange } from './range';

export interface ObjectAddress {
  bucket: Bucket;
  key: string;
}

/** HEAD of an object (huaweicloudDocs/obs, "获取对象元数据"). */
export function headObject(address: ObjectAddress, request: WireRequest, cloud: Cloud, family: HeaderFamily): Response {
  const object = find(address, cloud);
  const unmet = unmetCondition(object, request);
  if (unmet !== undefined) return new Response(null, { status: unmet });
  return new Response(null, { headers: { ...objectHeaders(object, family), 'content-length': String(object.size) } });
}

/** GET of an object, or of one range of it. */
export function getObject(address: ObjectAddress, request: WireRequest, cloud: Cloud, family: HeaderFamily): Response {
  const object = find(address, cloud);
  const unmet = unmetCondition(object, request);
  if (unmet === 304) return new Response(null, { status: 304 });
  if (unmet === 412)
    throw new ObsError(412, 'PreconditionFailed', 'At least one of the preconditions you specified did not hold');

  const range = readRange(request.header('range'), object.size);
  if (range === 'unsatisfiable') {
    throw new ObsError(416, 'InvalidRange', 'The requested range cannot be satisfied', {
      'content-range': `bytes */${object.size}`,
    });
  }
  const { first, last } = range ?? { first: 0, last: object.size - 1 };
  const headers: { [name: string]: string } = {
    ...objectHeaders(object, family),
    'content-length': String(last - first + 1),
    ...(range === undefined ? {} : { 'content-range': `bytes ${first}-${last}/${object.size}` }),
  };
  return new Response(cloud.objects.read(object, first, last), { status: range === undefined ? 200 : 206, headers });
}

/** PUT of an object, in one piece. An existing one is replaced. */
export function putObject({ bucket, key }: ObjectAddress, request: WireRequest, cloud: Cloud): Response {
  const declaredMd5 = request.header('content-md5');
  if (declaredMd5 !== undefined && declaredMd5 !== createHash('md5').update(request.body).digest('base64')) {
    throw new ObsError(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.');
  }
  const object = cloud.objects.write({
    bucket: bucket.name,
    key,
    lastModifiedMs: cloud.clock.now(),
    contentType: request.header('content-type') ?? 'binary/octet-stream',
    uploadedInParts: false,
    produce: (path) => writeFileSync(path, request.body),
  });
  return new Response(null, { headers: { etag: object.etag, 'content-length': '0' } });
}

/** DELETE of an object. One that is not there is deleted already. */
export function deleteObject({ bucket, key }: ObjectAddress, cloud: Cloud): Response {
  cloud.objects.delete(bucket.name, key);
  return new Response(null, { status: 204 });
}

function find({ bucket, key }: ObjectAddress, cloud: Cloud): StoredObject {
  const object = cloud.objects.find(bucket.name, key);
  if (object === undefined) throw noSuchKey();
  return object;
}

/** The header of the storage class is absent: that is how OBS says STANDARD of an object. */
function objectHeaders(object: StoredObject, family: HeaderFamily): { [name: string]: string } {
  return {
    etag: object.etag,
    'last-modified': new Date(object.lastModifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    'content-type': object.contentType,
    ...(object.uploadId === null || family === 'amz' ? {} : { 'x-obs-uploadId': object.uploadId }),
  };
}

function unmetCondition(object: StoredObject, request: WireRequest): 304 | 412 | undefined {
  const ifMatch = request.header('if-match');
  const ifNoneMatch = request.header('if-none-match');
  if (ifMatch !== undefined && !sameTag(ifMatch, object.etag)) return 412;
  if (ifNoneMatch !== undefined && sameTag(ifNoneMatch, object.etag)) return 304;
  const modified = Math.floor(object.lastModifiedMs / 1_000) * 1_000;
  const since = Date.parse(request.header('if-modified-since') ?? '');
  if (ifNoneMatch === undefined && modified <= since) return 304;
  if (ifMatch === undefined && modified > Date.parse(request.header('if-unmodified-since') ?? '')) return 412;
  return undefined;
}

function sameTag(condition: string, etag: string): boolean {
  return condition === '*' || condition.replaceAll('"', '') === etag.replaceAll('"', '');
}
