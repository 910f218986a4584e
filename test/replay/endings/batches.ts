import type { WorkflowHandle } from '@temporalio/client';
import { type BatchImage, type ExportImagesInput, exportWorkflowId } from '../../../src/contract';
import { startBatchWorkflow, untilBatch } from '../../rigs/batch-rig';
import type { Rig } from '../../rigs/rig';
import { type Ending, ended, UNDER_WAY } from './ways';

const BATCH = 'batch-of-histories';

/** Batches, and what an export does for the one that waits for it. */
export const BATCHES: readonly Ending[] = [
  {
    name: 'batch-completed',
    closes: 'completed',
    run: async (rig) => closed(await begin(rig, { images: imagesOf(rig, 'linux', 'large', 'iso') })),
  },
  {
    name: 'batch-dry-run',
    closes: 'completed',
    run: async (rig) => closed(await begin(rig, { images: imagesOf(rig, 'linux', 'iso'), dryRun: true })),
  },
  {
    name: 'batch-of-a-query-continued-as-new',
    closes: 'completed',
    rig: { server: { dynamicConfig: { 'limit.historyCount.suggestContinueAsNew': 40 } } },
    run: async (rig) => {
      rig.simulator.addImages('linux', 8, { __os_type: 'Other' });
      return closed(await begin(rig, { query: { os: 'Other' }, format: 'vhd', maxConcurrent: 2 }));
    },
  },
  {
    name: 'batch-paused-and-canceled',
    closes: 'canceled',
    rig: UNDER_WAY,
    run: async (rig) => {
      const batch = await begin(rig, { images: imagesOf(rig, 'linux', 'large', 'huge'), maxConcurrent: 1 });
      await untilBatch(batch, ({ running }) => running === 1);
      await batch.signal('pauseStarting');
      await batch.executeUpdate('retuneBatch', { args: [{ maxConcurrent: 2 }] });
      await untilBatch(batch, ({ startingPaused }) => startingPaused);
      await batch.cancel();
      return closed(batch);
    },
  },
  {
    name: 'batch-refused-input',
    closes: 'InvalidExportRequest',
    run: async (rig) => closed(await begin(rig, { images: [], maxConcurrent: 0 })),
  },
  {
    name: 'batch-with-nothing-to-export',
    closes: 'NothingToExport',
    run: async (rig) => closed(await begin(rig, { query: { tag: 'backup=nightly' } })),
  },
  {
    name: 'batch-failed',
    closes: 'BatchFailed',
    run: async (rig) => closed(await begin(rig, { images: imagesOf(rig, 'iso'), failWhen: 'any' })),
  },
  {
    name: 'batch-exported-before',
    closes: 'completed',
    async run(rig) {
      const input = { images: imagesOf(rig, 'linux', 'large') };
      await closed(await begin(rig, input));
      const [{ key } = { key: '' }] = rig.simulator.objects();
      rig.simulator.deleteObject(key);
      return await closed(await begin(rig, input));
    },
  },
  {
    name: 'batch-with-a-start-that-fails',
    closes: 'completed',
    async run(rig) {
      const [first, second] = imagesOf(rig, 'linux', 'large');
      return closed(await begin(rig, { images: [{ ...first, objectKey: 'unstartable' }, second] as BatchImage[] }));
    },
  },
  {
    // Its batch says in its memo what the run before it has exported.
    name: 'succeeded-after-its-object-was-deleted',
    closes: 'completed',
    async run(rig) {
      const input = { images: imagesOf(rig, 'linux') };
      await closed(await begin(rig, input));
      const [{ key } = { key: '' }] = rig.simulator.objects();
      rig.simulator.deleteObject(key);
      await closed(await begin(rig, input));
      return exportWorkflowId(`${rig.simulator.info.bucket}:${key}`);
    },
  },
  {
    name: 'succeeded-and-told-its-batch',
    closes: 'completed',
    run: async (rig) => {
      const [image] = imagesOf(rig, 'linux');
      await closed(await begin(rig, { images: image === undefined ? [] : [image] }));
      return await ended(rig, exportWorkflowId(`${rig.simulator.info.bucket}:batch/${image?.imageId}.qcow2`));
    },
  },
];

export function begin(rig: Rig, input: ExportImagesInput, name = BATCH): Promise<WorkflowHandle> {
  return startBatchWorkflow(rig, { to: `${rig.simulator.info.bucket}:batch/{imageId}.{format}`, ...input }, name);
}

export function imagesOf({ simulator }: Rig, ...names: string[]): Array<{ imageId: string }> {
  return names.map((name) => ({ imageId: simulator.info.images[name] ?? '' }));
}

/** How it ended is told by its history, which must close as expected. */
export async function closed(batch: WorkflowHandle): Promise<string> {
  await batch.result().catch(() => undefined);
  return batch.workflowId;
}
