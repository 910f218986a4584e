import type { MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Cloud } from '../cloud';
import type { ServiceContext, ServiceEnv } from '../http-service';

/** Answers with an error of IMS in its own shape, `{"error": {"code", "message"}}` (huaweicloudDocs/ims, "错误码"). */
export function imsError(c: ServiceContext, status: ContentfulStatusCode, code: string, message: string): Response {
  c.set('note', code);
  return c.json({ error: { message, code } }, status);
}

/** Refuses who is known but not allowed: the one error of IMS that is 403 (OTC, error_codes.rst). */
export function permits(cloud: Cloud): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    if (cloud.keyring.revoked !== 'permissions') return next();
    const message =
      'The role is invalid. You need to apply for the required permissions or pass the real-name authentication.';
    return imsError(c, 403, 'IMG.0026', message);
  };
}
