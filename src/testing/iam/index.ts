import { Hono } from 'hono';
import type { Cloud } from '../cloud';
import { authenticates, namesRequests } from '../gateway';
import { frontDoor, type ServiceEnv } from '../http-service';
import type { Endpoints } from '../state';
import { createToken, showToken } from './auth-tokens';
import { iamError } from './errors';
import { listDomains, listProjects } from './projects';
import { createTemporaryKey } from './security-tokens';
import { listVersions, showVersion } from './versions';

/** Identity and Access Management. */
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
  app.notFound((c) => iamError(c, 404, 'Could not find the resource.', 'Not Found'));
  app.onError((error, c) => {
    console.error(error);
    return iamError(
      c,
      500,
      'An unexpected error prevented the server from fulfilling your request.',
      'Internal Server Error',
    );
  });
  return app;
}
