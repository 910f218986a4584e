/**
 * What activities check of the input of an export or a batch before anything is submitted.
 *
 * @module
 */
import { EXPORT_OPTIONS, type ExportSettings, type FailureContext } from '../contract';
import { invalidField } from '../export/failures';
import { notRead } from '../export/failures/before-submit';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, type ExportActivityDeps, isDenied, mayPass, retryLater } from './cloud';

/**
 * The account that an input names.
 *
 * @throws ApplicationFailure InvalidExportRequest when the worker has no such account
 */
export function accountOfInput({ accounts }: ExportActivityDeps, name: string): AccountCloud {
  const account = accounts.get(name);
  if (account !== undefined) return account;
  throw invalidField('account', name, `one of the worker's accounts: ${[...accounts.keys()].join(', ')}`);
}

/** An option whose behaviour is not in this version. Better refused than silently ignored. */
export function refuseReservedOptions(settings: ExportSettings): void {
  for (const [option, spec] of Object.entries(EXPORT_OPTIONS)) {
    if (!('reserved' in spec)) continue;
    const value = settings[option as keyof ExportSettings];
    if (value === spec.default) continue;
    throw invalidField(`options.${option}`, value, `${spec.default}; this version does not have it yet`);
  }
}

/**
 * Why the cloud could not be read, as a failure: one that Temporal retries where the cloud may answer later. Anything but a
 * cloud error as it is.
 */
export function notSubmitted(error: unknown, account: string, context: FailureContext): unknown {
  if (!(error instanceof CloudError)) return error;
  // The key was refused a moment ago: better reported now than waited for.
  if (mayPass(error) && error.code !== 'CredentialsHeldBack') return retryLater(error);
  return notRead(context, account, error.info(), isDenied(error));
}
