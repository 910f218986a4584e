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
import { parseArgs } from 'node:util';
import { judge, reportOf } from './judgement';
import { perform } from './perform';
import { LONG_TRIAL } from './plan';

const TEXT = { type: 'string' } as const;

async function main(): Promise<boolean> {
  const { values } = parseArgs({ options: { images: TEXT, 'max-concurrent': TEXT, 'job-seconds': TEXT } });
  const trial = {
    ...LONG_TRIAL,
    images: Number(values.images ?? LONG_TRIAL.images),
    maxConcurrent: Number(values['max-concurrent'] ?? LONG_TRIAL.maxConcurrent),
    jobSeconds: Number(values['job-seconds'] ?? LONG_TRIAL.jobSeconds),
  };
  if (![trial.images, trial.maxConcurrent, trial.jobSeconds].every((value) => value > 0)) {
    throw new Error('every flag takes a number above 0');
  }
  const startedAt = performance.now();
  const tell = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const record = await perform(trial, tell);
  console.log(`\n${reportOf(record)}`);
  const problems = judge(record);
  for (const problem of problems.slice(0, 50)) console.log(`BROKEN: ${problem}`);
  return problems.length === 0;
}

main().then(
  (isGood) => process.exit(isGood ? 0 : 1),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
