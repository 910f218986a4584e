import { describe, expect, it } from 'vitest';
import { commandLineOf } from './command-line';
import { performAll } from './run-trial';
import { openNoStage, type Trial } from './trial';

const SEEDS = { first: 1_000, runs: 600 };

describe('the command line of a trial', () => {
  const commandLine = (...args: string[]) =>
    commandLineOf({ seeds: SEEDS, flags: { images: 2_000, trouble: undefined as string | undefined } }, args);

  it('performs the default seeds when no flag is given', () => {
    expect(commandLine()).toEqual({ first: 1_000, runs: 600, flags: { images: 2_000, trouble: undefined } });
  });

  it('performs one run with --seed', () => {
    expect(commandLine('--seed', '4711')).toMatchObject({ first: 4_711, runs: 1 });
  });

  it('performs as many runs as --runs, from --from', () => {
    expect(commandLine('--from', '7', '--runs', '50')).toMatchObject({ first: 7, runs: 50 });
  });

  it("takes the trial's own flags, numbers as numbers", () => {
    expect(commandLine('--images', '20', '--trouble', 'probe403').flags).toEqual({ images: 20, trouble: 'probe403' });
  });

  it.each([
    [['--seed', 'x'], '--seed takes a whole number, not "x"'],
    [['--images', '0'], '--images takes a number above 0, not "0"'],
    [['--image', '3'], "Unknown option '--image'"],
  ])('refuses %j', (args, message) => {
    expect(() => commandLine(...args)).toThrow(message);
  });
});

describe('the command of a trial', () => {
  /** Runs whose seed is 3 are bad, and those whose seed is 4 cannot be performed. */
  const trial: Trial<{ seed: number }, number> = {
    name: 'example',
    seeds: { first: 1, runs: 2 },
    flags: {},
    planOf: (seed) => (seed === 9 ? null : { seed }),
    describePlan: ({ seed }) => `seed ${seed}`,
    openStage: openNoStage,
    perform: async ({ seed }) => {
      if (seed === 4) throw new Error('no server');
      return seed;
    },
    judge: (record) => (record === 3 ? ['it is three'] : []),
    describeRecord: (record) => `record ${record}`,
  };
  const performed = async (first: number, runs: number) => {
    const lines: string[] = [];
    const isGood = await performAll(trial, { first, runs, flags: {} }, (line) => lines.push(line));
    return { isGood, printed: lines.join('\n') };
  };

  it('is good when every run is good, and counts the runs', async () => {
    const { isGood, printed } = await performed(1, 2);
    expect(isGood).toBe(true);
    expect(printed).toContain('example: 2 runs, 0 failed');
  });

  it('is bad when the judgement finds a fault in one run, and says how to run that one alone', async () => {
    const { isGood, printed } = await performed(1, 3);
    expect(isGood).toBe(false);
    expect(printed).toContain('FAILED seed 3\n  - it is three\nrecord 3');
    expect(printed).toContain('npm run example -- --seed 3');
    expect(printed).toContain('example: 3 runs, 1 failed');
  });

  it('is bad when a run cannot be performed, and still performs the others', async () => {
    const { isGood, printed } = await performed(4, 2);
    expect(isGood).toBe(false);
    expect(printed).toContain('The run could not be performed: Error: no server');
    expect(printed).toContain('example: 2 runs, 1 failed');
  });

  it('is bad when the flags leave no run', async () => {
    expect((await performed(9, 1)).isGood).toBe(false);
  });

  it('shows the whole record of a single run', async () => {
    expect((await performed(1, 1)).printed).toContain('GOOD seed 1\nrecord 1');
  });
});
