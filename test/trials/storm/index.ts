/**
 * The storm: 620 exports through generated trouble of cloud, workers, clocks and Temporal, at most seconds where the cloud takes
 * minutes. Each is judged by the simulator's own record.
 *
 * @module
 */
import type { Trial } from '../trial';
import { judge } from './judgement';
import { perform } from './perform';
import { describePlan, type Plan, planOf } from './plan';
import type { Record } from './record';
import { openStage, type Stage } from './stage';
import { StormTally } from './tally';
import { timelineOf } from './timeline';

export const storm: Trial<Plan, Record, Stage, { trouble: string | undefined }> = {
  name: 'storm',
  seeds: { first: 1_000, runs: 620 },
  // Of these seeds only those about one kind of trouble.
  flags: { trouble: undefined },
  planOf(seed, { trouble }) {
    const plan = planOf(seed);
    return trouble === undefined || plan.trouble === trouble ? plan : null;
  },
  describePlan,
  // A run mostly waits, and each has a server, a simulator and workers of its own.
  atATime: 2,
  openStage,
  perform,
  judge,
  describeRecord: timelineOf,
  newTally: () => new StormTally(),
};
