import { ActivityFailure, upsertMemo, workflowInfo } from '@temporalio/workflow';
import { batchUnknown, invalidField, isExportFailure, notPlanned } from '../../export/failures';
import { iso } from '../../export/time';
import { activityError } from '../activity-stubs';
import { rethrowCancel } from '../cancellation';
import { activityTaskQueue } from '../task-queues';
import { imsPlanBatch } from './activity-stubs';
import { askedFor, type Batch, memoOf, takePlan } from './state';

/** Decides once what is exported where. From here on only the plan is used. */
export async function plan(batch: Batch): Promise<void> {
  refuseCron();
  const startedAt = iso(batch.startedAtMs);
  try {
    const options = {
      summary: 'read the images and plan their exports',
      taskQueue: activityTaskQueue(askedFor(batch)),
    };
    const planned = await imsPlanBatch.executeWithOptions(options, [{ input: batch.input ?? null, startedAt }]);
    takePlan(batch, planned);
  } catch (error) {
    rethrowCancel(error);
    const refusal = error instanceof ActivityFailure && isExportFailure(error.cause) ? error.cause : undefined;
    const failed = refusal ?? notPlanned(activityError(error, 'PlanBatch'));
    throw batch.mayHaveStarted ? batchUnknown(failed) : failed;
  }
  upsertMemo(memoOf(batch));
}

/** A cron's run gets the arguments of the run before, so after a continue-as-new the state of a batch that has ended. */
function refuseCron(): void {
  if (!workflowInfo().cronSchedule) return;
  throw invalidField(
    'cronSchedule',
    workflowInfo().cronSchedule,
    'no cron; a Temporal schedule starts batches instead',
  );
}
