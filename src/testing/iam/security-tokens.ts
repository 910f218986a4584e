import { z } from 'zod';
import { verifySdkSignature } from '../auth/sdk-signature';
import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import { parseJson } from './auth-tokens';
import { credentialOnTheWire } from './credential';
import { badRequest, iamError, unauthorized } from './errors';

const DEFAULT_LIFE_SECONDS = 900;
const MAX_LIFE_SECONDS = 86_400;

const life = z.int().min(DEFAULT_LIFE_SECONDS).max(MAX_LIFE_SECONDS).default(DEFAULT_LIFE_SECONDS);

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

interface Domain {
  domain_id?: string;
  domain_name?: string;
}

/**
 * `POST /v3.0/OS-CREDENTIAL/securitytokens`: a temporary key for a token, or for an agency
 * (huaweicloudDocs/iam, "通过token获取临时访问密钥" and "通过委托获取临时访问密钥"). The token may be in the body or in the header.
 * The account has an agency of every name; another account has none.
 */
export function createTemporaryKey(c: ServiceContext, cloud: Cloud): Response {
  const request = c.get('request');
  const body = keyRequest.safeParse(parseJson(request.body));
  if (!body.success) return badRequest(c, 'The request body is invalid.');
  const { identity } = body.data.auth;

  const token = identity.token?.id ?? request.header('x-auth-token');
  const denial = token === undefined ? verifySdkSignature(request, cloud.keyring) : cloud.keyring.judgeToken(token);
  if (denial !== null) return unauthorized(c, 'The request you have made requires authentication.');

  const role = identity.assume_role;
  if (identity.methods.includes('assume_role') && (role === undefined || !namesOneDomain(role))) {
    return badRequest(c, 'assume_role must have agency_name, and either domain_name or domain_id.');
  }
  if (role !== undefined && !isOurs(role, cloud)) return iamError(c, 404, 'Could not find the agency.', 'Not Found');

  const seconds = (identity.assume_role ?? identity.token)?.duration_seconds ?? DEFAULT_LIFE_SECONDS;
  const key = cloud.keyring.issueTemporaryKey(seconds * 1_000);
  return c.json({ credential: credentialOnTheWire(key) }, 201);
}

function namesOneDomain({ domain_id, domain_name }: Domain): boolean {
  return (domain_id === undefined) !== (domain_name === undefined);
}

function isOurs({ domain_id, domain_name }: Domain, { state }: Cloud): boolean {
  return domain_id === undefined ? domain_name === state.domain.name : domain_id === state.domain.id;
}
