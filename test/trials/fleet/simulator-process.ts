/**
 * The cloud of a fleet, in a process of its own: an image for each export, and jobs of many lengths.
 *
 * @module
 */
import { startSimulator } from '../../../src/testing';
import { runTrialProcess } from '../trial-process';
import { type FleetPlan, jobLengths } from './plan';

runTrialProcess(async (plan: FleetPlan) => {
  const simulator = await startSimulator({ jobSeconds: jobLengths(plan) });
  const imageIds = Array.from({ length: plan.exports }, () => simulator.addImage('linux').id);
  return {
    ready: { info: simulator.info, imageIds },
    answer: () => ({ requests: simulator.requests(), jobs: simulator.jobs() }),
  };
});
