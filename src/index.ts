/**
 * temporal-ims-export: the activities, the worker and the contract. Workflows are in `temporal-ims-export/workflows`,
 * the client in `temporal-ims-export/client`.
 *
 * @module
 */
export {
  batchInputSchema,
  createExportActivities,
  type ExportActivityDeps,
  exportInputSchema,
  parseBatchInput,
  parseExportInput,
} from './activities';
export * from './contract';
export {
  type AssumeRoleOptions,
  accountFromEnvironment,
  accountsFromEnvironment,
  accountsFromFile,
  assumeRoleCredentials,
  type CloudAccount,
  type Credentials,
  type CredentialsProvider,
  createCloudClient,
  environmentCredentials,
  type IamPasswordOptions,
  iamPasswordCredentials,
  metadataCredentials,
  profileCredentials,
  staticCredentials,
} from './huaweicloud';
export {
  createExportWorker,
  type ExportWorker,
  type ExportWorkerOptions,
  type RunExportWorkerOptions,
  runExportWorker,
} from './worker';
