/**
 * What every trial is made of. README.md, beside this file, explains the words.
 *
 * @module
 */

/** What happens in one run: data, made from a seed, fit to be printed. */
export interface SeededPlan {
  seed: number;
}

/** What the runs of a trial share: servers, a simulator, bundles. */
export interface Closable {
  close(): Promise<void>;
}

/** Flags of a trial's own command, with their defaults. A number must be above 0. */
export interface TrialFlags {
  [flag: string]: number | string | undefined;
}

export interface Trial<
  Plan extends SeededPlan,
  Record,
  Stage extends Closable = Closable,
  Flags extends TrialFlags = TrialFlags,
> {
  /** As in `npm run <name>`. */
  name: string;
  /** Which seeds a command without flags performs. */
  seeds: { first: number; runs: number };
  flags: Flags;
  /** How many runs are performed at the same time. Default 1. */
  atATime?: number;
  /** The plan of a seed, the same each time; null when the flags leave this seed out. */
  planOf(seed: number, flags: Flags): Plan | null;
  describePlan(plan: Plan): string;
  openStage(): Promise<Stage>;
  /** @param report is called with the progress of a run that takes minutes */
  perform(plan: Plan, stage: Stage, report: (progress: string) => void): Promise<Record>;
  /** Every fault of a run, as sentences; none when the run is good. */
  judge(record: Record): string[];
  /** The whole record, for people. */
  describeRecord(record: Record): string;
  /** Counts over all runs. */
  newTally?(): Tally<Record>;
}

export interface Tally<Record> {
  add(record: Record, problems: readonly string[]): void;
  toString(): string;
}

/** The stage of a trial whose runs share nothing. */
export async function openNoStage(): Promise<Closable> {
  return { close: async () => {} };
}
