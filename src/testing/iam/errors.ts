import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ServiceContext } from '../http-service';

/** An error of IAM in its own shape; the code is a number (huaweicloudDocs/iam, "状态码"). */
export function iamError(c: ServiceContext, status: ContentfulStatusCode, message: string, title: string): Response {
  c.set('note', title);
  return c.json({ error: { code: status, message, title } }, status);
}

export const badRequest = (c: ServiceContext, message: string) => iamError(c, 400, message, 'Bad Request');

export const unauthorized = (c: ServiceContext, message: string) => iamError(c, 401, message, 'Unauthorized');
