import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleOnce, QUICK_SUBMITS } from '../temporal';

/** The workflows as they are, with seconds where their times are minutes. */
export function scaledBundle(): Promise<WorkflowBundle> {
  return bundleOnce({
    replace: QUICK_SUBMITS,
    workflowInterceptorModules: [join(__dirname, 'scaled-activities.ts')],
  });
}
