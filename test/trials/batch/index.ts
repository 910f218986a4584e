/**
 * The batch: 2,000 images in one batch, 50 at a time, on a worker that is killed twice. Every verdict is held against the
 * jobs of the simulator. Takes some minutes.
 *
 *     npm run batch -- --images 200 --max-concurrent 20
 *
 * A run is bad when a verdict is wrong, an image was exported twice, or a limit was exceeded.
 *
 * @module
 */
import { type Closable, openNoStage, type Trial } from '../trial';
import { judge, reportOf } from './judgement';
import { perform } from './perform';
import { type BatchPlan, describePlan, killsAt } from './plan';
import type { BatchRecord } from './record';

interface BatchFlags {
  [flag: string]: number;
  images: number;
  'max-concurrent': number;
  'job-seconds': number;
  kills: number;
}

export const batch: Trial<BatchPlan, BatchRecord, Closable, BatchFlags> = {
  name: 'batch',
  seeds: { first: 1, runs: 1 },
  flags: { images: 2_000, 'max-concurrent': 50, 'job-seconds': 2, kills: 2 },
  planOf: (seed, { images, 'max-concurrent': maxConcurrent, 'job-seconds': jobSeconds, kills }) => ({
    seed,
    images,
    maxConcurrent,
    jobSeconds,
    killsAt: killsAt(seed, kills),
    quickSubmits: false,
  }),
  describePlan,
  openStage: openNoStage,
  perform: (plan, _, report) => perform(plan, report),
  judge,
  describeRecord: reportOf,
};
