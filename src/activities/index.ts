import type { ExportActivities } from '../contract';
import type { ExportActivityDeps } from './cloud';
import { discardObject } from './discard-object';
import { countedPolls, countedSubmits } from './measured';
import { pollJob } from './poll-job';
import { reconcileSubmit } from './reconcile-submit';
import { submitExport } from './submit-export';
import { validateExport } from './validate-export';
import { verifyObject } from './verify-object';

export type { AccountCloud, ExportActivityDeps } from './cloud';
export { exportInputSchema, parseExportInput } from './export-request';

/**
 * The activities of an export, by the names that the workflow calls.
 *
 * @example
 * ```ts
 * await Worker.create({ taskQueue, workflowsPath, activities: createExportActivities({ accounts }) });
 * ```
 */
export function createExportActivities(deps: ExportActivityDeps): ExportActivities {
  return {
    imsValidateExport: validateExport(deps),
    imsSubmitExport: countedSubmits(submitExport(deps)),
    imsReconcileSubmit: reconcileSubmit(deps),
    imsPollJob: countedPolls(pollJob(deps)),
    imsVerifyObject: verifyObject(deps),
    imsDiscardObject: discardObject(deps),
  };
}
