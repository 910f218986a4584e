/**
 * A workflow of one's own that exports an image, and then does its own step.
 *
 * @module
 */
import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import { executeExportChild, exportFailureOf } from 'temporal-ims-export/workflows';
import type * as activities from './activities';

// The child runs on the task queue of its parent, so this worker must have its workflow.
export { exportImageWorkflow } from 'temporal-ims-export/workflows';

const { addToCatalogue, tellOnCall } = proxyActivities<typeof activities>({
  startToCloseTimeout: '1m',
  cancellationType: ActivityCancellationType.TRY_CANCEL,
});

export interface Order {
  imageId: string;
  /** Destination, `<bucket>:<object key>`. */
  bucketUrl: string;
}

export type Outcome =
  | { state: 'published'; entry: string }
  /** Another export writes that object: nothing was submitted. */
  | { state: 'busy'; runsAs: string | null }
  /** Somebody must look, for the job may still run: nothing is exported again. */
  | { state: 'unknown'; jobId: string | null };

/** Exports an image and puts it into the catalogue. A failed export fails the order, with the export's own failure. */
export async function publishImage({ imageId, bucketUrl }: Order): Promise<Outcome> {
  try {
    const { object } = await executeExportChild({ imageId, bucketUrl, fileFormat: 'qcow2' });
    const entry = await addToCatalogue({ imageId, bucketUrl, bytes: object?.size ?? null });
    return { state: 'published', entry };
  } catch (error) {
    const failure = exportFailureOf(error);
    switch (failure?.type) {
      case 'DestinationBusy':
        return { state: 'busy', runsAs: failure.details.workflowId ?? null };
      case 'ExportOutcomeUnknown':
        await tellOnCall(failure.message);
        return { state: 'unknown', jobId: failure.details.jobId };
      case 'ExportFailed':
        await tellOnCall(`The cloud failed to export image ${imageId}: ${failure.details.code ?? 'no reason given'}`);
        throw error;
      default:
        throw error;
    }
  }
}
