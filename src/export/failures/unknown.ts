/**
 * Failures of exports whose outcome is unknown: a job may still run.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/common';
import type {
  CloudErrorInfo,
  ExportOutcomeUnknownDetails,
  ExportRequest,
  ExportStatus,
  RemoteJob,
} from '../../contract';
import { attachCommand } from '../guidance';
import { describeExport } from '../summaries';
import { contextOf, failure } from './failure';

type UnknownReason = ExportOutcomeUnknownDetails['reason'];

/** Why the outcome of a job with a known id is unknown. */
export type UnknownOfJob = Exclude<UnknownReason, 'submitAmbiguous' | 'trackingEnded'>;

/** What is known of an export whose outcome is not. */
export interface LastKnown {
  request: ExportRequest | null;
  input: unknown;
  remoteJob: RemoteJob;
  lastError: CloudErrorInfo | null;
  status: ExportStatus;
}

/**
 * Tracking of a job ends without a verdict of the cloud.
 *
 * @param lastSeen where the job stood, such as `RUNNING 37 %`
 */
export function outcomeUnknown(
  known: LastKnown & { request: ExportRequest; jobId: string },
  reason: UnknownOfJob,
  lastSeen: string,
): ApplicationFailure {
  return unknown(known, known.jobId, reason, whyUnknown(known, reason, lastSeen));
}

function whyUnknown(
  { request, jobId, lastError, status }: LastKnown & { request: ExportRequest; jobId: string },
  reason: UnknownOfJob,
  lastSeen: string,
): string {
  const job = `job ${jobId} may still run (last seen: ${lastSeen}). \`${attachCommand(jobId, request, request)}\` tracks it on`;
  const error = lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`;
  switch (reason) {
    case 'deadline':
      return `no end was seen by the deadline, ${status.deadlineAt}; ${job}.`;
    case 'pollErrors':
      return `every poll failed for longer than pollErrorBudget${error}; ${job}.`;
    case 'unknownStatus':
      return `the cloud told a status that the API does not name (${status.jobStatus}) for longer than unknownStatusBudget; ${job}.`;
    case 'jobNotFound':
      return `the cloud no longer knows job ${jobId}${error}, for longer than jobNotFoundGrace. Look for the object; when the job is known again, attach to it.`;
  }
}

/**
 * The submit is ambiguous, and what became of it could not be found out.
 *
 * @param finding what the search for it ended with, as a clause; null when there was none
 * @param candidate what was found at the destination; its object is null where only the cloud's rejection says that there is one
 */
export function submitAmbiguous(
  known: LastKnown,
  finding: string | null,
  candidate: { object: ExportOutcomeUnknownDetails['object'] } | null,
): ApplicationFailure {
  const { lastError } = known;
  const object = candidate?.object ?? null;
  const sentences = [
    `the answer to the submit was lost${lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`}.`,
    finding === null ? '' : `It was looked into: ${finding}.`,
    object ? `An object of ${object.size} bytes, last modified ${object.lastModified}, is at the destination.` : '',
    candidate
      ? 'It may be of this export or of somebody else: compare before you use it, and delete it before you export again.'
      : 'A job may run, and its id is not known: look for the object before you export again.',
  ];
  const why = sentences.filter((sentence) => sentence !== '').join(' ');
  return unknown(known, known.status.jobId, 'submitAmbiguous', why, object);
}

function unknown(
  { request, input, remoteJob, lastError, status }: LastKnown,
  jobId: string | null,
  reason: UnknownReason,
  why: string,
  object: ExportOutcomeUnknownDetails['object'] = null,
): ApplicationFailure {
  const context = contextOf(request, input);
  const what = request ? describeExport(request) : `image ${context.imageId} → ${context.bucketUrl}`;
  return failure('ExportOutcomeUnknown', `The outcome of exporting ${what} is not known: ${why}`, {
    ...context,
    jobId,
    remoteJob,
    reason,
    error: lastError,
    object,
    status,
  });
}

/** For a parent: its child was terminated from outside, so the end of the export was not seen. */
export function childTerminated(input: unknown, workflowId: string, cause: Error): ApplicationFailure {
  const context = contextOf(null, input);
  return failure(
    'ExportOutcomeUnknown',
    `The outcome of exporting image ${context.imageId} → ${context.bucketUrl} is not known: its workflow ${workflowId} was ended from outside, and a job in the cloud may go on. \`ims-export status ${workflowId}\` tells the id of the job, to attach to it.`,
    {
      ...context,
      jobId: null,
      remoteJob: 'unknown',
      reason: 'trackingEnded',
      error: null,
      object: null,
      status: null,
    },
    cause,
  );
}
