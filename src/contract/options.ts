/**
 * The options of an export: one table, from which come the defaults, the schema of the input, what `retune` takes, the flags of
 * the command line and the table of the documentation. A new option is a line of {@link ExportOptions}, one of
 * {@link ExportSettings} and a row of {@link EXPORT_OPTIONS}.
 *
 * @module
 */
import { type Duration, durationText } from './duration';

/** How an export behaves. Every option has a default that suits a 1 TB image. */
export interface ExportOptions {
  /** The export ends as *unknown* this long after its start. Kept absolute across continue-as-new. @default '24h' */
  deadline?: Duration;
  /** Shortest time between polls. @default '10s' */
  minInterval?: Duration;
  /** Longest time between polls. @default '10m' */
  maxInterval?: Duration;
  /** Warn after this time without progress. @default '1h' */
  stallAfter?: Duration;
  /** The export ends as *unknown* when all polls fail this long. @default '2h' */
  pollErrorBudget?: Duration;
  /** The export ends as unknown when the job status is not INIT, RUNNING, SUCCESS or FAIL this long. @default '30m' */
  unknownStatusBudget?: Duration;
  /** The export ends as *unknown* when the cloud answers "no such job" this long. @default '15m' */
  jobNotFoundGrace?: Duration;
  /** The export fails, with nothing submitted, when the cloud throttles or the image is busy this long. @default '2h' */
  submitBudget?: Duration;
  /**
   * What a cancel does: stop tracking at once, or track to the end and delete the object of the export.
   *
   * @default 'detach'
   */
  onCancel?: 'detach' | 'drain';
  /** What to do when the answer to the submit was lost: probe the cloud, or ask an operator. @default 'probe' */
  onAmbiguousSubmit?: 'probe' | 'ask';
  /** Number of further submits that may probe for a lost one; 0 sends none. @default 1 */
  maxProbes?: number;
  /** Accept a new, well-formed and unchanged object as success although its job was never seen. @default false */
  acceptUnconfirmed?: boolean;
  /** What to do when the image is already being exported (IMG.0148): wait within `submitBudget`, or fail. @default 'wait' */
  whenImageBusy?: 'wait' | 'fail';
  /** Severity per preflight rule. Rules drift by region, so each can be turned down to `warn` or `off`. */
  rules?: { [rule: string]: RuleSeverity };
  /**
   * Reserved: this version refuses `true`.
   *
   * @internal
   * @default false
   */
  expectNotification?: boolean;
  /** Upsert the {@link SEARCH_ATTRIBUTES}; they must be registered in the namespace first. @default false */
  searchAttributes?: boolean;
  /**
   * Task queue of all activities, the validation included, so that the calls of all exports can be limited in one place
   * (`maxTaskQueueActivitiesPerSecond`). Null is the workflow's own. @default null
   */
  activityTaskQueue?: string | null;
  /** Task queue of the submits only; their quota is the smallest. Null is that of the other activities. @default null */
  submitTaskQueue?: string | null;
}

export type RuleSeverity = 'error' | 'warn' | 'off';

/** {@link ExportOptions} with defaults filled in and durations in milliseconds. */
export interface ExportSettings {
  deadlineMs: number;
  minIntervalMs: number;
  maxIntervalMs: number;
  stallAfterMs: number;
  pollErrorBudgetMs: number;
  unknownStatusBudgetMs: number;
  jobNotFoundGraceMs: number;
  submitBudgetMs: number;
  onCancel: 'detach' | 'drain';
  onAmbiguousSubmit: 'probe' | 'ask';
  maxProbes: number;
  acceptUnconfirmed: boolean;
  whenImageBusy: 'wait' | 'fail';
  rules: { [rule: string]: RuleSeverity };
  /**
   * Reserved: always false.
   *
   * @internal
   */
  expectNotification: boolean;
  searchAttributes: boolean;
  activityTaskQueue: string | null;
  submitTaskQueue: string | null;
}

/** What one option takes. `help` is the first sentence of its docstring in {@link ExportOptions}. */
export type OptionSpec = { help: string } & (
  | { kind: 'duration'; default: Duration; tunable: boolean }
  | { kind: 'choice'; default: string; choices: readonly [string, ...string[]] }
  | { kind: 'wholeNumber'; default: number; min: number; max: number }
  | { kind: 'flag'; default: boolean; reserved?: true }
  | { kind: 'rules'; default: { readonly [rule: string]: RuleSeverity } }
  | { kind: 'taskQueue'; default: null }
);

/** The specification that fits the type of an option: a default that it can have, and each of its choices. */
type SpecOf<Value> = OptionSpec & { default: Value | null } & (
    | { kind: Exclude<OptionSpec['kind'], 'choice'> }
    | { kind: 'choice'; choices: EachOf<Value> }
  );
/** The two choices of an option, in either order. */
type EachOf<Value, One = Value> = One extends Value ? readonly [One, Exclude<Value, One>] : never;

