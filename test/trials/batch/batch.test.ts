import { it } from 'vitest';
import { performWell } from '../short-form';
import { openNoStage } from '../trial';
import { batch } from '.';
import type { BatchPlan } from './plan';

const SHORT: BatchPlan = { seed: 0, images: 16, maxConcurrent: 5, jobSeconds: 1, killsAt: [0.3], quickSubmits: true };

it('a batch whose worker is killed gives the right verdict on each of its 16 images, and exports none twice', {
  timeout: 180_000,
}, async () => {
  const record = await performWell(batch, SHORT, await openNoStage());
  console.info(batch.describeRecord(record));
});
