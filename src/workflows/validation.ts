import { ActivityFailure, workflowInfo } from '@temporalio/workflow';
import { exportWorkflowId } from '../contract';
import { activityError, imsValidateExport } from './activity-stubs';
import { rethrowCancel } from './cancellation';
import { isExportFailure, notValidated } from './failures';
import { type Tracking, warn } from './tracking';

/** Normalises the input and asks every preflight rule. From here on only the normalised request is used. */
export async function validate(tracking: Tracking): Promise<void> {
  const { request, warnings, destinationFreeAt } = await validateInput(tracking);
  tracking.request = request;
  tracking.deadlineAtMs = tracking.startedAtMs + request.options.deadlineMs;
  tracking.destinationFreeAt = destinationFreeAt;
  for (const warning of warnings) warn(tracking, warning);

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
    return await imsValidateExport.executeWithOptions({ summary: 'check the request, the image and the bucket' }, [
      tracking.input,
    ]);
  } catch (error) {
    rethrowCancel(error);
    if (error instanceof ActivityFailure && isExportFailure(error.cause)) throw error.cause;
    throw notValidated(activityError(error, 'ValidateExport'));
  }
}
