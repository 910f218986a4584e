import { encodeRfc3986 } from '../signing/sdk-hmac-sha256';

/** Which private images a list shows (IMS API, "Querying Images"); what is absent does not limit it. */
export interface ImageFilter {
  /** `name`: the whole name, compared exactly. */
  name?: string;
  /** `tag`: `key` or `key=value`. */
  tag?: string;
  /** `__os_type`: Linux, Windows, Other. */
  osType?: string;
  /** `enterprise_project_id`: an id, `0` for the default project, or `all_granted_eps`. */
  enterpriseProjectId?: string;
}

/** The query of a list, encoded. A shared or a public image is no private one, so neither is listed. */
export function imageListQuery(
  { name, tag, osType, enterpriseProjectId }: ImageFilter,
  { limit, marker }: { limit: number; marker?: string },
): string {
  const parameters = {
    __imagetype: 'private',
    name,
    tag,
    __os_type: osType,
    enterprise_project_id: enterpriseProjectId,
    limit: String(limit),
    marker,
  };
  return Object.entries(parameters)
    .flatMap(([parameter, value]) => (value === undefined ? [] : [`${parameter}=${encodeRfc3986(value)}`]))
    .join('&');
}
