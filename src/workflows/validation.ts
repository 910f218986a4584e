import { ActivityFailure, type ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { type CloudErrorInfo, exportWorkflowId } from '../contract';
import { activityError, imsValidateExport } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { isExportFailure, notValidated, submitLost } from './failures';
import { warnOfShortTimeouts } from './run-timeouts';
import { activityTaskQueue } from './task-queues';
import { type Tracking, warn } from './tracking';

/** Normalises the input and asks every preflight rule. From here on only the normalised request is used. */
export async function validate(tracking: Tracking): Promise<void> {
  const { request, warnings, destinationFreeAt } = await validateInput(tracking);
  tracking.request = request;
  tracking.deadlineAtMs = tracking.startedAtMs + request.options.deadlineMs;
  tracking.destinationFreeAt = destinationFreeAt;
  if (request.attach !== null) tracking.remoteJob = 'unknown';
  for (const warning of warnings) warn(tracking, warning);
  warnOfShortTimeouts(tracking);

  const destinationsOwnId = exportWorkflowId(request.bucketUrl);
  const { workflowId } = workflowInfo();
  if (workflowId !== destinationsOwnId) {
    warn(
      tracking,
      `This export runs as ${workflowId}, not as ${destinationsOwnId}: others cannot join it or see it there.`,
    );
  }
}

async function validateInput(tracking: Tracking) {
  try {
    return await imsValidateExport.executeWithOptions(
      { summary: 'check the request, the image and the bucket', taskQueue: activityTaskQueue(tracking) },
      [tracking.input],
    );
  } catch (error) {
    rethrowCancel(error);
    const refusal =
      error instanceof ActivityFailure && isExportFailure(error.cause)
        ? error.cause
        : notValidated(tracking, activityError(error, 'ValidateExport'));
    if (!tracking.mayHaveSubmitted || refusal.type === 'InvalidExportRequest') throw refusal;
    // An earlier attempt of this run may have submitted: the destination may be taken by our own object.
    tracking.lastError = earlierAttempt(refusal);
    throw submitLost(tracking, null);
  }
}

function earlierAttempt(refusal: ApplicationFailure): CloudErrorInfo {
  const message = `this run was reset or retried, and an earlier attempt may have exported; now: ${refusal.message}`;
  return { code: 'EARLIER_ATTEMPT', message, httpStatus: null, requestId: null, operation: 'ValidateExport' };
}
