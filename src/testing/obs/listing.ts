import { encodeRfc3986 } from '../../huaweicloud/signing/sdk-hmac-sha256';
import type { HeaderFamily } from '../auth/obs-signature';
import type { Bucket } from './buckets';
import type { StoredObject } from './object-store';
import type { Xml } from './xml';

/**
 * The objects of a bucket by `prefix`, `marker`, `max-keys` and `delimiter` (huaweicloudDocs/obs, "列举桶内对象"), and the
 * second version of S3 (`list-type=2`), which boto3 sends.
 *
 * @param objects in the order of their keys.
 */
export function listObjects(
  bucket: Bucket,
  objects: readonly StoredObject[],
  parameters: ReadonlyMap<string, string>,
  maxKeys: number,
  family: HeaderFamily,
): Xml {
  const isSecondVersion = parameters.get('list-type') === '2';
  const prefix = parameters.get('prefix') ?? '';
  const delimiter = parameters.get('delimiter') ?? '';
  const continuation = parameters.get('continuation-token');
  const marker = isSecondVersion
    ? continuation === undefined
      ? (parameters.get('start-after') ?? '')
      : Buffer.from(continuation, 'base64url').toString('utf8')
    : (parameters.get('marker') ?? '');

  const entries = fold(objects, prefix, delimiter).filter(({ name }) => isAfter(name, marker));
  const page = entries.slice(0, maxKeys);
  const isTruncated = maxKeys > 0 && entries.length > page.length;
  const last = page.at(-1)?.name ?? '';

  const urlEncoded = parameters.get('encoding-type') === 'url';
  const spell = (text: string) => (urlEncoded ? text.split('/').map(encodeRfc3986).join('/') : text);
  const versionFields: Array<Xml | undefined> = isSecondVersion
    ? [
        ['KeyCount', page.length],
        isTruncated ? ['NextContinuationToken', Buffer.from(last, 'utf8').toString('base64url')] : undefined,
      ]
    : [['Marker', spell(marker)], isTruncated ? ['NextMarker', spell(last)] : undefined];

  return [
    'ListBucketResult',
    [
      family === 'obs' ? ['Location', bucket.location] : undefined,
      ['Name', bucket.name],
      ['Prefix', spell(prefix)],
      ...versionFields,
      ['MaxKeys', maxKeys],
      delimiter === '' ? undefined : ['Delimiter', spell(delimiter)],
      urlEncoded ? ['EncodingType', 'url'] : undefined,
      ['IsTruncated', isTruncated],
      ...page.map(
        ({ name, object }): Xml =>
          object === undefined ? ['CommonPrefixes', [['Prefix', spell(name)]]] : contents(object, spell(name)),
      ),
    ],
  ];
}

interface Entry {
  /** A key, or a common prefix. */
  name: string;
  object: StoredObject | undefined;
}

/** Keys that share the part up to the next delimiter become one entry. */
function fold(objects: readonly StoredObject[], prefix: string, delimiter: string): Entry[] {
  const entries: Entry[] = [];
  for (const object of objects) {
    if (!object.key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
    if (end < 0) {
      entries.push({ name: object.key, object });
      continue;
    }
    const name = object.key.slice(0, end + delimiter.length);
    if (entries.at(-1)?.name !== name) entries.push({ name, object: undefined });
  }
  return entries;
}

function isAfter(name: string, marker: string): boolean {
  return marker === '' || Buffer.compare(Buffer.from(name), Buffer.from(marker)) > 0;
}

function contents(object: StoredObject, key: string): Xml {
  return [
    'Contents',
    [
      ['Key', key],
      ['LastModified', new Date(Math.floor(object.lastModifiedMs / 1_000) * 1_000).toISOString()],
      ['ETag', object.etag],
      ['Size', object.size],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}
