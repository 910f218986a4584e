/**
 * Messages: 200 generated sequences of signals, updates and cancels, each sent to one export at moments of its life.
 *
 * @module
 */
import type { WorkflowBundle } from '@temporalio/worker';
import type { Closable, Trial } from '../trial';
import { bundleOfShortRuns } from './bundle';
import { judge } from './judgement';
import { perform } from './perform';
import type { Record } from './record';
import { describeScript, type Script, scriptOf } from './script';
import { MessagesTally } from './tally';
import { timelineOf } from './timeline';

interface Stage extends Closable {
  bundle: WorkflowBundle;
}

export const messages: Trial<Script, Record, Stage> = {
  name: 'messages',
  seeds: { first: 1_000, runs: 200 },
  flags: {},
  // Each run has a server of its own, which mostly waits.
  atATime: 3,
  planOf: scriptOf,
  describePlan: describeScript,
  openStage: async () => ({ bundle: await bundleOfShortRuns(), close: async () => {} }),
  perform: (script, { bundle }) => perform(script, bundle),
  judge,
  describeRecord: timelineOf,
  newTally: () => new MessagesTally(),
};
