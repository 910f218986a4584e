import { isIP } from 'node:net';
import { withoutBrackets } from '../../network/local-addresses';

/** Base URLs, with scheme, without a trailing slash; `obs` without the bucket. */
export interface Endpoints {
  ims: string;
  obs: string;
  iam: string;
}

export const SERVICES = ['ims', 'obs', 'iam'] as const satisfies ReadonlyArray<keyof Endpoints>;

/** `https://{service}.{region}.myhuaweicloud.com` */
export function defaultEndpoint(service: keyof Endpoints, region: string): string {
  return `https://${service}.${region}.${domainOf(region)}`;
}

/** The one region known to live under another domain (Terraform provider, cloud `myhuaweicloud.eu`). */
function domainOf(region: string): string {
  return region === 'eu-west-101' ? 'myhuaweicloud.eu' : 'myhuaweicloud.com';
}

/** As given, without slashes at the end. */
export function trimEndpoint(endpoint: string): string {
  return endpoint.replace(/\/+$/, '');
}

/**
 * What is wrong with the URL of an endpoint, such as `is 'x', which is not a URL`. Repeats no part that may be a secret.
 *
 * @param service of OBS, buckets and keys are the whole path
 */
export function problemOfEndpoint(value: string, service?: keyof Endpoints): string | undefined {
  const shown = value.replace(/^.*@/, '…@').replace(/[?#].*$/, '…');
  if (!URL.canParse(value)) return `is '${shown}', which is not a URL`;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  if (username !== '' || password !== '') return 'holds a user or a password, which an endpoint must not';
  if (protocol !== 'https:' && protocol !== 'http:') return `is '${shown}', which is not an http or https URL`;
  if (search !== '' || hash !== '') return `is '${shown}', which has a query or a fragment`;
  if (service === 'obs' && /[^/]/.test(pathname)) return `is '${shown}', which has a path`;
  return undefined;
}

/** A bucket cannot be a label of an IP address, so there only path style works. */
export function isAddress(endpoint: string): boolean {
  return isIP(withoutBrackets(new URL(endpoint).hostname)) !== 0;
}
