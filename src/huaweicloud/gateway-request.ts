import type { Credentials } from './credentials';
import type { CloudRequest } from './session';
import { SDK_HMAC_SHA256, sdkHmacSha256Signature, sha256Hex } from './signing/sdk-hmac-sha256';
import type { HttpRequest } from './transport';

/** A request to a service behind the API gateway (IMS, IAM). */
export interface GatewayRequest {
  method: HttpRequest['method'];
  /** Such as `https://ims.cn-north-4.myhuaweicloud.com`; a path in it goes before `path`. */
  endpoint: string;
  /** Encoded, without the query. */
  path: string;
  /** Encoded, without the `?`. */
  query?: string;
  /** JSON text. */
  body?: string;
  projectId?: string;
}

/** An operation for {@link CloudSession}, signed anew for every try. */
export function gatewayRequest(operation: string, request: GatewayRequest): CloudRequest {
  return {
    operation,
    method: request.method,
    sign: (credentials, nowMs) => signForGateway(request, credentials, nowMs),
  };
}

/** Signs with SDK-HMAC-SHA256. Every header that matters is signed, as the vendor's SDKs do. */
export function signForGateway(request: GatewayRequest, credentials: Credentials, nowMs: number): HttpRequest {
  const { origin, host, pathname } = new URL(request.endpoint);
  const path = `${pathname.replace(/\/+$/, '')}${request.path}`;
  const query = request.query ?? '';
  const body = request.body ?? '';
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
  const headers: Array<readonly [string, string]> = [
    ['content-type', 'application/json'],
    ['host', host],
    ...(request.projectId === undefined ? [] : [['x-project-id', request.projectId] as const]),
    ['x-sdk-date', date],
    ...(credentials.securityToken === undefined ? [] : [['x-security-token', credentials.securityToken] as const]),
  ];
  const signature = sdkHmacSha256Signature(
    { method: request.method, path, query, headers, payloadHash: sha256Hex(body) },
    date,
    credentials.secretKey,
  );
  const signedHeaders = headers.map(([name]) => name).join(';');
  const authorization = `${SDK_HMAC_SHA256} Access=${credentials.accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
  return {
    method: request.method,
    origin,
    path: query === '' ? path : `${path}?${query}`,
    headers: [...headers, ['authorization', authorization]],
    ...(body === '' ? {} : { body }),
  };
}
