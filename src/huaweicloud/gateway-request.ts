import { MAX_JSON_BYTES } from './answer-text';
import type { Credentials } from './credentials/credentials';
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
  /** No more of an answer is taken in than would be read. @default MAX_JSON_BYTES */
  maxBodyBytes?: number;
}

/** An operation for {@link CloudSession}, signed anew for every try. */
export function gatewayRequest(operation: string, request: GatewayRequest): CloudRequest {
  return {
    operation,
    method: request.method,
    maxBodyBytes: request.maxBodyBytes ?? MAX_JSON_BYTES,
    sign: (credentials, nowMs) => signForGateway(request, credentials, nowMs),
  };
}

/** Signs with SDK-HMAC-SHA256. Every header that matters is signed, as the vendor's SDKs do. */
export function signForGateway(request: GatewayRequest, credentials: Credentials, nowMs: number): HttpRequest {
  const { origin, host, basePath } = parsedEndpoint(request.endpoint);
  const path = `${basePath}${request.path}`;
  const query = request.query ?? '';
  const body = request.body ?? '';
  const date = sdkDate(nowMs);
  const headers: Array<readonly [string, string]> = [
    ['content-type', 'application/json'],
    ['host', host],
  ];
  if (request.projectId !== undefined) headers.push(['x-project-id', request.projectId]);
  headers.push(['x-sdk-date', date]);
  if (credentials.securityToken !== undefined) headers.push(['x-security-token', credentials.securityToken]);
  const signature = sdkHmacSha256Signature(
    { method: request.method, path, query, headers, payloadHash: body === '' ? SHA256_OF_NOTHING : sha256Hex(body) },
    date,
    credentials.secretKey,
  );
  const signedHeaders = headers.map(([name]) => name).join(';');
  headers.push([
    'authorization',
    `${SDK_HMAC_SHA256} Access=${credentials.accessKey}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  ]);
  return {
    method: request.method,
    origin,
    path: query === '' ? path : `${path}?${query}`,
    headers,
    body: body === '' ? undefined : body,
  };
}

const SHA256_OF_NOTHING = sha256Hex('');

/** `YYYYMMDDTHHMMSSZ` */
function sdkDate(nowMs: number): string {
  const iso = new Date(nowMs).toISOString();
  return `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
}

interface ParsedEndpoint {
  origin: string;
  host: string;
  /** Without a trailing slash; empty when the endpoint has no path. */
  basePath: string;
}

/** There are as many as accounts have services, and each is used for every request. */
const parsedEndpoints = new Map<string, ParsedEndpoint>();

/** @throws TypeError when it is no URL */
function parsedEndpoint(endpoint: string): ParsedEndpoint {
  const known = parsedEndpoints.get(endpoint);
  if (known !== undefined) return known;
  const { origin, host, pathname } = new URL(endpoint);
  const parsed = { origin, host, basePath: pathname.replace(/\/+$/, '') };
  parsedEndpoints.set(endpoint, parsed);
  return parsed;
}
