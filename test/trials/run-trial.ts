/**
 * The command of every trial:
 *
 *     npm run <trial>                            its default seeds
 *     npm run <trial> -- --seed 4711             one run, with its whole record
 *     npm run <trial> -- --from 1000 --runs 50   50 runs, from seed 1000
 *
 * @module
 */
import { type CommandLine, commandLineOf, endBy } from './command-line';
import type { Closable, SeededPlan, Trial, TrialFlags } from './trial';

const PROGRESS_EVERY_RUNS = 50;

/** Performs the trial as the command line asks. Ends the process with 0 when every run is good, else with 1. */
export function runTrial<Plan extends SeededPlan, Record, Stage extends Closable, Flags extends TrialFlags>(
  trial: Trial<Plan, Record, Stage, Flags>,
  args: readonly string[],
): void {
  endBy(async () => performAll(trial, commandLineOf(trial, args)));
}

/** @returns whether every run is good */
export async function performAll<Plan extends SeededPlan, Record, Stage extends Closable, Flags extends TrialFlags>(
  trial: Trial<Plan, Record, Stage, Flags>,
  { first, runs, flags }: CommandLine<Flags>,
  print: (line: string) => void = console.log,
): Promise<boolean> {
  const { name } = trial;
  const isOne = runs === 1;
  const startedAt = performance.now();
  const report = (progress: string) => {
    if (isOne) print(`${String(Math.round((performance.now() - startedAt) / 1_000)).padStart(5)} s  ${progress}`);
  };
  print(isOne ? `${name}: seed ${first}` : `${name}: ${runs} runs from seed ${first}`);
  const tally = trial.newTally?.();
  const seeds = Array.from({ length: runs }, (_, index) => first + index).values();
  let done = 0;
  let performed = 0;
  let failed = 0;

  const atATime = Math.min(trial.atATime ?? 1, runs);
  const stage = await trial.openStage();
  const performRest = async () => {
    for (const seed of seeds) {
      const plan = trial.planOf(seed, flags);
      if (plan !== null) {
        performed += 1;
        const { problems, details, record } = await performOne(trial, plan, stage, report);
        if (record !== undefined) tally?.add(record, problems);
        if (problems.length > 0) failed += 1;
        if (problems.length > 0 || isOne) {
          print(`\n${problems.length > 0 ? 'FAILED' : 'GOOD'} ${trial.describePlan(plan)}`);
          for (const problem of problems) print(`  - ${problem}`);
          print(details);
          if (!isOne) print(`  Run it alone: npm run ${name} -- --seed ${seed}`);
        }
      }
      done += 1;
      if (done % PROGRESS_EVERY_RUNS === 0 && done < runs) print(`${done} of ${runs}, ${failed} failed`);
    }
  };
  try {
    await Promise.all(Array.from({ length: atATime }, performRest));
  } finally {
    await stage.close();
  }
  if (tally !== undefined) print(`\n${tally}`);
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  const atOnce = atATime > 1 ? `, ${atATime} at a time` : '';
  print(`${name}: ${performed} ${performed === 1 ? 'run' : 'runs'}, ${failed} failed, ${minutes} min${atOnce}`);
  return failed === 0 && performed > 0;
}

interface Performed<Record> {
  record?: Record;
  problems: string[];
  details: string;
}

/** A run that could not be performed is a failed run. */
async function performOne<Plan extends SeededPlan, Record, Stage extends Closable, Flags extends TrialFlags>(
  trial: Trial<Plan, Record, Stage, Flags>,
  plan: Plan,
  stage: Stage,
  report: (progress: string) => void,
): Promise<Performed<Record>> {
  try {
    const record = await trial.perform(plan, stage, report);
    return { record, problems: trial.judge(record), details: trial.describeRecord(record) };
  } catch (error) {
    return {
      problems: [`The run could not be performed: ${error}`],
      details: error instanceof Error ? (error.stack ?? '') : '',
    };
  }
}
