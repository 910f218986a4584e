/**
 * Every parser of the cloud's answers, called as the package calls it: by the client, over HTTP.
 *
 * @module
 */
import { join } from 'node:path';
import {
  assumeRoleCredentials,
  type CloudAccount,
  type CloudClient,
  CloudError,
  type CredentialsProvider,
  createCloudClient,
  iamPasswordCredentials,
  idTokenCredentials,
  metadataCredentials,
  oidcCredentials,
  podIdentityCredentials,
  staticCredentials,
} from '../../../src/huaweicloud';
import { caseName } from './answer-server';
import { accountsOfNonsense, faultOfAccounts } from './environments';
import type { Random } from './random';
import { faultOfPlace, faultOfProfile, faultOfTime, faultOfToken } from './readings';
import { faultOfRoutes } from './routes';

export interface Parser {
  name: string;
  /** The request that it makes changes something: an error has to say whether it may have done so. */
  writes?: boolean;
  /** Its client waits before it repeats, so it is spared answers that are repeated. */
  plain?: boolean;
  /** Parses no answers: what it reads is made by its call, and it answers a value for each case. */
  local?: boolean;
  /** Its client asks once and remembers the answer, so that each case needs another client. */
  remembers?: boolean;
  call(client: CloudClient, random: Random): Promise<unknown>;
  /** What is wrong with a value, if anything. */
  fault(value: unknown): string | undefined;
  /** The account that one case needs, when it is not the common one. */
  credentials?(origin: string, index: number): CredentialsProvider;
  account?: Partial<CloudAccount>;
}

const IMAGE_ID = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';
const RANGE_LENGTH = 64;

/** A file whose content can be a token. */
const TOKEN_FILE = join(__dirname, 'a-token');

export const PARSERS: readonly Parser[] = [
  {
    name: 'ExportImage',
    writes: true,
    call: ({ ims }) => ims.exportImage({ imageId: IMAGE_ID, bucketUrl: 'b:k', fileFormat: 'vhd' }),
    fault: (value) => {
      const { jobId, requestId } = asRecord(value);
      return isText(jobId, 128) && isTextOrNull(requestId, 101) ? undefined : 'no job id';
    },
  },
  { name: 'ShowJob', call: ({ ims }) => ims.getJob('j'), fault: faultOfJob },
  {
    name: 'ShowJobProgress',
    account: { api: { jobQuery: 'progress' } },
    call: ({ ims }) => ims.getJob('j'),
    fault: faultOfJob,
  },
  {
    name: 'ListImages',
    call: ({ ims }) => ims.getImage(IMAGE_ID),
    fault: (value) => {
      if (value === undefined) return undefined;
      const { id, imageSizeBytes, ...others } = asRecord(value);
      if (!isText(id, 36)) return 'another image';
      if (imageSizeBytes !== null && typeof imageSizeBytes !== 'bigint') return 'a size that is none';
      const kinds = ['string', 'number', 'boolean'];
      const odd = Object.values(others).find((field) => field !== null && !kinds.includes(typeof field));
      return odd === undefined && JSON.stringify(others).length < 40_000
        ? undefined
        : 'a field of an odd type or length';
    },
  },
  {
    name: 'ListProjects',
    remembers: true,
    account: { projectId: undefined },
    call: (client) => client.projectId(),
    fault: (value) => (typeof value === 'string' && value !== '' ? undefined : 'no project id'),
  },
  {
    name: 'HeadBucket',
    call: ({ obs }) => obs.headBucket('bucket'),
    fault: (value) => {
      const { storageClass, location, date } = asRecord(value);
      const good = isTextOrNull(storageClass, 10_000) && isTextOrNull(location, 10_000) && isTimeOrNull(date);
      return good ? undefined : 'a fact of an odd type';
    },
  },
  {
    name: 'HeadObject',
    call: ({ obs }) => obs.headObject('bucket', 'key'),
    fault: (value) => {
      const { object, date } = asRecord(value);
      if (!isTimeOrNull(date)) return 'a date that is none';
      if (object === null) return undefined;
      const { size, etag, lastModified, storageClass } = asRecord(object);
      const good =
        Number.isSafeInteger(size) && Number(size) >= 0 && isTimeOrNull(lastModified) && lastModified !== null;
      return good && typeof etag === 'string' && isText(storageClass, 10_000) ? undefined : 'half an object';
    },
  },
  {
    name: 'GetObject',
    call: ({ obs }) => obs.readRange('bucket', 'key', 0, RANGE_LENGTH - 1),
    fault: (value) => (Buffer.isBuffer(value) && value.length <= RANGE_LENGTH ? undefined : 'other than the range'),
  },
  {
    name: 'DeleteObject',
    writes: true,
    call: ({ obs }) => obs.deleteObject('bucket', 'key'),
    fault: (value) => (value === undefined ? undefined : 'a value'),
  },
  {
    name: 'MetadataKey',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) => metadataCredentials({ endpoint: `${origin}/${caseName('MetadataKey', index)}` }),
  },
  {
    name: 'IamToken',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) =>
      iamPasswordCredentials({
        user: { name: `u${index}`, password: 'p', domain: { name: 'd' } },
        region: 'cn-north-4',
        iamEndpoint: `${origin}/${caseName('IamToken', index)}`,
      }),
  },
  {
    name: 'AssumeRole',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) =>
      assumeRoleCredentials({
        agency: 'exporters',
        domain: { name: 'd' },
        from: staticCredentials({ accessKey: caseName('AssumeRole', index), secretKey: 'secret' }),
        region: 'cn-north-4',
        iamEndpoint: origin,
      }),
  },
  {
    name: 'IdTokenKey',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) =>
      idTokenCredentials({
        source: { idpId: 'idp', idTokenFile: TOKEN_FILE },
        iamEndpoint: `${origin}/${caseName('IdTokenKey', index)}`,
      }),
  },
  {
    name: 'OidcKey',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) =>
      oidcCredentials({
        source: { providerUrn: 'p', agencyUrn: 'a', idToken: { file: TOKEN_FILE } },
        stsEndpoint: `${origin}/${caseName('OidcKey', index)}`,
      }),
  },
  {
    name: 'PodIdentityKey',
    plain: true,
    remembers: true,
    call: (client) => client.checkCredentials(),
    fault: () => undefined,
    credentials: (origin, index) =>
      podIdentityCredentials({
        source: { uri: `${origin}/${caseName('PodIdentityKey', index)}?x=y`, tokenFile: TOKEN_FILE },
      }),
  },
  {
    name: 'Environment',
    local: true,
    call: (_client, random) => accountsOfNonsense(random),
    fault: faultOfAccounts,
  },
  local('Proxies', faultOfRoutes),
  local('Profile', faultOfProfile),
  local('TokenFile', faultOfToken),
  local('KeyEnd', faultOfTime),
  local('Place', faultOfPlace),
];

