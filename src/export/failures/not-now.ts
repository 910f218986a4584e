/**
 * Failures of messages that come at the wrong time. The export goes on.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import {
  EXPORT_ENDED,
  type ExportPhase,
  NOT_VALIDATED_YET,
  NOTHING_TO_RESOLVE,
  type NothingToResolveDetails,
  type SubmissionResolution,
} from '../../contract';

/** An answer is being followed that this one cannot replace. */
export function answerUnderWay(resolution: SubmissionResolution): ApplicationFailure {
  return notNow(
    NOTHING_TO_RESOLVE,
    `There is nothing to resolve: the answer ${JSON.stringify(resolution)} is being checked. The status shows the result.`,
    { jobId: 'jobId' in resolution ? resolution.jobId : null } satisfies NothingToResolveDetails,
  );
}

/** Whether a submit is ambiguous is not known yet, and was not when this was said: a reset has handed it to a new run. */
export function answerTooEarly(): ApplicationFailure {
  return notNow(
    NOTHING_TO_RESOLVE,
    'The answer is older than the reset of the export, so it does not cover later submits. Answer again when the export asks.',
    { jobId: null } satisfies NothingToResolveDetails,
  );
}

/** There is no ambiguous submit. */
export function nothingToResolve(jobId: string | null, phase: ExportPhase): ApplicationFailure {
  const state =
    jobId === null
      ? `the export is ${phase}, and no answer to a submit was lost`
      : `the export knows its job, ${jobId}`;
  const details: NothingToResolveDetails = { jobId };
  return notNow(NOTHING_TO_RESOLVE, `There is nothing to resolve: ${state}.`, details);
}

/** An option cannot be tuned now. */
export function notTunable(hasEnded: boolean): ApplicationFailure {
  return hasEnded
    ? notNow(EXPORT_ENDED, 'The export is ending; its options can no longer change.')
    : notNow(NOT_VALIDATED_YET, 'The input is still being validated. Send the update again in a moment.');
}

function notNow(type: string, message: string, ...details: NothingToResolveDetails[]): ApplicationFailure {
  return ApplicationFailure.create({ type, message, nonRetryable: true, details });
}
