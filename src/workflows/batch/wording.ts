import { BATCH_VERDICTS, type BatchCounts } from '../../contract';
import { type Batch, countsOf, tallyOf } from './state';

/** `120 of 2000 have ended, 50 run`. */
export function progressLine(batch: Batch): string {
  const { ended, running } = tallyOf(batch);
  return `${ended} of ${batch.items.length} have ended, ${running} run`;
}

/** `118 succeeded, 2 failed`; nothing where there is no verdict yet. */
export function countsLine(batch: Batch): string {
  return describeCounts(countsOf(batch));
}

/** The same of counts; those that are none are not told. */
export function describeCounts(counts: Partial<BatchCounts>): string {
  return BATCH_VERDICTS.flatMap((verdict) => (counts[verdict] ? [`${counts[verdict]} ${verdict}`] : [])).join(', ');
}