/** A reserved option is a name for later: the schema knows it, and every value but its default is refused. */
export const EXPORT_OPTIONS = {
  deadline: {
    kind: 'duration',
    // A 1 TB export takes hours; a day leaves room for a busy region.
    default: '24h',
    tunable: true,
    help: 'The export ends as unknown this long after its start.',
  },
  minInterval: {
    kind: 'duration',
    // A small image is done in minutes.
    default: '10s',
    tunable: true,
    help: 'Shortest time between polls.',
  },
  maxInterval: {
    kind: 'duration',
    // The end of a nine-hour export need not be known to the minute.
    default: '10m',
    tunable: true,
    help: 'Longest time between polls.',
  },
  stallAfter: {
    kind: 'duration',
    // A healthy 1 TB export shows a new percent every six minutes or so.
    default: '1h',
    tunable: true,
    help: 'Warn after this time without progress.',
  },
  pollErrorBudget: {
    kind: 'duration',
    // Longer than a usual disturbance of a region, shorter than a night.
    default: '2h',
    tunable: true,
    help: 'The export ends as unknown when all polls fail this long.',
  },
  unknownStatusBudget: {
    kind: 'duration',
    default: '30m',
    tunable: true,
    help: 'The export ends as unknown when the job status is not INIT, RUNNING, SUCCESS or FAIL this long.',
  },
  jobNotFoundGrace: {
    kind: 'duration',
    // A job that was accepted this moment may not be known everywhere; after minutes it is.
    default: '15m',
    tunable: true,
    help: 'The export ends as unknown when the cloud answers "no such job" this long.',
  },
  submitBudget: {
    kind: 'duration',
    // The limit on tasks frees up when another export ends.
    default: '2h',
    tunable: true,
    help: 'The export fails, with nothing submitted, when the cloud throttles or the image is busy this long.',
  },
  onCancel: {
    kind: 'choice',
    default: 'detach',
    choices: ['detach', 'drain'],
    help: 'What a cancel does: stop tracking at once, or track to the end and delete the object of the export.',
  },
  onAmbiguousSubmit: {
    kind: 'choice',
    default: 'probe',
    choices: ['probe', 'ask'],
    help: 'What to do when the answer to the submit was lost: probe the cloud, or ask an operator.',
  },
  maxProbes: {
    kind: 'wholeNumber',
    // One probe is enough in most cases; each further one would be one more export that may begin.
    default: 1,
    min: 0,
    max: 10,
    help: 'Number of further submits that may probe for a lost one; 0 sends none.',
  },
  acceptUnconfirmed: {
    kind: 'flag',
    default: false,
    help: 'Accept a new, well-formed and unchanged object as success although its job was never seen.',
  },
  whenImageBusy: {
    kind: 'choice',
    default: 'wait',
    choices: ['wait', 'fail'],
    help: 'What to do when the image is already being exported (IMG.0148): wait within `submitBudget`, or fail.',
  },
  rules: { kind: 'rules', default: {}, help: 'Severity per preflight rule.' },
  /** @internal */
  expectNotification: {
    kind: 'flag',
    default: false,
    reserved: true,
    help: 'Reserved: this version refuses `true`.',
  },
  searchAttributes: {
    kind: 'flag',
    default: false,
    help: 'Upsert the `SEARCH_ATTRIBUTES`; they must be registered in the namespace first.',
  },
  activityTaskQueue: {
    kind: 'taskQueue',
    default: null,
    help: 'Task queue of all activities, the validation included, so that the calls of all exports can be limited in one place (`maxTaskQueueActivitiesPerSecond`).',
  },
  submitTaskQueue: {
    kind: 'taskQueue',
    default: null,
    help: 'Task queue of the submits only; their quota is the smallest.',
  },
} as const satisfies { [option in keyof Required<ExportOptions>]: SpecOf<NonNullable<ExportOptions[option]>> };

type Specs = typeof EXPORT_OPTIONS;

/** An option that `retune` changes while an export runs, by its start name. */
export type TunableOption = {
  [option in keyof Specs]: Specs[option] extends { tunable: true } ? option : never;
}[keyof Specs];

/** The options that `retune` changes while an export runs, by their start names. */
export const TUNABLE_OPTIONS: readonly TunableOption[] = Object.entries(EXPORT_OPTIONS).flatMap(([option, spec]) =>
  'tunable' in spec && spec.tunable ? [option as TunableOption] : [],
);

/** The longest deadline, from the start of the export, and the longest of any limit. */
export const MAX_DURATION_MS = 365 * 86_400_000;

/** @deprecated Use {@link MAX_DURATION_MS}. */
export const MAX_DEADLINE_MS = MAX_DURATION_MS;

/** A setting that cannot be, in the words of {@link InvalidExportRequestDetails}; `field` is the name of the option. */
export interface SettingProblem {
  field: TunableOption;
  /** As a person writes it. */
  value: string;
  expected: string;
}

/** What is wrong with durations that can each be read. Asked at the start of an export, and again by `retune`. */
export function settingProblems(settings: ExportSettings): SettingProblem[] {
  const { deadlineMs, minIntervalMs, maxIntervalMs } = settings;
  const problems: SettingProblem[] = [];
  const refuse = (field: SettingProblem['field'], expected: string): void => {
    problems.push({ field, value: durationText(settings[`${field}Ms`]), expected });
  };
  if (!(deadlineMs > 0 && deadlineMs <= MAX_DURATION_MS)) refuse('deadline', 'more than 0 and at most 365 days');
  for (const field of TUNABLE_OPTIONS) {
    if (field !== 'deadline' && settings[`${field}Ms`] > MAX_DURATION_MS) refuse(field, 'at most 365 days');
  }
  if (!(minIntervalMs > 0)) refuse('minInterval', 'more than 0');
  if (!(maxIntervalMs >= minIntervalMs))
    refuse('maxInterval', `at least minInterval, which is ${durationText(minIntervalMs)}`);
  return problems;
}
