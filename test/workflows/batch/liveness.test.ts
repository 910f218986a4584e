import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  type BatchActivities,
  EXPORT_IMAGE_WORKFLOW,
  type ExportActivities,
  type ExportImagesInput,
  type ExportImagesResult,
  type ExportLiveness,
  exportWorkflowId,
} from '../../../src/contract';
import { invalidField } from '../../../src/export/failures';
import { fixture, startBatchWorkflow } from '../../rigs/batch-rig';
import { FIRST_TASK, type Rig, resetTo, startRig, takeWorkflowId } from '../../rigs/rig';
import { bundleOnce } from '../../rigs/temporal';

const IMAGE_ID = 'd164b5df-1bc3-4c3f-893e-3e471fd16e64';

/** What the checks find, one after the other; then nothing that they can read. */
let findings: ExportLiveness[];

const activities = {
  imsPlanBatch: async ({ input }) => ({
    ...{ dryRun: false, maxConcurrent: 1, account: 'default', options: {}, warnings: [] },
    items: ((input as ExportImagesInput).images ?? []).map(({ imageId, bucketUrl = '' }) => ({
      ...{ imageId, bucketUrl, format: 'qcow2' },
    })),
  }),
  imsLookAtExports: async () => [findings.shift() ?? UNREADABLE],
  imsValidateExport: async () => {
    throw invalidField('account', 'any', 'started anew');
  },
} satisfies Partial<BatchActivities & ExportActivities>;

const UNREADABLE: ExportLiveness = {
  ...{ kind: 'notRead', reason: 'its result cannot be decoded' },
  closed: { firstRunId: 'run-before' },
};

let rig: Rig;
beforeAll(async () => {
  const bundle = await bundleOnce({ replace: { './liveness-limits': fixture('eager-liveness-limits.ts') } });
  rig = await startRig({ bundle, worker: { activities } });
});
afterAll(() => rig.close());

/** A batch of one image, under whose workflow id something has completed. */
async function batchOfOne() {
  const bucketUrl = `ims-image:${randomUUID()}`;
  await takeWorkflowId(rig, bucketUrl);
  const begin = () => startBatchWorkflow(rig, { images: [{ imageId: IMAGE_ID, bucketUrl }] });
  return { begin, workflowId: exportWorkflowId(bucketUrl) };
}

describe('an export that has ended, and whose end cannot be decoded, or is not shown', () => {
  beforeEach(() => {
    findings = [];
  });

  it('is started anew by a batch that cannot have started it', async () => {
    findings = [UNREADABLE];
    const { begin, workflowId } = await batchOfOne();
    const { items } = (await (await begin()).result()) as ExportImagesResult;
    expect(items).toMatchObject([{ verdict: 'refused', failure: { type: 'InvalidExportRequest' } }]);
    const { type, memo } = await rig.client.workflow.getHandle(workflowId).describe();
    expect(type).toBe(EXPORT_IMAGE_WORKFLOW);
    expect(memo?.earlier).toMatchObject({ runId: 'run-before', outcome: null, jobId: null });
    expect(findings).toEqual([]);
  });

  /** The verdict of a batch that was reset, on what its checks find. */
  async function afterReset(find: (of: { workflowId: string; parentId: string }) => ExportLiveness[]) {
    findings = [{ kind: 'idTaken', workflowType: 'another' }];
    const { begin, workflowId } = await batchOfOne();
    const batch = await begin();
    await batch.result();
    findings = find({ workflowId, parentId: batch.workflowId });
    const run = await resetTo(FIRST_TASK, rig, batch);
    const { items } = (await run.result()) as ExportImagesResult;
    return items[0];
  }

  it('is unknown after four checks in a batch that was reset, and may have started it', async () => {
    const found = await afterReset(() => Array(5).fill(UNREADABLE));
    expect(found).toMatchObject({
      ...{ verdict: 'unknown', remoteJob: 'unknown' },
      failure: { type: 'ExportOutcomeUnknown', message: 'its result cannot be decoded' },
    });
    expect(findings).toHaveLength(1);
  });

  it('is checked four times more after a check that could be read', async () => {
    const threeTimes: ExportLiveness[] = Array(3).fill(UNREADABLE);
    const found = await afterReset(({ workflowId, parentId }) => {
      const ids = { firstRunId: 'run-before', imageId: IMAGE_ID };
      const report = { ...ids, workflowId, outcome: 'succeeded', fileFormat: 'qcow2', jobId: 'a'.repeat(32) } as const;
      return [
        ...threeTimes,
        { ...ids, kind: 'running', parentId },
        ...threeTimes,
        { kind: 'ended', report: { ...report, remoteJob: 'ended', object: null, failure: null } },
      ];
    });
    expect(found).toMatchObject({ verdict: 'succeeded', jobId: 'a'.repeat(32) });
    expect(findings).toEqual([]);
  });

  const REFUSED: ExportLiveness = { kind: 'notRead', reason: 'Temporal does not show it', refused: true };
  const UNANSWERED: ExportLiveness = { ...REFUSED, refused: false };

  it('F68 is unknown after 48 checks in a row that Temporal refused, without those that it did not answer', async () => {
    const found = await afterReset(({ parentId }) => [
      ...Array<ExportLiveness>(47).fill(REFUSED),
      { kind: 'running', firstRunId: 'run-before', imageId: IMAGE_ID, parentId },
      ...Array<ExportLiveness>(47).fill(REFUSED),
      ...Array<ExportLiveness>(5).fill(UNANSWERED),
      REFUSED,
      UNREADABLE,
    ]);
    const failure = { type: 'ExportOutcomeUnknown', message: 'Temporal does not show it' };
    expect(found).toMatchObject({ verdict: 'unknown', failure });
    expect(findings).toEqual([UNREADABLE]);
  });

  it('F68 is not started again by a batch that cannot know whether it runs', async () => {
    findings = Array<ExportLiveness>(48).fill(REFUSED);
    const { begin, workflowId } = await batchOfOne();
    const { items } = (await (await begin()).result()) as ExportImagesResult;
    expect(items).toMatchObject([{ verdict: 'unknown' }]);
    expect((await rig.client.workflow.getHandle(workflowId).describe()).type).not.toBe(EXPORT_IMAGE_WORKFLOW);
  });
});
