import { ActivityFailure, workflowInfo } from '@temporalio/workflow';
import { durationMs, EXPORT_OPTIONS, exportWorkflowId, type ValidatedExport } from '../../contract';
import { isExportFailure } from '../../export/failures';
import { takenWithinMs, whenTaken } from '../absent-workers';
import { activityError, imsValidateExport, VALIDATION_TAKEN_MS } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { answerDeferred } from '../deferred';
import { warnOfShortTimeouts } from '../run-timeouts';
import { askedFor, type Tracking, takeRequest, type Validated, warn } from '../state';
import { activityTaskQueue } from '../task-queues';
import { notValidated } from '../verdict';

/** Normalises the input and asks every preflight rule. From here on only the normalised request is used. */
export async function validate(tracking: Tracking): Promise<Validated> {
  const { request, warnings, destinationFreeAt, earlierResult = null } = await validateInput(tracking);
  const validated = takeRequest(tracking, request);
  tracking.carried.destinationFreeAt = destinationFreeAt;
  tracking.run.earlierResult = earlierResult;
  if (request.attach !== null) tracking.run.remoteJob = earlierResult === null ? 'unknown' : 'ended';
  for (const warning of warnings) warn(tracking, warning);
  warnOfShortTimeouts(validated);

  const destinationsOwnId = exportWorkflowId(request.bucketUrl);
  const { workflowId } = workflowInfo();
  if (workflowId !== destinationsOwnId) {
    warn(tracking, `This export runs as ${workflowId}, not as ${destinationsOwnId}. A second start does not find it.`);
  }
  // A deadline that was moved before a reset is in force before anything is decided by it.
  answerDeferred(tracking);
  return validated;
}

/** Waits for a worker until the default deadline: that of the input is not known yet. */
async function validateInput(tracking: Tracking): Promise<ValidatedExport> {
  const giveUpAtMs = tracking.carried.startedAtMs + (durationMs(EXPORT_OPTIONS.deadline.default) ?? 0);
  try {
    return await whenTaken(
      tracking,
      () =>
        imsValidateExport.executeWithOptions(
          {
            summary: 'check the request, the image and the bucket',
            scheduleToStartTimeout: takenWithinMs(tracking, VALIDATION_TAKEN_MS),
            taskQueue: activityTaskQueue(askedFor(tracking)),
          },
          [tracking.run.input, tracking.carried.earlier],
        ),
      () => Date.now() < giveUpAtMs,
    );
  } catch (error) {
    rethrowCancel(error);
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    throw isExportFailure(cause) ? cause : notValidated(tracking, activityError(error, 'ValidateExport'));
  }
}
