import { forTerminal } from '../../export/quoting';
import { read } from '../credentials/environment';
import { hasTerraformVariables } from '../credentials/terraform-variables';
import type { CloudAccount } from './account';
import { accountFromEnvironment } from './from-environment';
import { accountsFromFile } from './from-file';

export type { ApiChoice, CloudAccount } from './account';
export { AccountConfigurationError } from './configuration-error';
export { isAddress, problemOfEndpoint } from './endpoints';
export { accountFromEnvironment } from './from-environment';
export { accountsFromFile } from './from-file';

/** By these the environment says something of an account, beside the names of others. */
const OWN_VARIABLES =
  /^IMS_EXPORT_(CONFIG|REGION|CLOUD|IAM_.+|(IMS|OBS|METADATA)_ENDPOINT|OBS_PATH_STYLE|ALLOW_HTTP|API_.+)$/;

/** Of others, by which credentials are found. */
const OF_OTHERS = /^(HUAWEICLOUD_(SDK|OIDC)_.+|HC_CONTAINER_.+)$/;

/** True where the environment means to describe an account, rightly or wrongly: that of a worker, not that of a client. */
export function namesAnAccount(env: NodeJS.ProcessEnv): boolean {
  const isNamed = Object.keys(env).some(
    (name) => (OWN_VARIABLES.test(name) || OF_OTHERS.test(name)) && read(env, name) !== undefined,
  );
  // Terraform's region alone is on many a machine that is no worker.
  return isNamed || hasTerraformVariables(env);
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

/** Which source of credentials signs for an account now; no secret. For the worker's first line and the doctor. */
export function signerOf({ credentials }: CloudAccount): string {
  return forTerminal(credentials.describe?.() ?? 'credentials of the application');
}

/** Accounts with their regions and who signs, in a few words. */
export function describeAccounts(accounts: readonly CloudAccount[]): string {
  const [first] = accounts;
  const where = ({ region, cloud }: CloudAccount) => (cloud === undefined ? region : `${region} of the cloud ${cloud}`);
  if (accounts.length === 1 && first?.name === 'default') return `region ${where(first)}, signed by ${signerOf(first)}`;
  const each = accounts.map((account) => `${account.name} (${where(account)}, signed by ${signerOf(account)})`);
  return `accounts ${each.join(', ')}`;
}
