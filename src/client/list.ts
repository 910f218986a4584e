/**
 * Listing exports and batches, with where each stands.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import {
  BATCH_MESSAGES,
  BATCH_PHASES,
  type BatchMemo,
  type BatchOutcome,
  type BatchPhase,
  type BatchStatus,
  EXPORT_IMAGE_WORKFLOW,
  EXPORT_IMAGES_WORKFLOW,
  EXPORT_PHASES,
  type ExportMemo,
  type ExportOutcome,
  type ExportPhase,
  type ExportStatus,
  MESSAGES,
} from '../contract';
import { counted } from '../export/quantities';
import { describeCounts } from '../export/summaries';
import { listRuns, type Run, readMemo } from '../temporal/runs';
import { isInvalidArgument, textOf } from '../temporal/unreachable';
import type { BatchReport } from './batch';
import { ExportError, toExportError } from './errors';
import { failureInShort } from './failure-in-short';
import type { ExportReport } from './follow';
import { answerOf, factsOfRun, ifUnreadable, shortCall, type Undecoded } from './temporal-calls';

/** One export or batch of a list. */
export interface ListedWorkflow extends Undecoded {
  kind: 'export' | 'batch';
  workflowId: string;
  runId: string;
  /** As Temporal spells it: `RUNNING`, `COMPLETED`, … */
  workflowStatus: string;
  /** ISO 8601. */
  startedAt: string;
  closedAt: string | null;
  /** Null after the end, and where no worker has answered. */
  phase: ExportPhase | BatchPhase | null;
  /** Null while it is open, and where it left none: it was terminated, or its workflow failed. */
  outcome: ExportOutcome | BatchOutcome | null;
  /** Whole percent of the job, or of the images of a batch; null where not known. */
  percent: number | null;
  /** Milliseconds left, by the recent rate of a job, or by the rate of a batch since its start; null where not known. */
  remainingMs: number | null;
  /** Null of a batch, and where not known. */
  imageId: string | null;
  /** Images of a batch that is planned. */
  images: number | null;
  jobId: string | null;
  /** Why it failed, or what it waits for, in a few words: `refused by the rule notIso`, `job failed: IMG.0061`. */
  why: string | null;
  /** False where it is open and no worker has answered in time. */
  answered: boolean;
}

/** What `status` of a list may be, beside the phases: `running` is everything that is open. */
export const LIST_STATUSES = [
  ...['running', 'succeeded', 'completed', 'failed', 'refused', 'unknown', 'canceled', 'terminated', 'timedOut'],
] as const;

export interface ListOptions {
  /** One of {@link LIST_STATUSES}, or a phase. */
  status?: string;
  /** @default 100 */
  limit?: number;
  /** A further filter in Temporal's own language, such as `StartTime > '2026-11-01T00:00:00Z'`. */
  query?: string;
}

/** At most so many are read to find those of a status that Temporal itself does not know. */
export const MAX_SEARCHED = 1_000;

/**
 * Open and recent exports and batches: the open ones first, then by their ends, newest first. The open ones are queried ten at
 * a time, for three seconds in all.
 *
 * @returns `more` when more than `limit` were found; `searchedUntil` when Temporal has more than were searched for the status: a
 *   query for the rest; `undecided` are those that may have the status: no worker answered in time, or
 *   what it depends on cannot be decoded here
 * @throws ExportError InvalidExportRequest for a status or query that cannot be, TemporalUnreachable;
 *   TemporalConfigurationError; NoWorker when the status is a phase, and no worker has answered for any
 */
