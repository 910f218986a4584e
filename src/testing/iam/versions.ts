import type { ServiceContext } from '../http-service';

/** `GET /`, before anybody has a token: OpenStack clients look for the versions of IAM first. */
export function listVersions(c: ServiceContext): Response {
  return c.json({ versions: { values: [version(c)] } }, 300);
}

/** `GET /v3` */
export function showVersion(c: ServiceContext): Response {
  return c.json({ version: version(c) });
}

function version(c: ServiceContext): object {
  return {
    id: 'v3.6',
    status: 'stable',
    updated: '2016-04-04T00:00:00Z',
    links: [{ rel: 'self', href: `http://${c.get('request').host}/v3/` }],
    'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
  };
}
