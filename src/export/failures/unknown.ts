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
import { workflowCommand } from '../quoting';
import { describeExport } from '../summaries';
import { contextOf, failure, NO_EXPORT } from './failure';
import { shortReason } from './reading';

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
  const job = `job ${jobId} may still be running (last seen: ${lastSeen}). \`${attachCommand(jobId, request, request)}\` tracks it again`;
  const error = lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`;
  switch (reason) {
    case 'deadline':
      return `the job had not ended at the deadline, ${status.deadlineAt}; ${job}.`;
    case 'pollErrors':
      return `every poll failed for longer than pollErrorBudget${error}; ${job}.`;
    case 'unknownStatus':
      return `the cloud reported a status that the API does not name (${status.jobStatus}) for longer than unknownStatusBudget; ${job}.`;
    case 'jobNotFound':
      return `the cloud no longer knows job ${jobId}${error}, for longer than jobNotFoundGrace. Check for the object. When the job is known again, attach to it.`;
  }
}

/**
 * The submit is ambiguous, and what became of it could not be found out.
 *
 * @param finding what the search for it ended with, as a clause; null when there was none
 * @param lost null where this run has sent no submit, but an earlier one may have. `candidate` is what was found at the
 *   destination; its object is null where only the cloud's rejection says that there is one
 */
export function submitAmbiguous(
  known: LastKnown,
  finding: string | null,
  lost: { candidate: { object: ExportOutcomeUnknownDetails['object'] } | null } | null,
): ApplicationFailure {
  const { lastError } = known;
  const candidate = lost?.candidate ?? null;
  const object = candidate?.object ?? null;
  const what = lost === null ? 'whether it was submitted is not known' : 'the answer to the submit was lost';
  const sentences = [
    `${what}${lastError === null ? '' : ` (${lastError.code}: ${lastError.message})`}.`,
    finding === null ? '' : `The search ended: ${finding}.`,
    object ? `An object of ${object.size} bytes, last modified ${object.lastModified}, is at the destination.` : '',
    candidate
      ? 'It may be of this or another export. Compare it before you use it; delete it before you export again.'
      : 'A job may be running, and its id is unknown. Check for the object before you export again.',
  ];
  const why = sentences.filter((sentence) => sentence !== '').join(' ');
  return unknown(known, known.status.jobId, 'submitAmbiguous', why, object);
}

/**
 * An earlier attempt of a run that was reset or retried may have submitted the export.
 *
 * @param now what this run was refused with
 */
export function earlierAttempt(now?: ApplicationFailure): CloudErrorInfo {
  return {
    code: 'EARLIER_ATTEMPT',
    message: `this run was reset or retried, and an earlier attempt may have submitted the export${now === undefined ? '' : `; now: ${shortReason(now)}`}`,
    httpStatus: null,
    requestId: null,
    operation: 'ExportImage',
  };
}

/**
 * A batch that was reset or retried cannot be planned any more, and an earlier attempt may have started its exports.
 *
 * @param now what the planning failed with
 */
export function batchUnknown(now: ApplicationFailure): ApplicationFailure {
  const message = `The outcome of this batch is unknown. It was reset or retried, and it cannot read its list of images again (${shortReason(now)}). An earlier attempt may have started exports. They continue: check them with \`ims-export list\` before you start the batch again.`;
  const details = { jobId: null, remoteJob: 'unknown' as const, reason: 'trackingEnded' as const };
  return failure('ExportOutcomeUnknown', message, {
    ...NO_EXPORT,
    ...details,
    error: null,
    object: null,
    status: null,
  });
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
  return failure('ExportOutcomeUnknown', `The outcome of exporting ${what} is unknown: ${why}`, {
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
    `The outcome of exporting image ${context.imageId} → ${context.bucketUrl} is unknown: its workflow ${workflowId} was terminated or timed out, and a job may still be running in the cloud. \`${workflowCommand('status', workflowId)}\` shows the job id. Then track the job with \`ims-export attach\`.`,
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
