import { read } from '../credentials/environment';
import type { CloudAccount } from './account';
import { accountFromEnvironment } from './from-environment';
import { accountsFromFile } from './from-file';

export type { ApiChoice, CloudAccount } from './account';
export { AccountConfigurationError } from './configuration-error';
export { isAddress, problemOfEndpoint } from './endpoints';
export { accountFromEnvironment } from './from-environment';
export { accountsFromFile } from './from-file';

/** By these the environment says something of an account, beside the vendor's HUAWEICLOUD_SDK_*. */
const OWN_VARIABLES =
  /^IMS_EXPORT_(CONFIG|REGION|IAM_.+|(IMS|OBS|METADATA)_ENDPOINT|OBS_PATH_STYLE|ALLOW_HTTP|API_.+)$/;

/** True where the environment means to describe an account, rightly or wrongly: that of a worker, not that of a client. */
export function namesAnAccount(env: NodeJS.ProcessEnv): boolean {
  return Object.keys(env).some(
    (name) => (OWN_VARIABLES.test(name) || name.startsWith('HUAWEICLOUD_SDK_')) && read(env, name) !== undefined,
  );
}

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
