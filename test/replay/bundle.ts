import { join } from 'node:path';
import type { WorkflowBundle } from '@temporalio/worker';
import { fixture } from '../rigs/batch-rig';
import { type BundleOptions, bundleOnce } from '../rigs/temporal';

export const replayFixture = (name: string) => join(__dirname, 'fixtures', name);

/**
 * The workflows as they are recorded and replayed: an id with `checked-often` has the exports of a batch checked every few
 * seconds, and one with `unstartable` has the start of an export fail. For all others they are the shipped ones.
 */
export function bundleOfRecordings({
  workflowInterceptorModules = [],
  replace,
}: Pick<BundleOptions, 'workflowInterceptorModules' | 'replace'> = {}): Promise<WorkflowBundle> {
  return bundleOnce({
    workflowInterceptorModules: [fixture('refused-starts.ts'), ...workflowInterceptorModules],
    replace: { './liveness-limits': replayFixture('liveness-limits-by-id.ts'), ...replace },
  });
}
