import { ServiceError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HandlerError, OperationError } from 'nexus-rpc';
import { describe, expect, it } from 'vitest';
import { toNexusError } from '../../src/nexus/errors';

const SECRET = 'Bearer eyJhbGciOi';
const grpc = (code: number) => new ServiceError(SECRET, { cause: Object.assign(new Error(SECRET), { code }) });
const told = (error: unknown) => toNexusError(error, 'ims-export:ims-image:a.qcow2');

describe('the Nexus handler error', () => {
  it('is an operation failure with type and details for a failure of the export', () => {
    const details = { imageId: 'i', bucketUrl: 'b:k' };
    const error = told(ApplicationFailure.nonRetryable('It is there.', 'DestinationExists', details));
    expect(error).toBeInstanceOf(OperationError);
    expect(error).toMatchObject({
      state: 'failed',
      message: 'It is there.',
      cause: { type: 'DestinationExists', message: 'It is there.', nonRetryable: true, details: [details] },
    });
    const invalid = ApplicationFailure.nonRetryable('Wrong.', 'InvalidExportRequest');
    expect(told(invalid)).toMatchObject({ state: 'failed', cause: invalid });
  });

  it.each([
    ['does not answer', 14, 'UNAVAILABLE'],
    ['takes too long', 4, 'UNAVAILABLE'],
    ['has too much to do', 8, 'UNAVAILABLE'],
    ['lets no more callers wait', 9, 'CONFLICT'],
    ['refuses the worker', 7, 'INTERNAL'],
  ])('is retryable when Temporal %s', (_what, code, type) => {
    const error = told(grpc(code));
    expect(error).toBeInstanceOf(HandlerError);
    expect(error).toMatchObject({ type, retryable: true, cause: undefined });
    expect(error.message).not.toContain(SECRET);
  });

  it('for any other error names its place and kind, and is retryable', () => {
    const error = told(new TypeError(SECRET));
    expect(error).toMatchObject({ type: 'INTERNAL', retryable: true });
    expect(error.message).toBe('The export ims-export:ims-image:a.qcow2 could not be started or joined (TypeError).');
  });
});
