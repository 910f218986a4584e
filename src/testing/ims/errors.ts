import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ServiceContext } from '../http-service';

/** Answers with an error of IMS in its own shape, `{"error": {"code", "message"}}` (huaweicloudDocs/ims, "错误码"). */
export function imsError(c: ServiceContext, status: ContentfulStatusCode, code: string, message: string): Response {
  c.set('note', code);
  return c.json({ error: { message, code } }, status);
}
