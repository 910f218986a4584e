import { Hono, type MiddlewareHandler } from 'hono';
import { printToStderr, stackLines } from '../../terminal/output';
import type { Cloud } from '../cloud';
import { control } from '../control';
import { authenticates, gatewayError, namesRequests } from '../gateway';
import { frontDoor, type ServiceContext, type ServiceEnv } from '../http-service';
import type { Endpoints } from '../state';
import { imsError } from './errors';
import { exportImage } from './export-image';
import { listGlanceImages, listImages, showImage } from './images';
import { showJob } from './jobs';

/** Image Management Service, with the control API of the simulator beside it. */
export function ims(cloud: Cloud, endpoints: () => Endpoints): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>({ strict: false });
  app.route('/_simulator', control(cloud, endpoints));
  app.use(frontDoor('ims', cloud), namesRequests());
  app.get('/', listVersions);
  app.notFound((c) =>
    gatewayError(c, 404, 'APIGW.0101', 'The API does not exist or has not been published in the environment'),
  );
  app.onError((error, c) => {
    printToStderr(...stackLines(error));
    return imsError(c, 500, 'IMG.0061', 'Unknown system error.');
  });

  for (const { method, path, handler } of ROUTES) {
    app.on(method, path, authenticates(cloud), permits(cloud), (c) => handler(c, cloud));
  }
  return app;
}

const ROUTES = [
  { method: 'GET', path: '/v2/cloudimages', handler: listImages },
  { method: 'GET', path: '/v2/images', handler: listGlanceImages },
  { method: 'GET', path: '/v2/images/:imageId', handler: showImage },
  { method: 'POST', path: '/v1/cloudimages/:imageId/file', handler: exportImage },
  { method: 'POST', path: '/v2.1/cloudimages/:imageId/file', handler: exportImage },
  { method: 'GET', path: '/v1/:projectId/jobs/:jobId', handler: showJob },
  { method: 'GET', path: '/v1/cloudimages/job/:jobId', handler: showJob },
] as const;

/** `GET /`: the versions of the image API, which OpenStack clients ask for before they list images. */
function listVersions(c: ServiceContext): Response {
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

/** Refuses who is known but not allowed: the one error of IMS that is 403 (OTC, error_codes.rst). */
function permits(cloud: Cloud): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    if (cloud.keyring.revoked !== 'permissions') return next();
    const message =
      'The role is invalid. You need to apply for the required permissions or pass the real-name authentication.';
    return imsError(c, 403, 'IMG.0026', message);
  };
}
