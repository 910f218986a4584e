/**
 * Failures after which nothing was submitted, or no job is tracked.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import {
  type CloudErrorInfo,
  type EarlierExport,
  type ExportRequest,
  type FailureContext,
  IMAGE_ID,
} from '../../contract';
import { describeEarlier, leftJob } from '../earlier';
import { describeExport } from '../summaries';
import { formatDuration, iso } from '../time';
import { contextOf, failure, NO_EXPORT } from './failure';
import type { ExportApplicationFailure } from './reading';

/** The request could not be validated in time. */
export function notValidated(context: FailureContext, error: CloudErrorInfo): ApplicationFailure {
  const message = `Nothing was submitted: the request could not be validated: ${error.message}`;
  return failure('SubmitRejected', message, { ...context, error });
}

/** A batch could not be planned in time. */
export function notPlanned(error: CloudErrorInfo): ApplicationFailure {
  const message = `Nothing was submitted: the batch could not be planned: ${error.message}`;
  return failure('SubmitRejected', message, { ...NO_EXPORT, error });
}

/** @param denied whether it is the credentials or their permissions that were refused */
export function submitRejected(request: ExportRequest, error: CloudErrorInfo, denied: boolean): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  if (error.code === 'IMG.0070') {
    return failure(
      'DestinationExists',
      `The cloud refused the export: the destination ${bucketUrl} exists already (${error.code}). Choose another object key, or delete the object.`,
      { imageId, bucketUrl, object: null },
    );
  }
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `The cloud refused to export ${describeExport(request)}: ${error.code}: ${error.message}`,
    { imageId, bucketUrl, error },
  );
}

/**
 * The time to submit is over. Every try so far was refused before execution, so surely nothing was submitted.
 *
 * @param last what the last try was answered; `asksToWaitMs` where that is longer than is left
 */
export function submitGivenUp(
  request: ExportRequest,
  deadlineAtMs: number,
  last?: { denied: boolean; error: CloudErrorInfo; asksToWaitMs: number | null },
): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  const error = last?.error ?? NOT_STARTED_IN_TIME;
  const limits = `submitBudget ${formatDuration(request.options.submitBudgetMs)}, deadline ${iso(deadlineAtMs)}`;
  const why =
    last?.asksToWaitMs == null
      ? `the time to submit ${describeExport(request)} is over`
      : `the cloud asks to wait ${formatDuration(last.asksToWaitMs)} before ${describeExport(request)} is submitted, longer than is left`;
  return failure(
    last?.denied ? 'AccessDenied' : 'SubmitRejected',
    `Nothing was submitted: ${why} (${limits}). Last error: ${error.code}: ${error.message}`,
    { imageId, bucketUrl, error },
  );
}

const NOT_STARTED_IN_TIME: CloudErrorInfo = {
  code: 'NOT_BEGUN_IN_TIME',
  message:
    'the submit did not start in time. Check that a worker polls the task queue, and that its key is accepted (`ims-export doctor`).',
  httpStatus: null,
  requestId: null,
  operation: 'ExportImage',
};

/** A job to be tracked cannot be read: an end of runs that 0.2 has begun. */
export function jobNotRead(
  { imageId, bucketUrl }: ExportRequest,
  jobId: string,
  error: CloudErrorInfo,
  denied: boolean,
): ApplicationFailure {
  return failure(
    denied ? 'AccessDenied' : 'SubmitRejected',
    `Nothing is tracked: job ${jobId} could not be read (${error.code}: ${error.message}). The job continues without it; attach to it again.`,
    { imageId, bucketUrl, error },
  );
}

/** The same failure, with the job that an earlier run may have left. @param asked the request, or an input that can be anything */
export function namingEarlier(
  failed: ExportApplicationFailure,
  earlier: EarlierExport | null,
  asked: unknown,
): ExportApplicationFailure {
  if (earlier === null || !leftJob(earlier)) return failed;
  const { type, message, details, category } = failed;
  const of = contextOf(null, asked);
  const left = describeEarlier(earlier, IMAGE_ID.test(of.imageId) ? of : null);
  return ApplicationFailure.create({
    type,
    message: `${message} ${left}`,
    nonRetryable: true,
    details: type === 'DestinationExists' ? [{ ...(details?.[0] as object), left }] : (details ?? []),
    category: category ?? undefined,
  }) as ExportApplicationFailure;
}
