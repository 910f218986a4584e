/**
 * `npm run batch`: 2,000 images in one batch, 50 at a time, on a worker that is killed twice; every verdict is held against
 * the jobs of the simulator. Takes some minutes.
 *
 *     npm run batch
 *     npm run batch -- --images 200 --max-concurrent 20
 *
 * Ends with exit code 1 when a verdict is wrong, an image was exported twice, or a limit was exceeded.
 *
 * @module
 */
import { amountsOf, endBy } from '../trial-command';
import { judge, reportOf } from './judgement';
import { perform } from './perform';
import { LONG_TRIAL } from './plan';

async function main(): Promise<boolean> {
  const amounts = amountsOf({
    images: LONG_TRIAL.images,
    'max-concurrent': LONG_TRIAL.maxConcurrent,
    'job-seconds': LONG_TRIAL.jobSeconds,
  });
  const { images, 'max-concurrent': maxConcurrent, 'job-seconds': jobSeconds } = amounts;
  const trial = { ...LONG_TRIAL, images, maxConcurrent, jobSeconds };
  const startedAt = performance.now();
  const tell = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const record = await perform(trial, tell);
  console.log(`\n${reportOf(record)}`);
  const problems = judge(record);
  for (const problem of problems.slice(0, 50)) console.log(`BROKEN: ${problem}`);
  return problems.length === 0;
}

endBy(main);
