import { Hono } from 'hono';
import { printToStderr, stackLines } from '../../terminal/output';
import type { Cloud } from '../cloud';
import { authenticates, namesRequests } from '../gateway';
import { frontDoor, type ServiceContext, type ServiceEnv } from '../http-service';
import type { Endpoints } from '../state';
import { createToken, showToken } from './auth-tokens';
import { iamError } from './errors';
import { assumeAgencyWithOidc, createTokenByIdToken } from './id-tokens';
import { listDomains, listProjects } from './projects';
import { createTemporaryKey } from './security-tokens';

/** Identity and Access Management; and the Security Token Service (STS), which has a host of its own in the cloud. */
export function iam(cloud: Cloud, endpoints: () => Endpoints): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>({ strict: false });
  const signedIn = authenticates(cloud);
  app.use(frontDoor('iam', cloud), namesRequests());
  app.get('/', listVersions);
  app.get('/v3', showVersion);
  app.post('/v3/auth/tokens', (c) => createToken(c, cloud, endpoints()));
  app.get('/v3/auth/tokens', signedIn, (c) => showToken(c, cloud, endpoints()));
  app.get('/v3/auth/domains', signedIn, (c) => listDomains(c, cloud));
  app.get('/v3/auth/projects', signedIn, (c) => listProjects(c, cloud));
  app.get('/v3/projects', signedIn, (c) => listProjects(c, cloud));
  app.post('/v3.0/OS-CREDENTIAL/securitytokens', (c) => createTemporaryKey(c, cloud));
  app.post('/v3.0/OS-AUTH/id-token/tokens', (c) => createTokenByIdToken(c, cloud));
  app.post('/v5/agencies/assume-with-oidc', (c) => assumeAgencyWithOidc(c, cloud));
  app.notFound((c) => iamError(c, 404, 'Could not find the resource.', 'Not Found'));
  app.onError((error, c) => {
    printToStderr(...stackLines(error));
    return iamError(
      c,
      500,
      'An unexpected error prevented the server from fulfilling your request.',
      'Internal Server Error',
    );
  });
  return app;
}

/** `GET /`, before a client has a token: OpenStack clients read the versions of IAM first. */
function listVersions(c: ServiceContext): Response {
  return c.json({ versions: { values: [version(c)] } }, 300);
}

/** `GET /v3` */
function showVersion(c: ServiceContext): Response {
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
