import { read } from '../credentials/environment';
import type { CloudAccount } from './account';
import { accountFromEnvironment } from './from-environment';
import { accountsFromFile } from './from-file';

export type { ApiChoice, CloudAccount } from './account';
export { AccountConfigurationError } from './configuration-error';
export { isAddress } from './endpoints';
export { accountFromEnvironment } from './from-environment';
export { accountsFromFile } from './from-file';

/**
 * The accounts of a worker: those of the file that IMS_EXPORT_CONFIG names, or else the one that the environment
 * describes, `default`.
 *
 * @throws {@link AccountConfigurationError}
 */
export function accountsFromEnvironment(env: NodeJS.ProcessEnv): CloudAccount[] {
  const file = read(env, 'IMS_EXPORT_CONFIG');
  return file === undefined ? [accountFromEnvironment(env)] : accountsFromFile(file, env);
}
