/**
 * Huawei Cloud over HTTP, as far as the export of an image needs it: IMS, OBS, and IAM for a project id.
 *
 * @module
 */
import type { CloudAccount } from './account';
import { CircuitBreakers, type ClientResources } from './credentials';
import { errorOfTransport, headerOf, httpDateMs } from './errors';
import { gatewayRequest } from './gateway-request';
import { createImsClient, type ImsClient } from './ims/client';
import { IMAGE_LIST } from './ims/image';
import { readJson } from './json-answer';
import { createObsClient, type ObsClient } from './obs';
import { ProjectId } from './project-id';
import type { RetryOptions } from './retry';
import { type CloudRequest, CloudSession } from './session';
import { type HttpRequest, Transport, type TransportOptions } from './transport';

export {
  AccountConfigurationError,
  type ApiChoice,
  accountFromEnvironment,
  accountsFromEnvironment,
  accountsFromFile,
  type CloudAccount,
  describeAccounts,
  namesAnAccount,
  signerOf,
} from './account';
export {
  type AssumeRoleOptions,
  assumeRoleCredentials,
  type ChainLink,
  CircuitBreakers,
  type ClientResources,
  type Credentials,
  CredentialsError,
  type CredentialsProvider,
  chain,
  defaultChain,
  environmentCredentials,
  type IamPasswordOptions,
  type IamUser,
  type IdTokenOptions,
  type IdTokenSource,
  iamPasswordCredentials,
  idTokenCredentials,
  type MetadataOptions,
  metadataCredentials,
  type OidcOptions,
  type OidcSource,
  oidcCredentials,
  type PodIdentityOptions,
  type PodIdentitySource,
  type ProfileOptions,
  podIdentityCredentials,
  profileCredentials,
  staticCredentials,
} from './credentials';
export type { CloudErrorClass } from './error-codes';
export { CloudError, type CloudErrorFields, CREDENTIALS_HELD_BACK, CREDENTIALS_UNAVAILABLE } from './errors';
export { type ImageExportRequest, type ImagePage, type ImsClient, PAGE_LIMIT } from './ims/client';
export type { Image } from './ims/image';
export type { ImageFilter } from './ims/image-filter';
export type { ImageJob, ImageSubJob } from './ims/job';
export { type BucketInfo, type ObjectInfo, type ObsClient, usesPathStyle } from './obs';
export type { RetryOptions } from './retry';
export type { TransportOptions } from './transport';

/** The clients of one account. They share connections; {@link CloudClient.close} ends them. */
export interface CloudClient {
  ims: ImsClient;
  obs: ObsClient;
  /**
   * The configured project id, or the one that IAM knows for the region; asked once.
   *
   * @throws `CloudError`
   */
  projectId(): Promise<string>;
  /**
   * Fetches the credentials, unless they are at hand; signs nothing.
   *
   * @throws `CloudError` `CredentialsUnavailable`, whose message says from where, why, and what to do
   */
  checkCredentials(): Promise<void>;
  /**
   * Checks that IMS accepts the account, by a signed read of no image in particular.
   *
   * @throws `CloudError`
   */
  checkAccess(): Promise<void>;
  /**
   * The clock of IMS by its answer to an unsigned request over a new connection, ISO 8601; null where it says none. Any
   * answer shows that IMS is reached.
   *
   * @throws `CloudError` when there is no answer
   */
  imsClock(): Promise<string | null>;
  /** Closes every connection. Requests in flight fail. */
  close(): Promise<void>;
}

export interface CloudClientOptions {
  /** The clock of signatures, milliseconds since the epoch. @default Date.now */
  now?: () => number;
  transport?: TransportOptions;
  /** How reads are repeated. */
  retry?: RetryOptions;
  /** Shared by clients that may use the same keys, since the cloud counts a key's failures over all of them. */
  breakers?: CircuitBreakers;
  /** @deprecated Use `breakers`. */
  locks?: CircuitBreakers;
}

/** Time for a login and a temporary key. */
const CREDENTIALS_LIMIT_MS = 20_000;

/**
 * @throws ProxyConfigurationError when HTTPS_PROXY, or a variable like it, names no usable proxy, and an endpoint is behind it
 * @example
 * const [account] = accountsFromEnvironment(process.env);
 * const cloud = createCloudClient(account);
 * const image = await cloud.ims.getImage('d164b5df-1bc3-4c3f-893e-3e471fd16e64');
 * await cloud.close();
 */
export function createCloudClient(account: CloudAccount, options: CloudClientOptions = {}): CloudClient {
  const { now = Date.now, retry } = options;
  const transport = new Transport({ allowHttp: account.allowHttp, ...options.transport });
  const { endpoints, stsEndpoint = endpoints.iam } = account;
  for (const endpoint of [...Object.values(endpoints), stsEndpoint]) transport.routeTo(new URL(endpoint).origin);
  const breakers = options.breakers ?? options.locks ?? new CircuitBreakers(options.now, retry?.refusedKeyRestMs);
  const resources: ClientResources = { transport, breakers, now };
  const proof = listOneImage(account);
  const session = new CloudSession(resources, account.credentials, { retry, proof });
  const projectId = new ProjectId(session, account);
  return {
    ims: createImsClient(session, account, projectId),
    obs: createObsClient(session, account),
    projectId: () => projectId.get(),
    checkCredentials: () => session.checkCredentials(CREDENTIALS_LIMIT_MS),
    checkAccess: async () => {
      readJson(await session.read(proof), IMAGE_LIST, session.attempt(proof));
    },
    imsClock: () => askTheTime(transport, account.endpoints.ims, now),
    close: () => transport.close(),
  };
}

const CLOCK_LIMIT_MS = 5_000;

async function askTheTime(transport: Transport, endpoint: string, now: () => number): Promise<string | null> {
  const { origin, host, pathname } = new URL(endpoint);
  try {
    const request: HttpRequest = { method: 'GET', origin, path: pathname, headers: [['host', host]] };
    const ms = httpDateMs(
      headerOf(await transport.send(request, { limitMs: CLOCK_LIMIT_MS, newConnection: true }), 'date') ?? '',
    );
    return Number.isNaN(ms) ? null : new Date(ms).toISOString();
  } catch (error) {
    throw errorOfTransport(error, { operation: 'AskTheTime', method: 'GET', nowMs: now() });
  }
}

/** An account that exports images may list them, and the gateway before IMS reports a bad signature as such. */
function listOneImage({ endpoints, projectId }: CloudAccount): CloudRequest {
  return gatewayRequest('ListImages', {
    method: 'GET',
    endpoint: endpoints.ims,
    path: '/v2/cloudimages',
    query: 'limit=1',
    projectId,
  });
}
