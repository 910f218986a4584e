/**
 * The cloud of a fleet, in a process of its own: an image for each export, and jobs of many lengths.
 *
 * @module
 */
import { startSimulator } from '../../src/testing';
import { type FleetPlan, jobSeconds } from './plan';

async function main(plan: FleetPlan): Promise<void> {
  const simulator = await startSimulator({ jobSeconds: () => jobSeconds(plan) });
  const imageIds = Array.from({ length: plan.exports }, () => simulator.addImage('linux').id);
  process.on('message', () => process.send?.({ requests: simulator.requests(), jobs: simulator.jobs() }));
  process.send?.({ info: simulator.info, imageIds });
}

main(JSON.parse(process.argv[2] ?? '{}') as FleetPlan).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
