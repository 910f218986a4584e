/** What a caller is told while a batch waits. The texts are in test/client/start-progress.test.ts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBatch } from '../../src/client';
import { dryRunExport } from '../../src/client/dry-run';
import { EXPORT_IMAGES_WORKFLOW, exportBatchWorkflowId } from '../../src/contract';
import { type Rig, startRig } from '../rigs/rig';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig?.close());

/** The first sentence on what is waited for, which has to come well before the patience of a person ends. */
function firstSaid(wait: (onWaiting: (why: string) => void) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('nothing was said')), 15_000).unref();
    wait(resolve);
  });
}

describe('a batch that waits', () => {
  it('for a worker that stopped before it took it says so, and goes on when it comes', async () => {
    const input = { query: { tag: 'nobody-has-it' }, to: 'ims-image:{imageId}', allowEmpty: true };
    const options = { taskQueue: rig.taskQueue, name: 'waiting' };
    let starting: ReturnType<typeof startBatch> | undefined;
    await rig.withoutWorker(async () => {
      const workflowId = exportBatchWorkflowId('waiting');
      await rig.client.workflow.start(EXPORT_IMAGES_WORKFLOW, { workflowId, taskQueue: rig.taskQueue, args: [input] });
      const said = await firstSaid((onWaiting) => {
        starting = startBatch(rig.client, input, { ...options, onWaiting });
      });
      expect(said).toContain('Batch ims-export-batch:waiting was started. No worker answers;');
    });
    expect((await (await starting)?.result())?.total).toBe(0);
  }, 40_000);

  it('for the cloud says by what a dry run is held up', async () => {
    rig.simulator.faults.add({ service: 'obs', times: 1_000, action: { status: 503 } });
    let checking: ReturnType<typeof dryRunExport> | undefined;
    const said = await firstSaid((onWaiting) => {
      checking = dryRunExport(rig.client, rig.input(), { taskQueue: rig.taskQueue, onWaiting });
    });
    expect(said).toMatch(/^Batch ims-export-batch:dry-run:.* was started\. imsValidateExport is tried again: .*503/);
    rig.simulator.faults.clear();
    expect((await checking)?.would).toBe('submit');
  }, 60_000);
});
