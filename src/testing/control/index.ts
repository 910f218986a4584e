import { Hono, type MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { IDP_ID, oidcUrns } from '../auth/identity-provider';
import type { Cloud } from '../cloud';
import type { FaultRule } from '../faults';
import type { ServiceEnv } from '../http-service';
import { POD_IDENTITY_PATH } from '../metadata';
import type { Endpoints } from '../state';

/**
 * The control API under `/_simulator`: what a test does to the cloud from outside. It needs no credentials, is not in the
 * journal and meets no faults. JSON only, under a loopback host only: no web page can call it.
 */
export function control(cloud: Cloud, endpoints: () => Endpoints): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  app.onError((error, c) =>
    c.json({ error: error instanceof z.ZodError ? z.prettifyError(error) : error.message }, 400),
  );

  app.use(refuseWebPages);

  app.get('/requests', (c) => c.json(cloud.journal.list()));

  app.get('/jobs', (c) => c.json(cloud.jobs.list()));
  app.put('/jobs/:jobId', async (c) => {
    const jobId = c.req.param('jobId');
    const job = cloud.jobs.change(jobId, jobChange.parse(await c.req.json()));
    if (job === undefined) return c.json({ error: `no job ${jobId}` }, 404);
    if (job === 'ended') return c.json({ error: `job ${jobId} has ended` }, 409);
    return c.json(job);
  });

  app.post('/images', async (c) => {
    const { like, count, attributes } = imagesToAdd.parse(await c.req.json());
    const images = cloud.addImages(like, count, attributes);
    return c.json(images.map(({ id, name }) => ({ id, name })));
  });

  app.post('/faults', async (c) => {
    const rule: FaultRule = faultRule.parse(await c.req.json());
    cloud.faults.add(rule);
    return c.json(rule);
  });
  app.delete('/faults', (c) => {
    cloud.faults.clear();
    return c.json({});
  });

  app.post('/busy-guard', async (c) => {
    const { guard } = busyGuardChange.parse(await c.req.json());
    cloud.busyGuard = guard;
    return c.json({ guard });
  });

  app.post('/clock', async (c) => {
    const { advanceMs } = clockChange.parse(await c.req.json());
    cloud.clock.advance(advanceMs);
    return c.json({ now: new Date(cloud.clock.now()).toISOString() });
  });

  app.post('/credentials', async (c) => {
    const change = credentialsChange.parse(await c.req.json());
    if (change.expireToken) cloud.keyring.expireTokens();
    if (change.revoke) cloud.keyring.revoke(change.revoke === 'permissions' ? 'permissions' : 'credentials');
    if (change.restore) cloud.keyring.restore();
    return c.json(change.rotate ? cloud.keyring.rotate() : {});
  });

  app.post('/id-tokens', async (c) => {
    const { use, lifeSeconds } = idTokenToIssue.parse(await c.req.json());
    const { metadata } = endpoints();
    return c.json({
      token: cloud.identityProvider.issue(use, lifeSeconds * 1_000),
      idpId: IDP_ID,
      ...oidcUrns(cloud.state.domain.id),
      podIdentityUri: `${metadata}${POD_IDENTITY_PATH}`,
    });
  });

  app.all('*', (c) => c.json({ error: `no control call ${c.req.method} ${c.req.path}` }, 404));
  return app;
}

/**
 * A page may send plain texts and forms anywhere, and may lead a name of its own to the loopback, to read the answers too.
 * JSON it may send only where the answer to a question of its browser allows that, and no question is answered here.
 */
const refuseWebPages: MiddlewareHandler<ServiceEnv> = async (c, next) => {
  if (!LOOPBACK_HOST.test(c.req.header('host') ?? '')) {
    return c.json({ error: 'the control API is served under a loopback host only, such as 127.0.0.1' }, 403);
  }
  const changes = c.req.method === 'POST' || c.req.method === 'PUT';
  if (changes && !/^application\/json *(;|$)/i.test(c.req.header('content-type') ?? '')) {
    return c.json({ error: 'the control API takes JSON only: send the header content-type: application/json' }, 415);
  }
  return next();
};

const LOOPBACK_HOST = /^(([\w-]+\.)*localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/;

const jobChange = z.strictObject({
  status: z.string().min(1).nullish(),
  error_code: z.string().nullish(),
  fail_reason: z.string().nullish(),
  percent: z.number().min(0).max(1).nullish(),
  forget: z.boolean().optional(),
  stuck: z.boolean().optional(),
});

/** Copies of an image of the catalogue: one image exports once at a time, so a batch needs many. */
const imagesToAdd = z.strictObject({
  like: z.string(),
  count: z.int().min(1).max(10_000).default(1),
  /** What ListImages shows of each of them beside their IDs, which are new; with a `name`, all are called the same. */
  attributes: z
    .object({ id: z.string().optional() })
    .catchall(z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]))
    .optional(),
});

const action = z
  .strictObject({
    status: z.int().min(200).max(599).optional(),
    acts: z.boolean().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    body: z.unknown().optional(),
    dropBefore: z.boolean().optional(),
    dropAfter: z.boolean().optional(),
    delayMs: z.number().min(0).optional(),
    truncate: z.boolean().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'an action must do something');

const faultRule = z.strictObject({
  service: z.enum(['ims', 'obs', 'iam', 'metadata']).optional(),
  method: z.string().optional(),
  path: z.string().optional(),
  nth: z.int().min(1).optional(),
  times: z.int().min(1).optional(),
  action,
});

/** `off`: an image that is being exported is not refused another export (IMG.0148). Until turned on, or a restart. */
const busyGuardChange = z.strictObject({ guard: z.enum(['on', 'off']) });

/** A new token of the identity provider: for IAM, for STS, or of a pod's service account; and what else goes with it. */
const idTokenToIssue = z.strictObject({
  use: z.enum(['idToken', 'oidc', 'pod']),
  lifeSeconds: z.int().min(1).default(3_600),
});

const clockChange = z.strictObject({ advanceMs: z.number().min(0) });

const credentialsChange = z
  .strictObject({
    /** A new permanent key pair, which is the answer; the old one is unknown from now on. */
    rotate: z.boolean().optional(),
    /** All tokens and temporary keys issued so far have expired. */
    expireToken: z.boolean().optional(),
    /** Everything is refused until restored: with 401 (`true`), or with 403 (`"permissions"`). */
    revoke: z.union([z.boolean(), z.literal('permissions')]).optional(),
    /** Takes back `revoke`, and lifts locks. */
    restore: z.boolean().optional(),
  })
  .refine((value) => Object.keys(value).length > 0, 'nothing to change');
