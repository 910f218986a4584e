/**
 * How a failure is built. All are ApplicationFailures, non-retryable: a retry would export again. `details[0]` is as the
 * contract has it.
 *
 * @module
 */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import {
  type BatchMemo,
  type ExportMemo,
  type ExportRequest,
  type FailureContext,
  type FailureDetails,
  type FailureType,
  IMAGE_ID,
} from '../../contract';
import { cutToBytes } from '../quoting';
import { FAILURE_KINDS } from './kinds';

export function failure<Type extends FailureType>(
  type: Type,
  message: string,
  details: FailureDetails[Type],
  cause?: Error,
): ApplicationFailure {
  // An answer to the caller is no fault of the worker: Temporal logs a failure at length, and counts it, unless it is benign.
  const category = FAILURE_KINDS[type] === 'refused' ? ApplicationFailureCategory.BENIGN : undefined;
  return ApplicationFailure.create({ type, message, nonRetryable: true, details: [details], category, cause });
}

/**
 * The same, without the form in which it came from an activity. The SDK hands that form on by reference, and a converter that
 * encodes messages writes into it: thrown twice, to a caller that waits and by the workflow, the failure would lose its message.
 */
export function afresh<Failure extends ApplicationFailure>(thrown: Failure): Failure {
  const { message, type, nonRetryable, details, cause, category } = thrown;
  return new ApplicationFailure(message, type, nonRetryable, details, cause, undefined, category) as Failure;
}

/**
 * For the memo, where lists find it without reading a history; its texts have at most 200 bytes. Nothing where it did not fail. The
 * image is that of a request that was refused, too.
 */
export function failureMemo(failure: ApplicationFailure | null): Pick<BatchMemo & ExportMemo, 'failure' | 'imageId'> {
  if (failure === null) return {};
  const { type, message } = failure;
  const { rule, code, reason, problem, error, field, imageId } = (failure.details?.[0] ?? {}) as Partial<CodeOf>;
  const which = rule ?? code ?? reason ?? problem ?? error?.code ?? field;
  return {
    failure: {
      type: type ?? '',
      message: cutToBytes(message, MAX_MEMO_BYTES),
      ...(which && { code: cutToBytes(`${which}`, MAX_MEMO_BYTES) }),
    },
    ...(IMAGE_ID.test(`${imageId}`) && { imageId }),
  };
}

/** Of the details of the failures: the field that says which of its kind it is. */
type CodeOf = { [field in 'rule' | 'code' | 'reason' | 'problem' | 'field' | 'imageId']: string } & {
  error: { code: string } | null;
};

const MAX_MEMO_BYTES = 200;

/** Image and destination, from the validated request, or as far as an input that can be anything names them. */
export function contextOf(request: ExportRequest | null, input: unknown): FailureContext {
  const { imageId, bucketUrl } = request ?? ((input ?? {}) as { [field: string]: unknown });
  return { imageId: String(imageId ?? ''), bucketUrl: String(bucketUrl ?? '') };
}

/** Where the failure is of a batch, and of none of its images. */
export const NO_EXPORT: FailureContext = { imageId: '', bucketUrl: '' };
