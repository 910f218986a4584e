import { anEarlierExportIsNamed, nothingSubmittedIsTrue } from './claims';
import { INVARIANTS } from './invariants';
import type { Record } from './record';
import { verdictAgrees } from './verdicts';

/** Everything that is wrong with a run, each as a sentence after the name of its rule. Nothing when all is well. */
export function judge(record: Record): string[] {
  const rules = Object.entries({
    ...INVARIANTS,
    verdictAgrees,
    nothingSubmittedIsTrue,
    anEarlierExportIsNamed,
  });
  return rules.flatMap(([name, rule]) => rule(record).map((problem) => `${name}: ${problem}`));
}
