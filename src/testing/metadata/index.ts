import { randomBytes } from 'node:crypto';
import { Hono } from 'hono';
import { oidcUrns } from '../auth/identity-provider';
import type { TemporaryKey } from '../auth/keyring';
import type { Cloud } from '../cloud';
import { frontDoor, type ServiceEnv } from '../http-service';
import { credentialOnTheWire, stsCredential } from '../iam/credential';

/** How long keys of an agency last. */
const KEY_LIFE_MS = 6 * 3_600_000;

/** Where the agent gives out keys: HC_CONTAINER_CREDENTIALS_FULL_URI. */
export const POD_IDENTITY_PATH = '/v1/credentials';

const MAX_TOKEN_LIFE_SECONDS = 21_600;

/**
 * The metadata service of an ECS, as the SDKs read it: plainly, or with a session token
 * (huaweicloud-sdk-go-v3, core/auth/internal/metadata_accessor.go). Session tokens end with the process.
 */
export function metadata(cloud: Cloud): Hono<ServiceEnv> {
  const settings = cloud.metadata;
  const app = new Hono<ServiceEnv>();
  const sessions = new Map<string, number>();
  let key: TemporaryKey | undefined;
  app.use(frontDoor('metadata', cloud));

  app.put('/meta-data/latest/api/token', (c) => {
    if (typeof settings.tokens === 'number') return c.text('There are no tokens here', settings.tokens);
    const seconds = Number(c.req.header('x-metadata-token-ttl-seconds'));
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_TOKEN_LIFE_SECONDS) {
      return c.text('X-Metadata-Token-Ttl-Seconds must be from 1 to 21600', 400);
    }
    const token = randomBytes(24).toString('base64url');
    sessions.set(token, cloud.clock.now() + seconds * 1_000);
    return c.text(token);
  });

  // The agent of pod identity, which in the cloud is another process of the node: no session token is for it.
  app.post(POD_IDENTITY_PATH, (c) => {
    const denial = cloud.identityProvider.judge(c.req.header('authorization') ?? '', 'pod');
    if (denial !== null || cloud.keyring.revoked === 'credentials') {
      c.set('note', denial ?? 'revoked');
      return c.json({ error_code: 'CCE.01401', error_msg: 'The token is invalid or has expired.' }, 401);
    }
    const { access, secret, securityToken, expiration } = stsCredential(cloud.keyring.issueTemporaryKey(KEY_LIFE_MS));
    return c.json({
      assumedAgency: { urn: oidcUrns(cloud.state.domain.id).agencyUrn, id: '' },
      credentials: { accessKeyId: access, secretAccessKey: secret, securityToken, expiration },
      subject: { namespace: 'exports', serviceAccount: 'worker' },
    });
  });

  app.use(async (c, next) => {
    const token = c.req.header('x-metadata-token');
    const isValid = token !== undefined && (sessions.get(token) ?? 0) > cloud.clock.now();
    if (!isValid && (token !== undefined || settings.tokens === 'required')) {
      c.set('note', token === undefined ? 'no token' : 'wrong token');
      return c.text('Unauthorized', 401);
    }
    return next();
  });

  app.get('/openstack/latest/securitykey', (c) => {
    if (!settings.agency) {
      c.set('note', 'no agency');
      return c.text('Please configure Cloud Service Agency first', 401);
    }
    const isFresh = key !== undefined && key.expiresAtMs - cloud.clock.now() >= settings.renewedBeforeEndMs;
    if (key === undefined || !isFresh) key = cloud.keyring.issueTemporaryKey(KEY_LIFE_MS);
    return c.json({ credential: credentialOnTheWire(key) });
  });

  app.get('/openstack/latest/meta_data.json', (c) =>
    c.json({
      uuid: '0d5b1ee4-6f1c-4d6c-9a5b-3f3d1c6f2b77',
      name: 'ims-export-worker',
      hostname: 'ims-export-worker',
      project_id: cloud.state.projectId,
      region_id: cloud.state.region,
      availability_zone: `${cloud.state.region}a`,
    }),
  );
  return app;
}
