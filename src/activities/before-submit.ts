/**
 * What is refused before anything is submitted, of an export and of a batch alike.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import { EXPORT_OPTIONS, type ExportSettings, type FailureContext } from '../contract';
import { CloudError } from '../huaweicloud';
import { type AccountCloud, type ExportActivityDeps, isDenied, mayPass, retryLater } from './cloud';
import { invalidField } from './export-request';

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
  // A key that rests was refused a moment ago: better told now than waited for.
  if (mayPass(error) && error.code !== 'CredentialsHeldBack') return retryLater(error);
  const why = `${error.operation}: ${error.code}: ${error.message}`;
  const details = [{ ...context, error: error.info() }];
  return isDenied(error)
    ? ApplicationFailure.create({
        type: 'AccessDenied',
        message: `Nothing was submitted: account ${account} of this worker was refused by ${why}. Check its access key, its project and its permissions.`,
        nonRetryable: true,
        details,
      })
    : ApplicationFailure.create({
        type: 'SubmitRejected',
        message: `Nothing was submitted: ${why}`,
        nonRetryable: true,
        details,
      });
}

/** Where the failure is of a batch, and of none of its images. */
export const NO_EXPORT: FailureContext = { imageId: '', bucketUrl: '' };
