import { isIP } from 'node:net';
import { withoutBrackets } from '../../network/local-addresses';
import { withoutUserInfo } from '../../network/shown-url';
import { read } from '../credentials/environment';

/** Base URLs, with scheme, without a trailing slash; `obs` without the bucket. */
export interface Endpoints {
  ims: string;
  obs: string;
  iam: string;
}

export type Service = keyof Endpoints | 'sts';

/**
 * HUAWEICLOUD_SDK_REGION_<SERVICE>_<REGION>, by which the vendor's SDKs replace the endpoint of a service in a region, such as
 * HUAWEICLOUD_SDK_REGION_IMS_EU_DE. They take several, separated by commas, of which the first counts here, and one without a
 * scheme as https.
 */
export function endpointByRegionVariable(
  env: NodeJS.ProcessEnv,
  service: Service,
  region: string,
): { variable: string; endpoint: string | undefined } {
  const variable = `${REGION_VARIABLES}${service}_${region.replaceAll('-', '_')}`.toUpperCase();
  const [first = ''] = (read(env, variable) ?? '').split(',');
  const given = first.trim();
  return { variable, endpoint: given === '' ? undefined : withScheme(given) };
}

/** How the names of these variables begin. */
const REGION_VARIABLES = 'HUAWEICLOUD_SDK_REGION_';

/** As the SDKs take an endpoint of their variables: over https when it has no scheme. */
export function withScheme(endpoint: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(endpoint) ? endpoint : `https://${endpoint}`;
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
export function problemOfEndpoint(value: string, service?: Service): string | undefined {
  const shown = withoutUserInfo(value);
  if (!URL.canParse(value)) return `is '${shown}', which is not a URL`;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  if (username !== '' || password !== '') return 'has a user or a password, which an endpoint must not have';
  if (protocol !== 'https:' && protocol !== 'http:') return `is '${shown}', which is not an http or https URL`;
  if (search !== '' || hash !== '') return `is '${shown}', which has a query or a fragment`;
  if (service === 'obs' && /[^/]/.test(pathname)) return `is '${shown}', which has a path`;
  return undefined;
}

/** A bucket cannot be a label of an IP address, so there only path style works. */
export function isAddress(endpoint: string): boolean {
  return isIP(withoutBrackets(new URL(endpoint).hostname)) !== 0;
}
