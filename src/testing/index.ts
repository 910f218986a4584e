/**
 * The simulator of Huawei Cloud IMS, OBS, IAM and the metadata service: the package's door `./testing`.
 *
 * @module
 */
export type { IdTokenUse } from './auth/identity-provider';
export type { Image } from './catalogue';
export type { VirtualClock } from './clock';
export type { BusyGuard, JobSeconds } from './cloud';
export { environmentOf, writeEnvFile } from './environment';
export type { FaultAction, FaultRule, Faults, ServiceName } from './faults';
export type { JobSummary } from './job-book';
export type { JobChange } from './jobs';
export type { JournalEntry } from './journal';
export type { MetadataSettings } from './metadata/settings';
export type { StoredObject } from './obs/object-store';
export {
  type SimulatedIdentityProvider,
  type Simulator,
  type SimulatorInfo,
  type SimulatorOptions,
  startSimulator,
} from './simulator';
