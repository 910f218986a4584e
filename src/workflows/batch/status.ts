import { type BatchItemResult, type BatchStatus, type BatchVerdict, GOOD_VERDICTS } from '../../contract';
import { iso } from '../../export/time';
import { type Batch, countsOf, phaseOf, tallyOf } from './state';

const MAX_EXPORTS = 50;
const MAX_TROUBLES = 20;

/** Verdicts that need no person. */
const FINE: ReadonlySet<BatchVerdict> = new Set([...GOOD_VERDICTS, 'notStarted']);

/** The answer to `batchStatus`. */
export function statusOf(batch: Batch): BatchStatus {
  const { ended } = batch;
  const { pending, running } = tallyOf(batch);
  return {
    phase: phaseOf(batch),
    outcome: ended?.outcome ?? null,
    dryRun: batch.plan?.dryRun ?? null,
    total: batch.items.length,
    pending,
    running,
    counts: countsOf(batch),
    maxConcurrent: batch.maxConcurrent,
    startingPaused: batch.startingPaused,
    exports: runningOf(batch).slice(0, MAX_EXPORTS),
    troubles: lastTroublesOf(batch),
    failure: ended?.failure ? { type: ended.failure.type ?? '', message: ended.failure.message } : null,
    startedAt: iso(batch.startedAtMs),
    endedAt: ended === null ? null : iso(ended.atMs),
    warnings: [...batch.warnings],
  };
}

/** `120 of 2000 have ended, 50 run`. */
export function progressLine(batch: Batch): string {
  const { ended, running } = tallyOf(batch);
  return `${ended} of ${batch.items.length} have ended, ${running} run`;
}

/** As many of them as a status or a failure shows. */
export function lastTroublesOf(batch: Batch): BatchItemResult[] {
  return troublesOf(batch).slice(-MAX_TROUBLES);
}

/** Images that did not end well, in the order of the plan. */
export function troublesOf(batch: Batch): BatchItemResult[] {
  return batch.items.flatMap((item) => (item.at === 'ended' && !FINE.has(item.result.verdict) ? [item.result] : []));
}

function runningOf(batch: Batch): BatchStatus['exports'] {
  return batch.items.flatMap((item, position) => {
    if (item.at === 'ended' || (item.at === 'pending' && !batch.starting.has(position))) return [];
    const { imageId, bucketUrl } = item.planned;
    return [{ imageId, bucketUrl }];
  });
}
