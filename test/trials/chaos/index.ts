/**
 * The chaos: over 50 exports and a batch on real processes, while these are killed, frozen and started again, the network is
 * cut, slow and half open, keys are rotated and revoked, and exports are reset, canceled and sent messages. At the end all is
 * healed, and every verdict is held against the simulator's own record.
 *
 *     npm run chaos -- --seed 4711 --minutes 8
 *
 * @module
 */
import { type Closable, openNoStage, type Trial } from '../trial';
import { judge } from './judgement';
import { perform } from './perform';
import { type ChaosFlags, type ChaosPlan, describePlan, planOf } from './plan';
import type { ChaosRecord } from './record';
import { ChaosTally, reportOf } from './report';

export const chaos: Trial<ChaosPlan, ChaosRecord, Closable, ChaosFlags> = {
  name: 'chaos',
  seeds: { first: 1, runs: 1 },
  atATime: 4,
  flags: { minutes: 8, exports: 64 },
  planOf,
  describePlan,
  openStage: openNoStage,
  perform: (plan, _, report) => perform(plan, report),
  judge,
  describeRecord: reportOf,
  newTally: () => new ChaosTally(),
};
