import { ApplicationFailure } from '@temporalio/common';
import { CloudError } from '../../huaweicloud';
import { isDenied, mayPass, retryLater } from '../cloud';

/** Why the images of a batch cannot be read, as a failure; anything but a cloud error as it is. */
export function batchFailure(error: unknown, account: string): unknown {
  if (!(error instanceof CloudError)) return error;
  // A key that rests was refused a moment ago: better told now than waited for.
  if (mayPass(error) && error.code !== 'CredentialsHeldBack') return retryLater(error);
  const why = `${error.operation}: ${error.code}: ${error.message}`;
  const details = [{ imageId: '', bucketUrl: '', error: error.info() }];
  return isDenied(error)
    ? ApplicationFailure.create({
        type: 'AccessDenied',
        message: `Nothing was submitted: account ${account} of this worker was refused by ${why}. Check its access key, its project and its permissions.`,
        nonRetryable: true,
        details,
      })
    : ApplicationFailure.create({
        type: 'SubmitRejected',
        message: `Nothing was submitted: the images could not be read: ${why}`,
        nonRetryable: true,
        details,
      });
}
