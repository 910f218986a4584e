/**
 * Failures of a job that ended, or of its object.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import type { BatchFailedDetails, ExportRequest, ExportStatus, ObservedJob, VerifyOutcome } from '../../contract';
import { workflowCommand } from '../quoting';
import { describeCounts, describeExport } from '../summaries';
import { failure } from './failure';

export function exportFailed(request: ExportRequest, jobId: string, job: ObservedJob, status: ExportStatus) {
  const { imageId, bucketUrl } = request;
  const why = [job.errorCode, job.failReason].filter((part) => part !== null).join(': ') || 'the cloud gave no reason';
  return failure('ExportFailed', `Job ${jobId} failed to export ${describeExport(request)}: ${why}`, {
    imageId,
    bucketUrl,
    jobId,
    code: job.errorCode,
    reason: job.failReason,
    requestId: job.requestId,
    subJobs: job.subJobs,
    status,
  });
}

export function objectInvalid(
  request: ExportRequest,
  jobId: string,
  { problem, found, object }: Extract<VerifyOutcome, { kind: 'invalid' }>,
): ApplicationFailure {
  const { imageId, bucketUrl } = request;
  return failure(
    'ExportedObjectInvalid',
    `Job ${jobId} reports success for ${describeExport(request)}, but the object is wrong: ${found}. Do not use it; export again to another key.`,
    { imageId, bucketUrl, jobId, problem, object },
  );
}

/** Images of a batch did not get the verdicts that its `failWhen` demands. */
export function batchFailed(workflowId: string, details: BatchFailedDetails): ApplicationFailure {
  const { failWhen, total, counts } = details;
  return failure(
    'BatchFailed',
    `${failWhen === 'all' ? 'No image' : 'Not every image'} of the batch of ${total} was exported (failWhen ${failWhen}): ${describeCounts(counts)}. \`${workflowCommand('status', workflowId)}\` shows why. Fix the causes, then start the batch again: it skips images that were already exported.`,
    details,
  );
}
