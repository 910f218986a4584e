import { z } from 'zod';
import { verifySdkSignature } from '../auth/sdk-signature';
import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import { parseJson } from './auth-tokens';
import { credentialOnTheWire } from './credential';
import { badRequest, unauthorized } from './errors';

const DEFAULT_LIFE_SECONDS = 900;
const LONGEST_LIFE_SECONDS = 86_400;

const life = z.int().min(DEFAULT_LIFE_SECONDS).max(LONGEST_LIFE_SECONDS).default(DEFAULT_LIFE_SECONDS);

const keyRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.enum(['token', 'assume_role'])).min(1),
      token: z.object({ id: z.string().optional(), duration_seconds: life }).optional(),
      assume_role: z
        .object({
          agency_name: z.string().min(1),
          domain_id: z.string().optional(),
          domain_name: z.string().optional(),
          duration_seconds: life,
        })
        .optional(),
    }),
  }),
});

/**
 * `POST /v3.0/OS-CREDENTIAL/securitytokens`: a temporary key for a token, or for an agency
 * (huaweicloudDocs/iam, "通过token获取临时访问密钥" and "通过委托获取临时访问密钥"). The token may be in the body or in the header.
 */
export function createTemporaryKey(c: ServiceContext, cloud: Cloud): Response {
  const request = c.get('request');
  const body = keyRequest.safeParse(parseJson(request.body));
  if (!body.success) return badRequest(c, 'The request body is invalid.');
  const { identity } = body.data.auth;

  const token = identity.token?.id ?? request.header('x-auth-token');
  const denial = token === undefined ? verifySdkSignature(request, cloud.keyring) : cloud.keyring.judgeToken(token);
  if (denial !== null) return unauthorized(c, 'The request you have made requires authentication.');

  const seconds = (identity.assume_role ?? identity.token)?.duration_seconds ?? DEFAULT_LIFE_SECONDS;
  const key = cloud.keyring.issueTemporaryKey(seconds * 1_000);
  return c.json({ credential: credentialOnTheWire(key) }, 201);
}
