import { Hono } from 'hono';
import { printToStderr, stackLines } from '../../terminal/output';
import type { HeaderFamily } from '../auth/obs-signature';
import type { Cloud } from '../cloud';
import { frontDoor, type ServiceContext, type ServiceEnv } from '../http-service';
import { queryParameters } from '../wire';
import { authenticate, headerFamily } from './authentication';
import { bucketHeaders, listBuckets, showBucket } from './bucket-requests';
import { accessDenied, methodNotAllowed, noSuchBucket, notImplemented, ObsError } from './errors';
import { deleteObject, getObject, headObject, putObject } from './object-requests';
import { pathStyle, readTarget } from './target';
import { xmlDocument } from './xml';

/** Object Storage Service: path style and virtual hosts on one port, x-obs-* and x-amz-* by the scheme of authorization. */
export function obs(cloud: Cloud): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  app.use(frontDoor('obs', cloud, (path, host) => [pathStyle(path, host)]));
  app.all('*', (c) => {
    const family = headerFamily(c.get('request'));
    return withCommonHeaders(answer(c, cloud, family), c, family);
  });
  app.onError((error, c) => {
    printToStderr(...stackLines(error));
    const internal = new ObsError(500, 'InternalError', 'We encountered an internal error. Please try again.');
    return withCommonHeaders(errorAnswer(c, internal), c, headerFamily(c.get('request')));
  });
  return app;
}

function answer(c: ServiceContext, cloud: Cloud, family: HeaderFamily): Response {
  try {
    return route(c, cloud, family);
  } catch (error) {
    if (error instanceof ObsError) return errorAnswer(c, error);
    throw error;
  }
}

function route(c: ServiceContext, cloud: Cloud, family: HeaderFamily): Response {
  const request = c.get('request');
  const { method } = request;
  const target = readTarget(request.path, request.host);
  const resource = pathStyle(request.path, request.host);
  if (resource !== request.path) c.set('note', resource);
  const parameters = new Map(queryParameters(request.query));

  // SDKs ask without a signature which kind of signature the service takes.
  if (parameters.has('apiversion') && target.key === '') {
    if (target.bucket !== '' && cloud.bucket(target.bucket) === undefined) throw noSuchBucket();
    return new Response(null, { headers: { 'x-obs-api': '3.0', 'content-length': '0' } });
  }

  authenticate(request, target, cloud);
  if (target.bucket === '') {
    if (method === 'GET') return listBuckets(cloud, family);
    throw methodNotAllowed();
  }

  const bucket = cloud.bucket(target.bucket);
  if (bucket === undefined) throw noSuchBucket();
  if (bucket.denied) throw accessDenied();
  if (target.key === '') {
    if (method === 'HEAD')
      return new Response(null, { headers: { ...bucketHeaders(bucket, family), 'content-length': '0' } });
    if (method === 'GET') return showBucket(bucket, parameters, cloud, family);
    throw notImplemented(`${method} of a bucket`);
  }

  if (OBJECT_SUB_RESOURCES.some((name) => parameters.has(name))) throw notImplemented('sub-resources of objects');
  const address = { bucket, key: target.key };
  if (method === 'HEAD') return headObject(address, request, cloud, family);
  if (method === 'GET') return getObject(address, request, cloud, family);
  if (method === 'PUT') return putObject(address, request, cloud);
  if (method === 'DELETE') return deleteObject(address, cloud);
  throw methodNotAllowed();
}

const OBJECT_SUB_RESOURCES = [
  'acl',
  'uploads',
  'uploadId',
  'restore',
  'torrent',
  'append',
  'modify',
  'tagging',
  'rename',
];

function errorAnswer(c: ServiceContext, error: ObsError): Response {
  c.set('note', c.get('note') === '' ? error.code : `${c.get('note')} ${error.code}`);
  const request = c.get('request');
  const { status, code, message, headers } = error;
  if (request.method === 'HEAD') return new Response(null, { status, headers });
  const body = xmlDocument([
    'Error',
    [
      ['Code', code],
      ['Message', message],
      ['RequestId', c.get('requestId')],
      ['HostId', HOST_ID],
      ['Resource', request.path],
    ],
  ]);
  return new Response(body, { status, headers: { 'content-type': 'application/xml', ...headers } });
}

const HOST_ID = 'c2ltdWxhdG9yIG9mIHRlbXBvcmFsLWltcy1leHBvcnQ=';

function withCommonHeaders(response: Response, c: ServiceContext, family: HeaderFamily): Response {
  for (const [name, value] of Object.entries(commonHeaders(c, family))) response.headers.set(name, value);
  if (!response.headers.has('content-type')) response.headers.set('content-type', 'application/xml');
  return response;
}

function commonHeaders(c: ServiceContext, family: HeaderFamily): { [name: string]: string } {
  return {
    server: 'OBS',
    [`x-${family}-request-id`]: c.get('requestId').toUpperCase(),
    [`x-${family}-id-2`]: HOST_ID,
  };
}