/** A parser of texts that are made from random choices, with what is wrong with what it made of one. */
function local(name: string, faultOf: (random: Random) => string | undefined): Parser {
  return {
    name,
    local: true,
    call: async (_client, random) => ({ fault: faultOf(random) }),
    fault: (value) => (value as { fault?: string }).fault,
  };
}

/** Calls a parser once; answers what is wrong, or which of the two good endings it was. */
export async function check(
  parser: Parser,
  client: CloudClient,
  random: Random,
): Promise<{ ending: 'value' | 'error' } | { fault: string }> {
  let value: unknown;
  try {
    value = await parser.call(client, random);
  } catch (error) {
    const fault = faultOfError(parser, error);
    return fault === undefined ? { ending: 'error' } : { fault };
  }
  const fault = parser.fault(value);
  return fault === undefined ? { ending: 'value' } : { fault };
}

/** The client for the cases of one parser. `index` names the case that is running. */
export function clientOf(parser: Parser, origin: string, index: () => number): CloudClient {
  const endpoints = { ims: origin, obs: origin, iam: origin };
  // Every case has a key of its own: one that was refused would not be sent again.
  const common = {
    get: () =>
      Promise.resolve({ accessKey: caseName(parser.name, index()), secretKey: 'secret', securityToken: 'token' }),
  };
  return createCloudClient(
    {
      name: 'default',
      region: 'cn-north-4',
      projectId: '77b6a44cba5143ab91d13ab9a8ff44fd',
      endpoints,
      obsPathStyle: true,
      credentials: parser.credentials?.(origin, index()) ?? common,
      ...parser.account,
    },
    { retry: { maxTries: 2, firstDelayMs: 1 } },
  );
}

function faultOfError(parser: Parser, error: unknown): string | undefined {
  if (!(error instanceof CloudError))
    return `not a CloudError: ${error instanceof Error ? error.stack : String(error)}`;
  const { code, message, httpStatus, requestId, executed, retryAfterMs } = error;
  if (!/^[\w][\w.:-]{0,99}$/.test(code)) return `the code ${JSON.stringify(code)}`;
  if (message === '' || message.length > 1_000) return `a message of ${message.length} characters`;
  if (!isTextOrNull(requestId, 101)) return `a request id of ${requestId?.length} characters`;
  if (retryAfterMs !== null && !(retryAfterMs >= 0 && retryAfterMs <= 86_400_000)) return `Retry-After ${retryAfterMs}`;
  if (JSON.stringify(JSON.parse(JSON.stringify(error.info()))) !== JSON.stringify(error.info()))
    return 'not plain JSON';
  if (!parser.writes) return executed === 'no' ? undefined : 'a read that was executed';
  if (executed === 'maybe') return undefined;
  const turnedAway = httpStatus === 401 || httpStatus === 429 || /^APIG(W)?\./.test(code);
  const rejected = httpStatus !== null && httpStatus >= 400 && httpStatus < 500 && !code.startsWith('HTTP_');
  // OBS names another place, and deletes nothing.
  const redirected = parser.name === 'DeleteObject' && [301, 302, 307, 308].includes(httpStatus ?? 0);
  return turnedAway || rejected || redirected ? undefined : `surely not executed, after ${httpStatus} ${code}`;
}

function faultOfJob(value: unknown): string | undefined {
  const { status, progress, subJobs, requestId, ...texts } = asRecord(value);
  if (!isText(status, 64)) return 'no status';
  if (progress !== null && !(typeof progress === 'number' && progress >= 0 && progress <= 1))
    return `the progress ${progress}`;
  if (!Array.isArray(subJobs) || subJobs.length > 20) return 'too many sub-jobs';
  const fields = [...Object.values(texts), ...subJobs.flatMap((sub) => Object.values(asRecord(sub)))];
  return fields.every((text) => isTextOrNull(text, 1_001)) && isTextOrNull(requestId, 101) ? undefined : 'an odd text';
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value !== '' && value.length <= longest;
}

function isTextOrNull(value: unknown, longest: number): boolean {
  return value === null || isText(value, longest);
}

function isTimeOrNull(value: unknown): boolean {
  return value === null || (typeof value === 'string' && new Date(value).toISOString() === value);
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
