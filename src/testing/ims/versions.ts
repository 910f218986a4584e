import type { ServiceContext } from '../http-service';

/** `GET /`: the versions of the image API, which OpenStack clients ask for before they list images. */
export function listVersions(c: ServiceContext): Response {
  const origin = `http://${c.get('request').host}`;
  const version = (id: string, status: string, path: string) => ({
    id,
    status,
    links: [{ rel: 'self', href: `${origin}${path}` }],
    version: '',
    min_version: '',
    updated: '2019-03-12T00:00:00Z',
  });
  return c.json({ versions: [version('v2.0', 'CURRENT', '/v2/'), version('v1', 'SUPPORTED', '/v1/')] }, 300);
}
