/**
 * What the workflow knows of its batch: one plain object, moved forward by the steps.
 *
 * @module
 */
import type { ApplicationFailure } from '@temporalio/workflow';
import {
  BATCH_CONCURRENCY,
  BATCH_VERDICTS,
  type BatchCounts,
  type BatchItemResult,
  type BatchMemo,
  type BatchOutcome,
  type BatchPhase,
  type BatchPlan,
  type EarlierExport,
  type ExportEnded,
  exportWorkflowId,
  type PlannedExport,
} from '../../contract';
import { failureMemo } from '../../export/failures';
import { fitMessages, resultOfRefusal } from './verdicts';

/** Facts that outlive a run: carried by continue-as-new, so what is not known of an image is left out. */
export interface BatchState {
  version: 1;
  /** Start of the first run. */
  startedAtMs: number;
  /** What all exports share; null until the batch was planned. */
  plan: Pick<BatchPlan, 'dryRun' | 'failWhen' | 'account' | 'options'> | null;
  maxConcurrent: number;
  /** Between `pauseStarting` and `resumeStarting`. */
  startingPaused: boolean;
  /** Of an image that has its verdict, the verdict alone. */
  items: Array<Exclude<BatchItem, { at: 'ended' }> | BatchItemResult>;
  warnings: string[];
  /** This batch was reset or retried: an attempt before it may have planned otherwise, and started exports. */
  mayHaveStarted: boolean;
}

/** One image: waiting for its turn, exported by a child, or with its verdict. */
export type BatchItem =
  /** `earlier` has ended, and was read; `attachTo` is its job, which is tracked on. */
  | { at: 'pending'; planned: PlannedExport; earlier?: EarlierExport; attachTo?: string }
  | { at: 'running'; planned: PlannedExport; child: BatchChild }
  | { at: 'ended'; result: BatchItemResult };

/** An export of this batch that was not heard of yet. */
export interface BatchChild {
  /** Its first run; null when an export of that id was there before, and has to be checked. */
  firstRunId: string | null;
  /** When it is checked, unless it reports before. Carried by continue-as-new, so the name stays. */
  lookAtMs: number;
  /** Checks so far: each waits longer than the one before. */
  looks: number;
  /** Checks in a row that found it ended, and could not decode how. */
  unreadable?: number;
  /** Checks in a row, those without an answer left out, in which Temporal refused to show it. */
  refused?: number;
  /** It was started to track this job of an earlier export. */
  attachedTo?: string;
}

/** The state of this run: what outlives it, and what does not. */
export interface Batch extends Omit<BatchState, 'items'> {
  items: BatchItem[];
  /** The input as it came; only the planning activity reads it. */
  input: unknown;
  /** Whether this run may do what version 0.3 does; null until that was asked. */
  is03: boolean | null;
  /** Positions of exports whose start, or of images whose validation, was not answered yet. */
  starting: Set<number>;
  /** Reports that came before the answer to the start of their export. */
  earlyReports: Map<number, ExportEnded>;
  /** Positions by the id of the export. */
  positions: Map<string, number>;
  /** The first item that may still be pending. */
  nextPending: number;
  /** Something has happened that the window has to be filled or left for. */
  wake: boolean;
  /** Something has happened that requires the next liveness check now. */
  checkNow: boolean;
  canceling: boolean;
  /** A person has set `maxConcurrent`, perhaps before the plan with that of the input was there. */
  retuned: boolean;
  ended: { outcome: BatchOutcome; atMs: number; failure: ApplicationFailure | null } | null;
}

export function beginBatch(input: unknown, startedAtMs: number, mayHaveStarted = false): Batch {
  const state: BatchState = {
    version: 1,
    startedAtMs,
    plan: null,
    maxConcurrent: BATCH_CONCURRENCY.default,
    startingPaused: false,
    items: [],
    warnings: [],
    mayHaveStarted,
  };
  return inThisRun(input, state);
}

export function resumeBatch(input: unknown, carried: BatchState, mayHaveStarted = false): Batch {
  // The state of an older version lacks what came later.
  const state = { ...carriedBatch(beginBatch(input, carried.startedAtMs)), ...carried };
  return inThisRun(input, { ...state, mayHaveStarted: state.mayHaveStarted || mayHaveStarted });
}

