import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BATCH_VERDICTS, type BatchItemResult, type ExportEnded } from '../../../src/contract';
import {
  type Batch,
  beginBatch,
  carriedBatch,
  countsOf,
  resumeBatch,
  settle,
  takePlan,
} from '../../../src/workflows/batch/state';
import { resultOf, resultOfEarlier } from '../../../src/workflows/batch/verdicts';

const planned = { imageId: 'd164b5df-1bc3-4c3f-893e-3e471fd16e64', bucketUrl: 'ims-image:a', format: 'quick' } as const;
const report = (changes: Partial<ExportEnded>): ExportEnded => ({
  workflowId: 'ims-export:ims-image:a',
  firstRunId: 'r',
  outcome: 'succeeded',
  imageId: planned.imageId,
  fileFormat: 'zvhd2',
  jobId: 'edc89b490d7d4392898e19b2deb34797',
  remoteJob: 'ended',
  object: { size: 10_737_418_240, etag: '"20f1e6ad2ba94ff1c2cd07741356bd52-12"' },
  failure: null,
  ...changes,
});

describe('the verdict of a batch on an image', () => {
  it.each([
    [{}, 'succeeded'],
    [{ outcome: 'failed', failure: { type: 'ExportFailed', message: '' } }, 'failed'],
    [{ outcome: 'failed', failure: { type: 'ExportedObjectInvalid', message: '' } }, 'failed'],
    [{ outcome: 'failed', failure: { type: 'ExportNotAllowed', message: '' } }, 'refused'],
    [{ outcome: 'failed', failure: { type: 'InvalidExportRequest', message: '' } }, 'refused'],
    [{ outcome: 'unknown', failure: { type: 'ExportOutcomeUnknown', message: '' } }, 'unknown'],
    [{ outcome: 'canceled' }, 'canceled'],
  ] as Array<[Partial<ExportEnded>, string]>)('of the report %j is %s', (changes, verdict) => {
    expect(resultOf(planned, report(changes)).verdict).toBe(verdict);
  });

  it('includes a job that continues only when no workflow tracks it', () => {
    expect(resultOf(planned, report({ outcome: 'canceled', remoteJob: 'running' })).remoteJob).toBe('running');
    expect(resultOf(planned, report({ remoteJob: 'ended' }))).not.toHaveProperty('remoteJob');
  });

  it('of an earlier export is alreadyExported only for the same image and format', () => {
    expect(resultOfEarlier(planned, report({})).verdict).toBe('alreadyExported');
    for (const other of [{ imageId: 'another' }, { fileFormat: 'qcow2' }] as const) {
      expect(resultOfEarlier(planned, report(other))).toMatchObject({
        verdict: 'refused',
        failure: { type: 'DestinationExists' },
      });
    }
  });
});

/** A batch of so many images, each with the verdict that is given. */
function batchOf(images: number, result: (imageId: string, bucketUrl: string) => BatchItemResult): Batch {
  const batch = beginBatch({}, 0);
  const items = Array.from({ length: images }, () => {
    const imageId = randomUUID();
    return { imageId, bucketUrl: `ims-image:nightly/2026-11-27/${imageId}.qcow2`, format: 'qcow2' as const };
  });
  takePlan(batch, { dryRun: false, maxConcurrent: 20, account: 'default', options: {}, items, warnings: [] });
  items.forEach(({ imageId, bucketUrl }, position) => {
    settle(batch, position, result(imageId, bucketUrl));
  });
  return batch;
}

describe('the state of a batch', () => {
  it.each([
    ['succeeded', report({})],
    [
      'failed',
      report({ outcome: 'failed', object: null, failure: { type: 'ExportFailed', message: '导出失败 '.repeat(80) } }),
    ],
  ])('of 5,000 images that %s stays well below 2 MB', (_what, ended) => {
    const batch = batchOf(5_000, (imageId, bucketUrl) => resultOf({ imageId, bucketUrl, format: 'qcow2' }, ended));
    const bytes = Buffer.byteLength(JSON.stringify(carriedBatch(batch)));
    console.info(`5,000 images: ${bytes} bytes`);
    expect(bytes).toBeLessThan(1_600_000);
  });

  it('is the same in the next run, with the same counts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...BATCH_VERDICTS), { maxLength: 20 }), (verdicts) => {
        const waiting = [...verdicts];
        const batch = batchOf(verdicts.length, (imageId, bucketUrl) => {
          return { imageId, bucketUrl, verdict: waiting.shift() ?? 'failed' };
        });
        const carried = JSON.parse(JSON.stringify(carriedBatch(batch)));
        const next = resumeBatch({}, carried);
        expect(carriedBatch(next)).toEqual(carriedBatch(batch));
        expect(countsOf(next)).toEqual(countsOf(batch));
        expect(next.positions).toEqual(batch.positions);
      }),
    );
  });
});
