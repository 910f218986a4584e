import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Denial } from './auth/keyring';
import { verifySdkSignature } from './auth/sdk-signature';
import type { Cloud } from './cloud';
import type { ServiceEnv } from './http-service';

/** An error of the API gateway before IMS and IAM, in its shape (huaweicloudDocs/apig, error codes). */
export function gatewayError(
  c: Context<ServiceEnv>,
  status: ContentfulStatusCode,
  code: string,
  message: string,
): Response {
  c.set('note', code);
  return c.json({ error_code: code, error_msg: message, request_id: c.get('requestId') }, status);
}

/** Sets the header by which people and SDKs name a request. */
export function namesRequests(): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    await next();
    c.res.headers.set('X-Request-Id', c.get('requestId'));
  };
}

/** Lets in who has a valid token or AK/SK signature for the project. */
export function authenticates(cloud: Cloud): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const request = c.get('request');
    const token = request.header('x-auth-token');
    const denial = token === undefined ? verifySdkSignature(request, cloud.keyring) : cloud.keyring.judgeToken(token);
    if (denial !== null) return deny(c, denial);
    const projectId = request.header('x-project-id');
    if (projectId !== undefined && projectId !== cloud.state.projectId) {
      return gatewayError(c, 401, 'APIGW.0301', `${INCORRECT}: project id ${projectId} is not one of the account`);
    }
    return next();
  };
}

function deny(c: Context<ServiceEnv>, denial: Denial): Response {
  if (denial === 'expiredToken' || denial === 'expiredKey') {
    return gatewayError(c, 401, 'APIGW.0307', 'The token must be updated.');
  }
  const response = gatewayError(c, 401, 'APIGW.0301', `${INCORRECT}: ${REASONS[denial]}`);
  c.set('note', `APIGW.0301 (${denial})`);
  return response;
}

const INCORRECT = 'Incorrect IAM authentication information';

/** Worded as in the gateway's error table. */
const REASONS: { [denial in Exclude<Denial, 'expiredToken' | 'expiredKey'>]: string } = {
  anonymous: 'x-auth-token not found',
  malformed: 'the Authorization header is invalid',
  unknownKey: 'ak not exist',
  locked: 'the ak is locked for 5 minutes after more than 5 failed signatures in a row',
  wrongSignature: 'verify aksk signature fail',
  skewed: 'x-sdk-date is more than 15 minutes off',
  wrongBodyHash: 'x-sdk-content-sha256 differs from the body',
  noSecurityToken: 'the security token does not belong to the ak',
  unknownToken: 'decrypt token fail',
  revoked: 'the credential is disabled',
};
