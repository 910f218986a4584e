/**
 * `npm run messages`: 200 generated sequences of messages, each sent to one export at moments of its life.
 *
 *     npm run messages                          all of them
 *     npm run messages -- --seed 4711           one, with everything that was sent and answered
 *     npm run messages -- --runs 50 --from 1000
 *
 * Ends with exit code 1 when any export is not as it should be.
 *
 * @module
 */
import { endBy, seedsOf } from '../trial-command';
import { bundleOfShortRuns } from './bundle';
import { judge } from './judgement';
import { perform } from './perform';
import { describeScript, scriptOf } from './script';
import { Tally } from './tally';
import { timelineOf } from './timeline';

const RUNS = 200;
const FIRST_SEED = 1_000;
/** Each has a server of its own, which mostly waits. */
const AT_A_TIME = 3;

async function main(): Promise<boolean> {
  const { first, runs, isOne } = seedsOf({ first: FIRST_SEED, runs: RUNS });
  console.log(`messages: ${runs} sequences from seed ${first} on`);

  const bundle = await bundleOfShortRuns();
  const tally = new Tally();
  let next = first;
  let isGood = true;
  let done = 0;
  const performAll = async () => {
    while (next < first + runs) {
      const seed = next;
      next += 1;
      const script = scriptOf(seed);
      try {
        const record = await perform(script, bundle);
        const problems = judge(record);
        tally.add(record);
        if (problems.length > 0) isGood = false;
        if (problems.length === 0 && !isOne) continue;
        console.log(`\n${problems.length > 0 ? 'FAILED' : 'as it should be'} ${describeScript(script)}`);
        for (const problem of problems) console.log(`  - ${problem}`);
        if (isOne) console.log(timelineOf(record));
      } catch (error) {
        isGood = false;
        console.log(`\nFAILED ${describeScript(script)}\n  - it could not be performed:`, error);
      } finally {
        done += 1;
        if (done % 50 === 0 && done < runs) console.log(`${done} of ${runs}`);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_A_TIME, runs) }, performAll));
  console.log(`\n${tally}`);
  return isGood;
}

endBy(main);
