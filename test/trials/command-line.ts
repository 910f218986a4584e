/** The command line of the trials. */
import { parseArgs } from 'node:util';
import type { TrialFlags } from './trial';

export interface CommandLine<Flags> {
  first: number;
  runs: number;
  flags: Flags;
}

/**
 * `--seed N` for one run, `--from N` and `--runs N` for others than by default, and the flags of the trial's own.
 *
 * @throws Error when a flag is unknown, or is no number where a number is expected
 */
export function commandLineOf<Flags extends TrialFlags>(
  trial: { seeds: { first: number; runs: number }; flags: Flags },
  args: readonly string[],
): CommandLine<Flags> {
  const names = ['seed', 'from', 'runs', ...Object.keys(trial.flags)];
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { seed, from, runs, ...given } = parseArgs({ args: [...args], options }).values as { [flag: string]: string };
  const first = wholeNumber(seed === undefined ? 'from' : 'seed', seed ?? from ?? trial.seeds.first);
  const count = seed === undefined ? wholeNumber('runs', runs ?? trial.seeds.runs) : 1;
  const flags = Object.fromEntries(
    Object.entries(trial.flags).map(([name, byDefault]) => [
      name,
      typeof byDefault === 'number' ? numberAboveZero(name, given[name] ?? byDefault) : (given[name] ?? byDefault),
    ]),
  );
  return { first, runs: count, flags: flags as Flags };
}

function wholeNumber(name: string, given: string | number): number {
  const number = Number(given);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} takes a whole number, not "${given}"`);
  return number;
}

function numberAboveZero(name: string, given: string | number): number {
  const number = Number(given);
  if (!(number > 0)) throw new Error(`--${name} takes a number above 0, not "${given}"`);
  return number;
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
