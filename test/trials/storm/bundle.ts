import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleOnce } from '../../rigs/temporal';

const scaledLimits = join(__dirname, 'scaled-limits.ts');

/** The workflows as they are, with seconds where their times are minutes. */
export function scaledBundle(): Promise<WorkflowBundle> {
  return bundleOnce({
    replace: { './submit-limits': scaledLimits, '../submit-limits': scaledLimits },
    workflowInterceptorModules: [join(__dirname, 'scaled-activities.ts')],
  });
}