export async function listWorkflows(
  client: Client,
  { status, limit = 100, query }: ListOptions = {},
): Promise<{ rows: ListedWorkflow[]; more: boolean; searchedUntil: string | null; undecided: ListedWorkflow[] }> {
  const asked = filterOf(status);
  const filters = [
    `WorkflowType IN ('${EXPORT_IMAGE_WORKFLOW}', '${EXPORT_IMAGES_WORKFLOW}')`,
    "ExecutionStatus != 'ContinuedAsNew'",
    ...(asked === undefined ? [] : [asked.query]),
    ...(query === undefined ? [] : [`(${query})`]),
  ];
  const found = await runsOf(client, filters.join(' AND '), (asked?.matches ? MAX_SEARCHED : limit) + 1, query);
  const matches = asked?.matches;
  // A row that is left out needs no answer.
  const rows = await rowsOf(client, found.slice(0, matches ? MAX_SEARCHED : limit));
  const matching = matches ? rows.filter(matches) : rows;
  const undecided = matches ? rows.filter((row) => !matches(row) && (!row.answered || row.unreadable)) : [];
  if (undecided.length > 0 && rows.every(({ answered }) => !answered)) {
    const message = `No worker answered in time, so the phase of ${counted(undecided.length, 'open workflow')} is not known.`;
    throw new ExportError('NoWorker', message);
  }
  return {
    undecided,
    rows: matching.slice(0, limit),
    more: (matches ? matching : found).length > limit,
    searchedUntil: matches && found.length > MAX_SEARCHED ? queryForTheRest(rows) : null,
  };
}

/** As Temporal orders them. */
function queryForTheRest(searched: readonly ListedWorkflow[]): string {
  const { startedAt = '', closedAt = null } = searched.at(-1) ?? {};
  return closedAt === null ? `StartTime < '${startedAt}'` : `CloseTime < '${closedAt}'`;
}

async function runsOf(client: Client, filter: string, limit: number, query: string | undefined): Promise<Run[]> {
  try {
    return await listRuns(client, filter, limit, (page) => shortCall(client, page));
  } catch (error) {
    if (query !== undefined && isInvalidArgument(error)) {
      const message = `Temporal rejects the query ${query}: ${textOf(error)}. Write a list filter of Temporal, such as "StartTime > '2026-11-01T00:00:00Z'".`;
      throw new ExportError('InvalidExportRequest', message, undefined, { cause: error });
    }
    throw toExportError(error, EXPORT_IMAGE_WORKFLOW);
  }
}

interface StatusFilter {
  query: string;
  /** Where Temporal alone does not distinguish them. */
  matches?: (row: ListedWorkflow) => boolean;
}

function filterOf(status: string | undefined): StatusFilter | undefined {
  if (status === undefined) return undefined;
  const ended = (name: string) => `ExecutionStatus = '${name}'`;
  const isOutcome = ({ outcome }: ListedWorkflow) => outcome === status;
  const filters: { [status in string]?: StatusFilter } = {
    running: { query: 'CloseTime IS NULL' },
    succeeded: { query: `${ended('Completed')} AND WorkflowType = '${EXPORT_IMAGE_WORKFLOW}'` },
    completed: { query: `${ended('Completed')} AND WorkflowType = '${EXPORT_IMAGES_WORKFLOW}'` },
    failed: { query: ended('Failed'), matches: ({ outcome }) => outcome === null || outcome === 'failed' },
    refused: { query: ended('Failed'), matches: ({ why }) => /^refused\b/.test(why ?? '') },
    unknown: { query: ended('Failed'), matches: isOutcome },
    canceled: { query: ended('Canceled') },
    terminated: { query: ended('Terminated') },
    timedOut: { query: ended('TimedOut') },
  };
  const isPhase = [...EXPORT_PHASES, ...BATCH_PHASES].some((phase) => phase === status && phase !== 'ended');
  const phase = isPhase ? { query: 'CloseTime IS NULL', matches: (row: ListedWorkflow) => row.phase === status } : null;
  const filter = Object.hasOwn(filters, status) ? filters[status] : phase;
  if (filter) return filter;
  const message = `--status is '${status}'; expected one of ${LIST_STATUSES.join(', ')}, or a phase such as exporting, parked or needsAnswer.`;
  throw new ExportError('InvalidExportRequest', message);
}

/** For the queries of a whole list: no one waits longer for it. */
const ANSWERS_MS = 3_000;
const QUERIES_AT_A_TIME = 10;

/** In their order; those that are open with the answer of a worker, where one comes in time. */
async function rowsOf(client: Client, runs: readonly Run[]): Promise<ListedWorkflow[]> {
  const rows: ListedWorkflow[] = [];
  const giveUpAtMs = Date.now() + ANSWERS_MS;
  const left = runs.entries();
  const readNext = async () => {
    for (const [place, run] of left) rows[place] = await rowOf(client, run, giveUpAtMs);
  };
  await Promise.all(Array.from({ length: QUERIES_AT_A_TIME }, readNext));
  return rows;
}

