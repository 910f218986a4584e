/**
 * One export for each way that an export goes, and one batch for each way of a batch: what `npm run record-histories` records and the replay tests expect.
 *
 * @module
 */
import { BATCHES } from './batches';
import { CANCELED } from './canceled';
import { FAILED_OR_UNKNOWN } from './failed-or-unknown';
import { REFUSED } from './refused';
import { SUCCEEDED } from './succeeded';
import type { Ending } from './ways';

export type { Ending } from './ways';

export const ENDINGS: readonly Ending[] = [...SUCCEEDED, ...REFUSED, ...FAILED_OR_UNKNOWN, ...CANCELED, ...BATCHES];
