/**
 * The cloud of a trial, in a process of its own, with an image for each export.
 *
 * @module
 */
import { startSimulator } from '../../src/testing';
import type { BatchTrial } from './plan';

async function main({ jobSeconds, images }: BatchTrial): Promise<void> {
  const simulator = await startSimulator({ jobSeconds });
  simulator.addImages('linux', images, { tags: ['trial'] });
  process.on('message', () => process.send?.(simulator.jobs()));
  process.send?.(simulator.info);
}

main(JSON.parse(process.argv[2] ?? '{}') as BatchTrial).catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
