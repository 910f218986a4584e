import { expect } from 'vitest';
import type { Closable, SeededPlan, Trial, TrialFlags } from './trial';

/** Performs one plan within a test, which fails with all that is wrong and the whole record. Returns the record. */
export async function performWell<Plan extends SeededPlan, Record, Stage extends Closable, Flags extends TrialFlags>(
  trial: Trial<Plan, Record, Stage, Flags>,
  plan: Plan,
  stage: Stage,
): Promise<Record> {
  const record = await trial.perform(plan, stage, () => {});
  const problems = trial.judge(record);
  const shown = problems.length > 0 ? `${trial.describePlan(plan)}\n${trial.describeRecord(record)}` : '';
  expect(problems, shown).toEqual([]);
  return record;
}

/** The first seed of the trial's own whose plan is one of these. */
export function firstSeedWhere<Plan extends SeededPlan, Record, Stage extends Closable, Flags extends TrialFlags>(
  trial: Trial<Plan, Record, Stage, Flags>,
  fits: (plan: Plan) => boolean,
): Plan {
  const { first, runs } = trial.seeds;
  for (let seed = first; seed < first + runs; seed += 1) {
    const plan = trial.planOf(seed, trial.flags);
    if (plan !== null && fits(plan)) return plan;
  }
  throw new Error(`no plan of ${trial.name} fits, from seed ${first} to ${first + runs - 1}`);
}
