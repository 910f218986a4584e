import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { bundleOnce } from '../../rigs/temporal';

/** The workflows as they are, but that a run continues as new after a few waits. */
export function bundleOfShortRuns(): Promise<WorkflowBundle> {
  return bundleOnce({ replace: { './history-budget': join(__dirname, '../../rigs/fixtures/tiny-history.ts') } });
}