async function rowOf(client: Client, run: Run, giveUpAtMs: number): Promise<ListedWorkflow> {
  const isBatch = run.type === EXPORT_IMAGES_WORKFLOW;
  const query = isBatch ? BATCH_MESSAGES.queries.batchStatus : MESSAGES.queries.exportStatus;
  const leftMs = giveUpAtMs - Date.now();
  const [memo, answer] = await Promise.all([
    readMemo<ExportMemo & BatchMemo>(client, run),
    run.closeTime === undefined && leftMs > 0
      ? answerOf<ExportStatus & BatchStatus>(client, run, query, leftMs)
      : { value: null, unreadable: false },
  ]);
  const report = {
    ...{ ...factsOfRun(run), memo: memo.value, retrying: null, status: answer.value },
    ...ifUnreadable(answer, memo),
  };
  return isBatch ? listedBatch(report) : listedExport(report);
}

/** The row of an export, from its report. */
export function listedExport(report: ExportReport): ListedWorkflow {
  const { memo, status } = report;
  const outcome = status?.outcome ?? memo.outcome ?? null;
  const fraction = outcome === 'succeeded' ? 1 : outcome === null ? (status?.progress ?? null) : null;
  const failure = status?.failure ?? memo.failure ?? null;
  const attention = status?.attention ?? null;
  return {
    ...commonOf(report, 'export', outcome),
    percent: fraction === null ? null : Math.floor(fraction * 100),
    remainingMs: outcome === null ? (status?.remainingMs ?? null) : null,
    imageId: status?.imageId ?? memo.imageId ?? null,
    images: null,
    jobId: status?.jobId ?? memo.jobId ?? null,
    // A later worker may have another attention.
    why:
      failure === null
        ? attention && (WAITS_FOR[attention] ?? attention)
        : failureInShort({ ...failure, ...memo.failure }),
  };
}

const WAITS_FOR: { [attention in NonNullable<ExportStatus['attention']>]: string } = {
  needsAnswer: 'did the submit start a job?',
  parked: 'access denied',
  noWorker: 'no worker takes its activities',
  stalled: 'stalled',
  outcomeUnknown: 'outcome unknown',
};

/** The row of a batch, from its report. */
export function listedBatch(report: BatchReport, nowMs = Date.now()): ListedWorkflow {
  const { memo, status } = report;
  const outcome = status?.outcome ?? memo.outcome ?? null;
  const isPlanned = status !== null && status.dryRun !== null;
  const images = isPlanned ? status.total : (memo.total ?? null);
  const counts = status?.counts ?? memo.counts ?? {};
  const ended = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const isCounted = images !== null && images > 0 && (status !== null || memo.counts !== undefined);
  const failure = status?.failure ?? memo.failure ?? null;
  const isOpen = outcome === null && report.closedAt === null;
  const startedMs = Date.parse(status?.startedAt ?? report.startedAt);
  const isByVerdicts = failure === null || failure.type === 'BatchFailed';
  return {
    ...commonOf(report, 'batch', outcome),
    percent: isCounted ? Math.floor((ended / images) * 100) : null,
    remainingMs: isOpen && isCounted && ended > 0 ? Math.round(((nowMs - startedMs) / ended) * (images - ended)) : null,
    imageId: null,
    images,
    jobId: null,
    why: isByVerdicts ? describeCounts(counts) || null : failureInShort({ ...failure, ...memo.failure }),
  };
}

function commonOf(
  { status, unreadable, statusUnreadable, ...facts }: Facts,
  kind: ListedWorkflow['kind'],
  outcome: ListedWorkflow['outcome'],
) {
  const { workflowId, runId, workflowStatus, startedAt, closedAt } = facts;
  return {
    kind,
    ...{ workflowId, runId, workflowStatus, startedAt, closedAt },
    phase: closedAt === null && outcome === null ? (status?.phase ?? null) : null,
    outcome,
    answered: closedAt !== null || status !== null || statusUnreadable === true,
    ...(unreadable && { unreadable }),
    ...(statusUnreadable && { statusUnreadable }),
  };
}

/** What the reports of exports and batches have in common. */
type Facts = Pick<ExportReport, 'workflowId' | 'runId' | 'workflowStatus' | 'startedAt' | 'closedAt'> &
  Undecoded & { status: { phase: ExportPhase | BatchPhase } | null };
