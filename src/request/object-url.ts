/**
 * URLs of objects, which tools of OBS and S3 take, and an export does not.
 *
 * @module
 */
import { cut, forTerminal } from '../export/quoting';

/** OBS, "Creating a Bucket": 3 to 63 characters, and not in the form of an IP address. */
export const BUCKET_NAME = /^(?!\d+\.\d+\.\d+\.\d+$)(?!.*(\.\.|\.-|-\.))[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

const MAX_SHOWN = 200;

/**
 * What is right in the place of a URL, for a message; null when the text is no URL.
 *
 * @example insteadOfUrl('obs://ims-image/a.qcow2') // "'ims-image:a.qcow2', in the form '<bucket>:<object key>'"
 */
export function insteadOfUrl(text: string): string | null {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return null;
  const destination = destinationOfUrl(text);
  const form = "'<bucket>:<object key>'";
  return destination === null ? `${form}, not a URL` : `'${destination}', in the form ${form}`;
}

/** `<bucket>:<object key>` of the URL of an object, by OBS, S3 or HTTP; null where it is not known to be one. */
export function destinationOfUrl(text: string): string | null {
  const [, scheme = '', host = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)/i.exec(text) ?? [];
  const [bucket, key] = partsOf(scheme.toLowerCase(), host.toLowerCase(), path.replace(/^\//, ''));
  if (!BUCKET_NAME.test(bucket)) return null;
  return forTerminal(cut(`${bucket}:${key || '<object key>'}`, MAX_SHOWN));
}

function partsOf(scheme: string, host: string, path: string): [bucket: string, key: string] {
  if (scheme === 'obs' || scheme === 's3') return [host, path];
  // A bucket may have dots, and the last `obs` is the service.
  const [service, ofHost] = /^https?$/.test(scheme) ? (/^(?:(.+)\.)?obs[.-]/.exec(host) ?? []) : [];
  if (service === undefined) return ['', ''];
  const decoded = decode(path);
  if (ofHost !== undefined) return [ofHost, decoded];
  const [bucket = '', ...key] = decoded.split('/');
  return [bucket, key.join('/')];
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
