import { ServiceError, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { isUnreachable, toExportError } from '../../src/client/errors';
import { EXPORT_CANCELED, FAILURE_TYPES } from '../../src/contract';

const ID = 'ims-export:ims-image:a';
const grpc = (code: number) => new ServiceError('failed', { cause: Object.assign(new Error('failed'), { code }) });
const failedBy = (cause: Error) => new WorkflowFailedError('failed', cause, RetryState.NON_RETRYABLE_FAILURE);

describe('an error of Temporal, for the caller of the client', () => {
  it.each(FAILURE_TYPES)('is the failure %s of the export, with its details', (type) => {
    const details = { imageId: 'i', bucketUrl: 'ims-image:a' };
    const failure = ApplicationFailure.nonRetryable('It went wrong.', type, details);
    expect(toExportError(failedBy(failure), ID)).toMatchObject({ code: type, message: 'It went wrong.', details });
  });

  it.each([
    ['the workflow was canceled', new CancelledFailure('canceled'), 'Canceled'],
    ['the export says so', ApplicationFailure.nonRetryable('canceled', EXPORT_CANCELED), 'Canceled'],
    ['it was terminated', new TerminatedFailure('terminated'), 'Terminated'],
    ['it timed out', new TimeoutFailure('timed out', undefined, TimeoutType.START_TO_CLOSE), 'Terminated'],
  ])('is named where %s, and how to see what goes on', (_what, failure, code) => {
    const message = expect.stringContaining(`\`ims-export status ${ID}\``);
    expect(toExportError(failedBy(failure), ID)).toMatchObject({ code, message });
  });

  it('of a batch speaks of its exports, and of no job', () => {
    const batch = 'ims-export-batch:nightly';
    const messageOf = (cause: Error) => (toExportError(failedBy(cause), batch) as Error).message;
    expect(messageOf(new TerminatedFailure('terminated'))).toBe(
      `The batch ${batch} was terminated or timed out. Exports that it started may still be running: \`ims-export list\` shows them.`,
    );
    expect(messageOf(new CancelledFailure('canceled'))).toBe(
      `The batch was canceled. \`ims-export status ${batch}\` shows what it had exported.`,
    );
  });

  it('is left as it is where it is no word of the export', () => {
    const foreign = failedBy(ApplicationFailure.nonRetryable('other', 'SomebodyElses'));
    expect(toExportError(foreign, ID)).toBe(foreign);
    const bug = new TypeError('x is not a function');
    expect(toExportError(bug, ID)).toBe(bug);
  });

  it.each([
    [ID, `There is no export ${ID}.`],
    ['ims-image:a', 'Did you mean ims-export:ims-image:a?'],
    ['nonsense', 'The id of an export is ims-export:<bucket>:<object key>'],
    ['ims-export-batch:nightly', 'There is no batch ims-export-batch:nightly.'],
  ])('about %s, which is not there, says what its id should be', (workflowId, says) => {
    const error = toExportError(new WorkflowNotFoundError('not found', workflowId, undefined), workflowId);
    expect(error).toMatchObject({ code: 'NoSuchExport', message: expect.stringContaining(says) });
  });

  it.each([4, 8, 13, 14])('is TemporalUnreachable with the gRPC status %i: the same call may succeed later', (code) => {
    expect(isUnreachable(grpc(code))).toBe(true);
    expect(toExportError(grpc(code), ID)).toMatchObject({ code: 'TemporalUnreachable' });
  });

  it.each([3, 5, 7, 16])('is not taken for an outage with the gRPC status %i', (code) => {
    expect(isUnreachable(grpc(code))).toBe(false);
    expect(toExportError(grpc(code), ID)).not.toMatchObject({ code: 'TemporalUnreachable' });
  });
});
