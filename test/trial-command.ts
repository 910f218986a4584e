/**
 * What the commands of the long trials have in common: `npm run batch`, `fleet`, `messages`, `storm` and `newcomer`.
 *
 * @module
 */
import { parseArgs } from 'node:util';

/** The flags that were given; each takes a text. */
function flagsOf<Flag extends string>(names: readonly Flag[]): { [flag in Flag]?: string } {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  return parseArgs({ options }).values as { [flag in Flag]?: string };
}

/** The flags of a trial, each a number above 0, with its default. */
export function amountsOf<Flag extends string>(defaults: { [flag in Flag]: number }): { [flag in Flag]: number } {
  const flags = Object.keys(defaults) as Flag[];
  const given = flagsOf(flags);
  const amounts = Object.fromEntries(flags.map((flag) => [flag, Number(given[flag] ?? defaults[flag])]));
  if (!Object.values(amounts).every((amount) => amount > 0)) throw new Error('every flag takes a number above 0');
  return amounts as { [flag in Flag]: number };
}

export interface Seeds<Flag extends string> {
  first: number;
  runs: number;
  /** One seed was asked for, of which everything is told. */
  isOne: boolean;
  /** What was given of the other flags. */
  others: { [flag in Flag]?: string };
}

/** `--seed` for one, `--from` and `--runs` for others than by default, and flags of the trial's own. */
export function seedsOf<Flag extends string = never>(
  defaults: { first: number; runs: number },
  ...names: Flag[]
): Seeds<Flag> {
  const { seed, from, runs: count, ...others } = flagsOf<string>(['seed', 'from', 'runs', ...names]);
  const isOne = seed !== undefined;
  const first = Number(seed ?? from ?? defaults.first);
  const runs = isOne ? 1 : Number(count ?? defaults.runs);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(runs))
    throw new Error('--seed, --from and --runs are whole numbers');
  return { first, runs, isOne, others: others as Seeds<Flag>['others'] };
}

/** Ends the process with 0 when all was good, and with 1 otherwise. */
export function endBy(main: () => Promise<boolean>): void {
  main().then(
    (isGood) => process.exit(isGood ? 0 : 1),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
}
