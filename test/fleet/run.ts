/**
 * `npm run fleet`: 300 exports at once on one worker for ten minutes, in real time, held against the limits.
 *
 *     npm run fleet
 *     npm run fleet -- --exports 60 --seconds 120
 *     npm run fleet -- --rps 120 --submits-per-second 2
 *
 * Ends with exit code 1 when a limit was exceeded, the polls are bunched, an export is lost or a workflow task failed.
 *
 * @module
 */
import { amountsOf, endBy } from '../trial-command';
import { judge } from './judgement';
import { perform } from './perform';
import { rateForQuota } from './plan';
import { reportOf } from './report';

const TELL_EVERY_MS = 60_000;

async function main(): Promise<boolean> {
  const {
    rps: requestsPerSecond,
    'submits-per-second': submitsPerSecond,
    ...size
  } = amountsOf({
    exports: 300,
    seconds: 600,
    rps: 150,
    // The quota of ExportImage.
    'submits-per-second': rateForQuota(20, 5),
  });
  const plan = { ...size, requestsPerSecond, submitsPerSecond };
  console.log(
    `fleet: ${plan.exports} exports for ${plan.seconds} s, at most ${plan.requestsPerSecond} requests a second`,
  );
  let toldAt = performance.now();
  const record = await perform(plan, (running) => {
    if (performance.now() - toldAt < TELL_EVERY_MS) return;
    toldAt += TELL_EVERY_MS;
    console.log(`${running} still run`);
  });
  console.log(`\n${reportOf(record)}`);
  const problems = judge(record);
  for (const problem of problems) console.log(`BROKEN: ${problem}`);
  return problems.length === 0;
}

endBy(main);
