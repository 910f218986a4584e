import { z } from 'zod';
import { MAX_DURATION_SECONDS, MIN_DURATION_SECONDS } from '../credentials/duration';
import { EXPORT_PATHS, JOB_QUERIES, problemOfProjectId, REGION } from './account';
import { problemOfEndpoint, type Service, trimEndpoint } from './endpoints';
import { KNOWN_CLOUDS, problemOfCloud } from './partitions';
import { exampleOf } from './place';
import { secretReference, textOrReference } from './secret';

/**
 * The file that IMS_EXPORT_CONFIG names. Its messages are whole sentences without a subject, which is the path of the
 * field. They show values of fields that hold no secret.
 *
 * @module
 */

const region = z
  .string({ error: (issue) => `${isWhat(issue.input)}; it must name a region, such as 'cn-north-4'.` })
  .regex(REGION, { error: (issue) => `is '${issue.input}', which is not the id of a region, such as 'cn-north-4'.` });

const projectId = z
  .string({ error: (issue) => `${isWhat(issue.input)}; it must be the id of a project.` })
  .refine((id) => problemOfProjectId(id) === undefined, {
    error: (issue) => problemOfProjectId(String(issue.input)),
  });

const endpointOf = (service: Service) =>
  z
    .string({ error: (issue) => `${isWhat(issue.input)}; it must be a URL.` })
    .superRefine((value, context) => {
      const problem = problemOfEndpoint(value, service);
      if (problem !== undefined) {
        context.addIssue({ code: 'custom', message: `${problem}; it must be like '${exampleOf(service)}'.` });
      }
    })
    .transform(trimEndpoint);

const text = (meaning: string) =>
  z
    .string({ error: (issue) => `${isWhat(issue.input)}; it must be ${meaning}.` })
    .min(1, `is empty; it must be ${meaning}.`);

/** A domain is an account of Huawei Cloud, by its name or its id. */
const DOMAIN_FIELDS = {
  domainName: textOrReference.optional(),
  domainId: textOrReference.optional(),
};
const oneDomain = ({ domainName, domainId }: { domainName?: unknown; domainId?: unknown }): boolean =>
  (domainName === undefined) !== (domainId === undefined);
const ONE_DOMAIN = 'must have either domainName or domainId, the account of Huawei Cloud.';

const chainSource = object({ source: z.literal('chain') });
const environmentSource = object({ source: z.literal('environment') });
const profileSource = object({
  source: z.literal('profile'),
  file: text('the path of a profile file').optional(),
  section: text('the name of a section').optional(),
});
const DURATION = z
  .int({ error: 'must be a whole number of seconds.' })
  .min(MIN_DURATION_SECONDS, `must be at least ${MIN_DURATION_SECONDS}.`)
  .max(MAX_DURATION_SECONDS, `must be at most ${MAX_DURATION_SECONDS}.`)
  .optional();
const idTokenSource = object({
  source: z.literal('idToken'),
  idpId: text('the id of an identity provider in IAM'),
  idTokenFile: text('the path of a file with an ID token'),
});
const oidcSource = object({
  source: z.literal('oidc'),
  providerUrn: text('the URN of an identity provider'),
  agencyUrn: text('the URN of an agency'),
  idTokenFile: text('the path of a file with an ID token'),
  sessionName: text('the name of a session').optional(),
  durationSeconds: DURATION,
});
const podIdentitySource = object({ source: z.literal('podIdentity') });
const metadataSource = object({ source: z.literal('metadata'), endpoint: endpointOf('ims').optional() });
const staticSource = object({
  source: z.literal('static'),
  accessKey: textOrReference,
  secretKey: secretReference,
  securityToken: secretReference.optional(),
});
const iamPasswordSource = object({
  source: z.literal('iamPassword'),
  user: textOrReference,
  password: secretReference,
  ...DOMAIN_FIELDS,
}).refine(oneDomain, ONE_DOMAIN);

const BASE_SOURCES = [
  chainSource,
  environmentSource,
  profileSource,
  idTokenSource,
  oidcSource,
  podIdentitySource,
  metadataSource,
  staticSource,
  iamPasswordSource,
] as const;

const baseCredentials = z.discriminatedUnion('source', BASE_SOURCES, { error: sourceError('assumeRole') });

const assumeRoleSource = object({
  source: z.literal('assumeRole'),
  agency: text('the name of an agency'),
  ...DOMAIN_FIELDS,
  durationSeconds: DURATION,
  from: baseCredentials.default({ source: 'chain' }),
}).refine(oneDomain, ONE_DOMAIN);

const credentials = z.discriminatedUnion('source', [...BASE_SOURCES, assumeRoleSource], { error: sourceError() });

const cloud = z
  .string({ error: (issue) => `${isWhat(issue.input)}; it must be ${KNOWN_CLOUDS}.` })
  .toLowerCase()
  .refine((name) => problemOfCloud(name) === undefined, { error: (issue) => problemOfCloud(String(issue.input)) });

const account = object({
  region,
  cloud: cloud.optional(),
  projectId: projectId.optional(),
  endpoints: object({
    ims: endpointOf('ims').optional(),
    obs: endpointOf('obs').optional(),
    iam: endpointOf('iam').optional(),
    sts: endpointOf('sts').optional(),
  }).default({}),
  obsPathStyle: z.boolean({ error: (issue) => `${isWhat(issue.input)}; it must be true or false.` }).optional(),
  allowHttp: z.boolean({ error: (issue) => `${isWhat(issue.input)}; it must be true or false.` }).optional(),
  api: object({
    exportPath: z.enum(EXPORT_PATHS, { error: "must be 'v1' or 'v2.1'." }).optional(),
    jobQuery: z.enum(JOB_QUERIES, { error: "must be 'job' or 'progress'." }).optional(),
  }).optional(),
  credentials: credentials.default({ source: 'chain' }),
});

const accounts = z
  .record(z.string().regex(/^\S{1,128}$/), account, {
    error: (issue) =>
      issue.code === 'invalid_key'
        ? 'is not a name for an account: it must be 1 to 128 characters without spaces.'
        : 'must be an object with an account under each name.',
  })
  .refine((all) => Object.keys(all).length > 0, 'is empty; there must be at least one account.');

export const configFileSchema = object({ accounts });

export type AccountEntry = z.infer<typeof account>;
export type CredentialsEntry = z.infer<typeof credentials>;

/** An object that takes no other fields. */
function object<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return `${isWhat(issue.input)}; it must be an object.`;
      const unknown = (issue.keys as string[]).map((key) => `'${key}'`).join(', ');
      return `has the unknown ${unknown}; known are ${Object.keys(shape).join(', ')}.`;
    },
  });
}

function sourceError(except?: string): (issue: { code: string }) => string {
  const known = [
    ...['chain', 'environment', 'profile', 'idToken', 'oidc', 'podIdentity', 'metadata', 'iamPassword', 'static'],
    'assumeRole',
  ];
  const list = known.filter((source) => source !== except).join(', ');
  // The path of an unknown source ends in the field, that of anything but an object does not.
  return ({ code }) =>
    code === 'invalid_union' ? `must be one of ${list}.` : `must be an object whose source is one of ${list}.`;
}

/** Names the kind of a value that is wrong, and never the value: it may be a secret in the wrong place. */
function isWhat(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === null) return 'is null';
  if (Array.isArray(value)) return 'is a list';
  return typeof value === 'object' ? 'is an object' : `is a ${typeof value === 'string' ? 'text' : typeof value}`;
}
