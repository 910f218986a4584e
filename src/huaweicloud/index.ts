/**
 * Huawei Cloud over HTTP, as far as the export of an image needs it: IMS, OBS, and IAM for a project id.
 *
 * @module
 */
import type { CloudAccount } from './account';
import { createImsClient, type ImsClient } from './ims';
import { createObsClient, type ObsClient } from './obs';
import { ProjectId } from './project-id';
import type { RetryOptions } from './retry';
import { CloudSession } from './session';
import { Transport, type TransportOptions } from './transport';

export { AccountConfigurationError, type ApiChoice, accountFromEnvironment, type CloudAccount } from './account';
export {
  type Credentials,
  type CredentialsProvider,
  environmentCredentials,
  staticCredentials,
} from './credentials';
export type { CloudErrorClass } from './error-codes';
export { CloudError, type CloudErrorFields } from './errors';
export type { ExportOptions, Image, ImageExportRequest, ImageJob, ImageSubJob, ImsClient } from './ims';
export type { BucketInfo, ObjectInfo, ObsClient } from './obs';
export type { RetryOptions } from './retry';
export type { TransportOptions } from './transport';

/** The clients of one account. They share connections; {@link CloudClient.close} ends them. */
export interface CloudClient {
  ims: ImsClient;
  obs: ObsClient;
  /**
   * The configured project id, or the one that IAM knows for the region; asked once.
   *
   * @throws {@link CloudError}
   */
  projectId(): Promise<string>;
  /** Closes every connection. Requests in flight fail. */
  close(): Promise<void>;
}

export interface CloudClientOptions {
  /** The clock of signatures, milliseconds since the epoch. @default Date.now */
  now?: () => number;
  transport?: TransportOptions;
  /** How reads are repeated. */
  retry?: RetryOptions;
}

/**
 * @example
 * const cloud = createCloudClient(accountFromEnvironment(process.env));
 * const image = await cloud.ims.getImage('d164b5df-1bc3-4c3f-893e-3e471fd16e64');
 * await cloud.close();
 */
export function createCloudClient(account: CloudAccount, options: CloudClientOptions = {}): CloudClient {
  const transport = new Transport(options.transport);
  const session = new CloudSession(transport, account.credentials, options.now ?? Date.now, options.retry);
  const projectId = new ProjectId(session, account);
  return {
    ims: createImsClient(session, account, projectId),
    obs: createObsClient(session, account),
    projectId: () => projectId.get(),
    close: () => transport.close(),
  };
}
