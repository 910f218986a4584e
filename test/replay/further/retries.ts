import { EXPORT_IMAGE_WORKFLOW, type ExportOptions, exportWorkflowId } from '../../../src/contract';
import { type Rig, untilStatus } from '../../rigs/rig';
import { type Ending, ended, refusal, SUBMIT, UNDER_WAY } from '../endings/ways';
import { endedWithItsJobNamed } from './resets';
import { ON_REQUEST, runIdOf, untilNextRun } from './ways';

/** Runs that Temporal retries after a timeout: the first attempt's history is the first one, the second's the last. */
export const RETRIES: readonly Ending[] = [
  {
    name: 'retried-while-exporting',
    closes: 'completed',
    rig: UNDER_WAY,
    run: async (rig) => endedWithItsJobNamed(rig, await retried(rig, '6s')),
  },
  {
    name: 'retried-while-reconciling',
    closes: 'completed',
    rig: UNDER_WAY,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, action: { dropAfter: true } });
      return await endedWithItsJobNamed(rig, await retried(rig, '6s'));
    },
  },
  {
    name: 'retried-while-waiting-to-submit',
    closes: 'completed',
    settles: true,
    async run(rig) {
      rig.simulator.faults.add({ ...SUBMIT, times: 1_000, action: refusal('IMG.0060') });
      const workflowId = await retried(rig, '300s');
      rig.simulator.faults.clear();
      return await ended(rig, workflowId);
    },
  },
  {
    name: 'retried-without-probes',
    closes: 'ExportOutcomeUnknown',
    settles: true,
    rig: UNDER_WAY,
    run: async (rig) => ended(rig, await retried(rig, '300s', { maxProbes: 0 })),
  },
  {
    name: 'retried-after-its-object-appeared',
    closes: 'ExportOutcomeUnknown',
    rig: UNDER_WAY,
    async run(rig) {
      const workflowId = await started(rig, '4s', ON_REQUEST);
      await untilStatus(rig.client, workflowId, ({ polls, nextPollAt }) => polls > 0 && nextPollAt !== null);
      rig.simulator.clock.advance(600_000);
      return await ended(rig, workflowId);
    },
  },
];

type RunTimeout = '4s' | '6s' | '300s';

/** Starts an export and waits for its second attempt. */
async function retried(rig: Rig, runTimeout: RunTimeout, options?: ExportOptions): Promise<string> {
  const workflowId = await started(rig, runTimeout, options);
  await untilNextRun(rig, workflowId, await runIdOf(rig, workflowId));
  return workflowId;
}

/** With a retry policy. Failures of an export are not retried: only a timeout of the run makes a second attempt. */
export async function started(rig: Rig, workflowRunTimeout: RunTimeout, options?: ExportOptions): Promise<string> {
  const input = rig.input({ options });
  const { workflowId } = await rig.client.workflow.start(EXPORT_IMAGE_WORKFLOW, {
    workflowId: exportWorkflowId(input.bucketUrl),
    taskQueue: rig.taskQueue,
    args: [input],
    workflowRunTimeout,
    retry: { maximumAttempts: 2, initialInterval: 100 },
  });
  return workflowId;
}