function inThisRun(input: unknown, state: BatchState): Batch {
  const batch: Batch = {
    ...state,
    items: state.items.map((item) => ('verdict' in item ? { at: 'ended', result: item } : item)),
    input,
    is03: null,
    starting: new Set(),
    earlyReports: new Map(),
    positions: new Map(),
    nextPending: 0,
    wake: false,
    checkNow: false,
    canceling: false,
    retuned: false,
    ended: null,
  };
  index(batch);
  return batch;
}

/** What continue-as-new hands to the next run. */
export function carriedBatch({
  version,
  startedAtMs,
  plan,
  maxConcurrent,
  startingPaused,
  items,
  warnings,
  mayHaveStarted,
}: Batch): BatchState {
  return {
    version,
    startedAtMs,
    plan,
    maxConcurrent,
    startingPaused,
    items: items.map((item) => (item.at === 'ended' ? item.result : item)),
    warnings,
    mayHaveStarted,
  };
}

/** Takes the plan in; images that are not even tried have their verdict at once. */
export function takePlan(batch: Batch, plan: BatchPlan): void {
  const { dryRun, failWhen, account, options, maxConcurrent, items, warnings } = plan;
  batch.plan = { dryRun, failWhen, account, options };
  if (!batch.retuned) batch.maxConcurrent = maxConcurrent;
  batch.warnings = warnings;
  batch.items = items.map((planned) => {
    if (planned.refusal === undefined) return { at: 'pending', planned };
    const result = resultOfRefusal(planned, planned.refusal, batch.mayHaveStarted && !dryRun);
    return { at: 'ended', result: fitMessages(result, items.length) };
  });
  index(batch);
}

function index(batch: Batch): void {
  batch.positions = new Map(
    batch.items.flatMap((item, position) => {
      const { bucketUrl } = item.at === 'ended' ? item.result : item.planned;
      return bucketUrl === null ? [] : [[exportWorkflowId(bucketUrl), position]];
    }),
  );
}

/** The plan, known since planning. */
export function planOf(batch: Batch): NonNullable<BatchState['plan']> {
  if (batch.plan === null) throw new Error('the batch was not planned yet');
  return batch.plan;
}

/** What the batch is asked to do: of the plan, or before that the input as it came. */
export function askedFor({ plan, input }: Batch): unknown {
  return plan ?? input;
}

/** Gives an image its verdict. The window has room for another one then. */
export function settle(batch: Batch, position: number, result: BatchItemResult): void {
  batch.items[position] = { at: 'ended', result: fitMessages(result, batch.items.length) };
  batch.earlyReports.delete(position);
  batch.wake = true;
}

export function countsOf(batch: Batch): BatchCounts {
  const counts = Object.fromEntries(BATCH_VERDICTS.map((verdict) => [verdict, 0])) as BatchCounts;
  for (const item of batch.items) if (item.at === 'ended') counts[item.result.verdict] += 1;
  return counts;
}

/** How many wait for their turn, and how many are on their way; a start that was not answered yet counts as such. */
export function tallyOf(batch: Batch): { pending: number; running: number; ended: number } {
  let pending = 0;
  let running = 0;
  for (const { at } of batch.items) {
    if (at === 'pending') pending += 1;
    if (at === 'running') running += 1;
  }
  const { size: starting } = batch.starting;
  return {
    pending: pending - starting,
    running: running + starting,
    ended: batch.items.length - pending - running,
  };
}

export function phaseOf(batch: Batch): BatchPhase {
  if (batch.ended !== null) return 'ended';
  if (batch.canceling) return 'canceling';
  if (batch.plan === null) return 'planning';
  if (batch.startingPaused) return 'paused';
  return batch.plan.dryRun ? 'validating' : 'exporting';
}

/** What the memo holds of the batch. */
export function memoOf(batch: Batch): { [key in keyof BatchMemo]: BatchMemo[key] } {
  const counts = Object.fromEntries(Object.entries(countsOf(batch)).filter(([, count]) => count > 0));
  const total = batch.plan === null ? {} : { total: batch.items.length };
  if (batch.ended === null) return total;
  const { outcome, failure } = batch.ended;
  return { ...total, outcome, counts, ...failureMemo(failure) };
}
