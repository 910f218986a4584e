import { percentDecode } from '../wire';

/** Bucket and object that a request is about. */
export interface ObsTarget {
  /** Empty when the request is about the account: the list of its buckets. */
  bucket: string;
  /** Decoded; empty when the request is about the bucket itself. */
  key: string;
  /** Spellings of the canonical resource that a client may have signed, encoded as on the request line. */
  resources: string[];
}

/** `<bucket>.obs.localhost` addresses a bucket by virtual host. Any other host, an IP address above all, by path. */
export const OBS_DOMAIN = 'obs.localhost';

/** Reads the target of a request; the port may be missing from `host`, as the Node SDK leaves it out. */
export function readTarget(path: string, host: string): ObsTarget {
  const bucketOfHost = virtualHostBucket(host);
  const resource = bucketOfHost === undefined ? path : `/${bucketOfHost}${path}`;
  const [, rawBucket = '', rawKey = ''] = /^\/([^/]*)\/?(.*)$/s.exec(resource) ?? [];
  const bucket = percentDecode(rawBucket);
  const key = percentDecode(rawKey);
  if (bucket === '') return { bucket, key: '', resources: ['/'] };
  const bucketResource = `/${rawBucket}`;
  return { bucket, key, resources: key === '' ? [bucketResource, `${bucketResource}/`] : [resource] };
}

/** Path-style spelling of a request's path. */
export function pathStyle(path: string, host: string): string {
  const bucket = virtualHostBucket(host);
  return bucket === undefined ? path : `/${bucket}${path}`;
}

function virtualHostBucket(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return name.endsWith(`.${OBS_DOMAIN}`) ? name.slice(0, -OBS_DOMAIN.length - 1) : undefined;
}
