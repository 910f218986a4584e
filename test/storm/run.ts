/**
 * `npm run storm`: 600 generated exports through random trouble, each judged by the simulator's own record.
 *
 *     npm run storm                          all of them
 *     npm run storm -- --seed 4711           one, with everything that happened
 *     npm run storm -- --runs 50 --from 1000
 *     npm run storm -- --runs 600 --trouble frozenInPostForLong   of these seeds only those about one trouble
 *
 * Ends with exit code 1 when any run is not as it should be.
 *
 * @module
 */
import { endBy, seedsOf } from '../trial-command';
import { judge } from './judgement';
import { perform } from './perform';
import { describePlan, planOf } from './plan';
import { openStage } from './stage';
import { Tally } from './tally';
import { timelineOf } from './timeline';

const RUNS = 600;
const FIRST_SEED = 1_000;

async function main(): Promise<boolean> {
  const { first, runs, isOne, others } = seedsOf({ first: FIRST_SEED, runs: RUNS }, 'trouble');
  console.log(`storm: ${runs} runs from seed ${first} on`);

  const stage = await openStage();
  const tally = new Tally();
  let isGood = true;
  try {
    for (let seed = first; seed < first + runs; seed += 1) {
      const plan = planOf(seed);
      if (others.trouble !== undefined && plan.trouble !== others.trouble) continue;
      const record = await perform(plan, stage);
      const problems = judge(record);
      tally.add(record, problems);
      if (problems.length > 0) isGood = false;
      if (problems.length > 0 || isOne) {
        console.log(`\n${problems.length > 0 ? 'FAILED' : 'as it should be'} ${describePlan(plan)}`);
        for (const problem of problems) console.log(`  - ${problem}`);
        console.log(timelineOf(record));
      }
      const done = seed - first + 1;
      if (done % 50 === 0 && done < runs) console.log(`${done} of ${runs}`);
    }
  } finally {
    await stage.close();
  }
  console.log(`\n${tally}`);
  return isGood;
}

endBy(main);
