import type { BatchActivities, ExportActivities } from '../contract';
import { countedPolls, countedSubmits } from './activity-metrics';
import { listImages } from './batch/list-images';
import { checkLiveness } from './batch/liveness';
import { planBatch } from './batch/plan-batch';
import type { ExportActivityDeps } from './cloud';
import { discardObject } from './discard-object';
import { pollJob } from './poll-job';
import { reconcileSubmit } from './reconcile-submit';
import { submitExport } from './submit-export';
import { validateExport } from './validate-export';
import { verifyObject } from './verify-object';

export { batchInputSchema, parseBatchInput } from '../request/batch';
export { exportInputSchema, parseExportInput, parseExportStart } from '../request/export';
export type { AccountCloud, ExportActivityDeps } from './cloud';

/**
 * The activities of exports and batches, by the names that the workflows call. `ImsExportPlugin` gives them to a worker together
 * with the settings that suit them, `EXPORT_WORKER_OPTIONS`; no verdict rests on those.
 *
 * @example
 * ```ts
 * const activities = createExportActivities({ accounts });
 * await Worker.create({ ...EXPORT_WORKER_OPTIONS, taskQueue, workflowsPath, activities });
 * ```
 */
export function createExportActivities(deps: ExportActivityDeps): ExportActivities & BatchActivities {
  return {
    imsValidateExport: validateExport(deps),
    imsSubmitExport: countedSubmits(submitExport(deps)),
    imsReconcileSubmit: reconcileSubmit(deps),
    imsPollJob: countedPolls(pollJob(deps)),
    imsVerifyObject: verifyObject(deps),
    imsDiscardObject: discardObject(deps),
    imsPlanBatch: planBatch(deps),
    imsListImages: listImages(deps),
    imsLookAtExports: checkLiveness(deps),
  };
}
