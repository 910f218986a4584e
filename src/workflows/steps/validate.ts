import { ActivityFailure, workflowInfo } from '@temporalio/workflow';
import { exportWorkflowId } from '../../contract';
import { isExportFailure } from '../../export/failures';
import { activityError, imsValidateExport } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { warnOfShortTimeouts } from '../run-timeouts';
import { askedFor, type Tracking, takeRequest, type Validated, warn } from '../state';
import { activityTaskQueue } from '../task-queues';
import { notValidated, refused } from '../verdict';

/** Normalises the input and asks every preflight rule. From here on only the normalised request is used. */
export async function validate(tracking: Tracking): Promise<Validated> {
  const { request, warnings, destinationFreeAt } = await validateInput(tracking);
  const validated = takeRequest(tracking, request);
  tracking.carried.destinationFreeAt = destinationFreeAt;
  if (request.attach !== null) tracking.run.remoteJob = 'unknown';
  for (const warning of warnings) warn(tracking, warning);
  warnOfShortTimeouts(validated);

  const destinationsOwnId = exportWorkflowId(request.bucketUrl);
  const { workflowId } = workflowInfo();
  if (workflowId !== destinationsOwnId) {
    warn(
      tracking,
      `This export runs as ${workflowId}, not as ${destinationsOwnId}: others cannot join it or see it there.`,
    );
  }
  return validated;
}

async function validateInput(tracking: Tracking) {
  try {
    return await imsValidateExport.executeWithOptions(
      { summary: 'check the request, the image and the bucket', taskQueue: activityTaskQueue(askedFor(tracking)) },
      [tracking.run.input],
    );
  } catch (error) {
    rethrowCancel(error);
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    throw isExportFailure(cause)
      ? refused(tracking, cause)
      : notValidated(tracking, activityError(error, 'ValidateExport'));
  }
}
