/**
 * The fleet: 300 exports at once on one worker for ten minutes, in real time, held against the limits.
 *
 *     npm run fleet -- --exports 60 --seconds 120
 *     npm run fleet -- --rps 120 --submits-per-second 2
 *
 * A run is bad when a limit was exceeded, the polls are bunched, an export is lost or a workflow task failed.
 *
 * @module
 */
import { type Closable, openNoStage, type Trial } from '../trial';
import { judge } from './judgement';
import { perform } from './perform';
import { describePlan, type FleetPlan, rateForQuota } from './plan';
import type { FleetRecord } from './record';
import { reportOf } from './report';

interface FleetFlags {
  [flag: string]: number;
  exports: number;
  seconds: number;
  rps: number;
  'submits-per-second': number;
}

export const fleet: Trial<FleetPlan, FleetRecord, Closable, FleetFlags> = {
  name: 'fleet',
  seeds: { first: 1, runs: 1 },
  flags: {
    exports: 300,
    seconds: 600,
    rps: 150,
    // The quota of ExportImage.
    'submits-per-second': rateForQuota(20, 5),
  },
  planOf: (seed, { exports, seconds, rps: requestsPerSecond, 'submits-per-second': submitsPerSecond }) => ({
    seed,
    exports,
    seconds,
    requestsPerSecond,
    submitsPerSecond,
  }),
  describePlan,
  openStage: openNoStage,
  perform: (plan, _, report) => perform(plan, report),
  judge,
  describeRecord: reportOf,
};
