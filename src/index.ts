/**
 * temporal-ims-export: the plugin, the activities, the worker and the contract. Workflows are in `temporal-ims-export/workflows`,
 * the client in `temporal-ims-export/client`.
 *
 * @module
 */
export {
  type AccountCloud,
  batchInputSchema,
  createExportActivities,
  type ExportActivityDeps,
  exportInputSchema,
  parseBatchInput,
  parseExportInput,
} from './activities';
export * from './contract';
export { type Check, type DiagnoseOptions, type Diagnosis, diagnose, type ProblemKind } from './doctor';
export {
  AccountConfigurationError,
  type AssumeRoleOptions,
  accountFromEnvironment,
  accountsFromEnvironment,
  accountsFromFile,
  assumeRoleCredentials,
  type CloudAccount,
  type CloudClient,
  type CloudClientOptions,
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
export { histogramBuckets, METRICS, type Metric, type MetricName } from './metrics';
export { ProxyConfigurationError } from './network/proxies';
export { type ExportNexusServiceOptions, exportNexusService } from './nexus/handler';
export { EXPORT_WORKER_OPTIONS, ImsExportPlugin, type ImsExportPluginOptions, type Release } from './plugin';
export { TemporalConfigurationError } from './temporal/configuration-error';
export { DataConverterError } from './temporal/data-converter';
export {
  createExportWorker,
  type ExportWorker,
  type ExportWorkerOptions,
  type ReadyFacts,
  type RunExportWorkerOptions,
  runExportWorker,
} from './worker';
export { exportLogAttributes } from './worker/activity-log-attributes';
