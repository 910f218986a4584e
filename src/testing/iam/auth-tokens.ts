import { z } from 'zod';
import type { Token } from '../auth/keyring';
import type { Cloud } from '../cloud';
import type { ServiceContext } from '../http-service';
import type { Endpoints } from '../state';
import { queryParameters } from '../wire';
import { microsecondTime } from './credential';
import { badRequest, iamError, unauthorized } from './errors';

const named = z.object({ id: z.string().optional(), name: z.string().optional() });

const tokenRequest = z.object({
  auth: z.object({
    identity: z.object({
      methods: z.array(z.string()),
      password: z.object({ user: named.extend({ password: z.string(), domain: named.optional() }) }).optional(),
      token: z.object({ id: z.string() }).optional(),
    }),
    scope: z
      .object({ project: named.extend({ domain: named.optional() }).optional(), domain: named.optional() })
      .optional(),
  }),
});

type Identity = z.infer<typeof tokenRequest>['auth']['identity'];
type Scope = z.infer<typeof tokenRequest>['auth']['scope'];

/**
 * `POST /v3/auth/tokens` by password or by an older token. The token is in the header X-Subject-Token; its body names the
 * project, and lists the endpoints unless the query says `nocatalog`. The vendor's SDK signs this call as well, which is
 * not checked.
 */
export function createToken(c: ServiceContext, cloud: Cloud, endpoints: Endpoints): Response {
  const body = tokenRequest.safeParse(parseJson(c.get('request').body));
  if (!body.success) return badRequest(c, 'The request body is invalid.');
  const { identity, scope } = body.data.auth;
  if (cloud.keyring.revoked === 'credentials') return unauthorized(c, 'The username or password is wrong.');
  const denial = identity.token === undefined ? judgeLogin(identity, cloud) : judgeToken(identity.token.id, cloud);
  if (denial !== null) return unauthorized(c, denial);
  if (!isOurs(scope, cloud)) return unauthorized(c, 'The scope names no project of the account.');
  const token = cloud.keyring.issueToken();
  c.header('X-Subject-Token', token.id);
  return c.json(tokenBody(c, token, cloud, endpoints, identity.methods), 201);
}

/** `GET /v3/auth/tokens`: what the token in X-Subject-Token is good for. */
export function showToken(c: ServiceContext, cloud: Cloud, endpoints: Endpoints): Response {
  const id = c.get('request').header('x-subject-token') ?? '';
  const token = cloud.keyring.token(id);
  if (token === undefined || cloud.keyring.judgeToken(id) !== null) {
    return iamError(c, 404, 'Could not find token.', 'Not Found');
  }
  c.header('X-Subject-Token', token.id);
  return c.json(tokenBody(c, token, cloud, endpoints, ['password']));
}

export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

function judgeToken(id: string, cloud: Cloud): string | null {
  return cloud.keyring.judgeToken(id) === null ? null : 'The token is invalid.';
}

/** Why the login is refused. Wrong passwords lock the user, whichever client sent them; unknown users lock none. */
function judgeLogin(identity: Identity, cloud: Cloud): string | null {
  const { user, domain } = cloud.state;
  const given = identity.password?.user;
  const isKnown =
    given !== undefined && (given.id === user.id || (given.name === user.name && isSame(given.domain, domain)));
  if (!isKnown) return 'The username or password is wrong.';
  const denial = cloud.keyring.judgePassword(user.id, given.password === user.password);
  if (denial === null) return null;
  return denial === 'locked'
    ? 'The user is locked after too many wrong passwords.'
    : 'The username or password is wrong.';
}

/** Without a scope the token is for the account; this account has one project. */
function isOurs(scope: Scope, cloud: Cloud): boolean {
  const { projectId, region, domain } = cloud.state;
  if (scope?.project !== undefined) {
    const { project } = scope;
    return (
      isSame(project, { id: projectId, name: region }) &&
      (project.domain === undefined || isSame(project.domain, domain))
    );
  }
  return scope?.domain === undefined || isSame(scope.domain, domain);
}

function isSame(given: { id?: string; name?: string } | undefined, known: { id: string; name: string }): boolean {
  if (given?.id !== undefined) return given.id === known.id;
  return given?.name === known.name;
}

function tokenBody(c: ServiceContext, token: Token, cloud: Cloud, endpoints: Endpoints, methods: string[]): object {
  const { domain, user, projectId, region } = cloud.state;
  const withCatalog = !new Map(queryParameters(c.get('request').query)).has('nocatalog');
  return {
    token: {
      methods,
      issued_at: microsecondTime(token.issuedAtMs),
      expires_at: microsecondTime(token.expiresAtMs),
      user: { id: user.id, name: user.name, domain, password_expires_at: '' },
      project: { id: projectId, name: region, domain },
      roles: [
        { id: '0', name: 'ims_adm' },
        { id: '0', name: 'obs_adm' },
      ],
      ...(withCatalog ? { catalog: catalog(cloud, endpoints) } : {}),
    },
  };
}

/** The image endpoint is bare: otcextensions appends the versions itself. */
function catalog(cloud: Cloud, endpoints: Endpoints): object[] {
  const { region } = cloud.state;
  const service = (type: string, name: string, url: string) => ({
    type,
    name,
    id: `service-${type}`,
    endpoints: [{ id: `endpoint-${type}`, interface: 'public', region, region_id: region, url }],
  });
  return [service('image', 'ims', endpoints.ims), service('identity', 'iam', `${endpoints.iam}/v3`)];
}
