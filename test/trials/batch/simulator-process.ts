/**
 * The cloud of a batch, in a process of its own, with an image for each export.
 *
 * @module
 */
import { startSimulator } from '../../../src/testing';
import { runTrialProcess } from '../trial-process';
import type { BatchPlan } from './plan';

runTrialProcess(async ({ jobSeconds, images }: BatchPlan) => {
  const simulator = await startSimulator({ jobSeconds });
  simulator.addImages('linux', images, { tags: ['trial'] });
  return { ready: simulator.info, answer: () => simulator.jobs() };
});
