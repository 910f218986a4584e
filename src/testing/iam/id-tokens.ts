import { z } from 'zod';
import { IDP_ID, oidcUrns } from '../auth/identity-provider';
import type { Cloud } from '../cloud';
import { gatewayError } from '../gateway';
import type { ServiceContext } from '../http-service';
import { parseJson } from './auth-tokens';
import { microsecondTime, stsCredential } from './credential';
import { badRequest, unauthorized } from './errors';

const idTokenRequest = z.object({ auth: z.object({ id_token: z.object({ id: z.string() }) }) });

/**
 * `POST /v3.0/OS-AUTH/id-token/tokens`: an unscoped token for an ID token, of the identity provider that X-Idp-Id names
 * (huaweicloudDocs/iam, "使用OpenID Connect ID Token获取联邦token").
 */
export function createTokenByIdToken(c: ServiceContext, cloud: Cloud): Response {
  const request = c.get('request');
  const body = idTokenRequest.safeParse(parseJson(request.body));
  if (!body.success) return badRequest(c, 'The request body is invalid.');
  const isKnown = request.header('x-idp-id') === IDP_ID;
  const denial = cloud.identityProvider.judge(body.data.auth.id_token.id, 'idToken');
  if (!isKnown || denial !== null || cloud.keyring.revoked === 'credentials') {
    return unauthorized(c, 'The ID token is invalid or has expired.');
  }
  const token = cloud.keyring.issueToken();
  c.header('X-Subject-Token', token.id);
  const { domain, user } = cloud.state;
  return c.json(
    {
      token: {
        methods: ['mapped'],
        issued_at: microsecondTime(token.issuedAtMs),
        expires_at: microsecondTime(token.expiresAtMs),
        user: {
          domain,
          id: user.id,
          name: 'FederationUser',
          'OS-FEDERATION': { identity_provider: { id: IDP_ID }, protocol: { id: 'oidc' }, groups: [] },
        },
      },
    },
    201,
  );
}

const oidcRequest = z.object({
  provider_urn: z.string(),
  agency_urn: z.string(),
  agency_session_name: z.string().min(1),
  id_token: z.string(),
  duration_seconds: z.int().min(900).max(86_400).default(3_600),
  policy: z.string().optional(),
  policy_ids: z.array(z.string()).optional(),
});

/** `POST /v5/agencies/assume-with-oidc` of STS, as the vendor's Python SDK asks it (huaweicloudsdkcore 3.1.219, core/auth/internal.py). */
export function assumeAgencyWithOidc(c: ServiceContext, cloud: Cloud): Response {
  const body = oidcRequest.safeParse(parseJson(c.get('request').body));
  if (!body.success) return gatewayError(c, 400, 'IAM.0011', 'The request body is invalid.');
  const { provider_urn, agency_urn, agency_session_name, id_token, duration_seconds } = body.data;
  const { providerUrn, agencyUrn } = oidcUrns(cloud.state.domain.id);
  if (provider_urn !== providerUrn || agency_urn !== agencyUrn) {
    return gatewayError(c, 403, 'IAM.0003', 'The agency does not trust the provider.');
  }
  const denial = cloud.identityProvider.judge(id_token, 'oidc');
  if (denial !== null || cloud.keyring.revoked === 'credentials') {
    return gatewayError(c, 401, 'IAM.0001', 'Invalid id_token');
  }
  const { access, secret, securityToken, expiration } = stsCredential(
    cloud.keyring.issueTemporaryKey(duration_seconds * 1_000),
  );
  return c.json({
    assumed_agency: {
      urn: `${agencyUrn}/${agency_session_name}`,
      id: `${cloud.state.domain.id}:${agency_session_name}`,
    },
    credentials: { access_key_id: access, secret_access_key: secret, security_token: securityToken, expiration },
    subject_from_id_token: 'system:serviceaccount:exports:worker',
    audience: 'oidc',
    provider: providerUrn,
  });
}
