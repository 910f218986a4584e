/**
 * Starting, reading and steering batches of exports.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { type Client, WorkflowExecutionAlreadyStartedError, type WorkflowHandle } from '@temporalio/client';
import {
  BATCH_MESSAGES,
  type BatchMemo,
  type BatchStatus,
  DEFAULT_TASK_QUEUE,
  EXPORT_IMAGES_WORKFLOW,
  type ExportImagesInput,
  type ExportImagesResult,
  exportBatchWorkflowId,
  isWorkflowId,
  type RetuneBatchInput,
  WORKFLOW_ID_SHAPE,
} from '../contract';
import { invalidField } from '../export/failures';
import { counted } from '../export/quantities';
import { workflowCommand } from '../export/quoting';
import { describeCounts, inLabel, shortDestination } from '../export/summaries';
import { parseBatchInput } from '../request/batch';
import { hasHidden } from '../request/visible';
import { describeRun, readMemo } from '../temporal/runs';
import { ExportError, readable, toExportError, unreadable } from './errors';
import { type ExportReport, retryingOf } from './follow';
import { MAX_STARTS } from './joining';
import { ACCEPT_TIMEOUT_MS, noAnswer } from './no-answer';
import { batchProgress, reportStartProgress } from './start-progress';
import { steer, update } from './steer';
import {
  answerOf,
  factsOfRun,
  findRun,
  ifUnreadable,
  type ReportOfRun,
  reportsUntilEnd,
  requireReadable,
  shortCall,
  throughOutages,
  type Undecoded,
} from './temporal-calls';
import { requireWorker } from './workers';

export interface StartBatchOptions {
  /** @default 'ims-export' */
  taskQueue?: string;
  /** What the batch is called, the part of its id after `ims-export-batch:`. @default a digest of the input */
  name?: string;
  /** Called with a sentence on what the batch waits for, after some seconds and when that changes. */
  onWaiting?: (why: string) => void;
}

export interface StartedBatch {
  workflowId: string;
  runId: string;
  /** A batch of that name that runs is joined. */
  how: 'started' | 'joined';
  /**
   * A verdict on each image, once the batch has ended; also when exports failed.
   *
   * @throws ExportError as {@link batchResult}
   */
  result(): Promise<ExportImagesResult>;
}

/** What is known of a batch. Memo and state come from Temporal; the status only from a worker that answers. */
export interface BatchReport extends Undecoded {
  workflowId: string;
  runId: string;
  /** As Temporal spells it: `RUNNING`, `PAUSED`, `COMPLETED`, `FAILED`, `CANCELLED`, `TERMINATED`, `TIMED_OUT`. */
  workflowStatus: string;
  startedAt: string;
  closedAt: string | null;
  memo: BatchMemo;
  /** What the oldest activity that is tried again failed with last; null when none is tried again, and in a list. */
  retrying: ExportReport['retrying'];
  /** Null when no worker answered the query in time, or the answer cannot be decoded here. */
  status: BatchStatus | null;
}

const FOLLOW_INTERVAL_MS = 2_000;
const PLANNED_INTERVAL_MS = 250;

/**
 * Starts a batch and waits until it is planned: every image has a destination and a format then. The same input, or the same
 * name, joins a batch that runs. One that has ended runs anew: what it has exported to the same keys is found, and not
 * exported again.
 *
 * @throws ExportError InvalidExportRequest that names the field; NothingToExport when no image matches the query; AccessDenied,
 *   SubmitRejected, TemporalUnreachable; TemporalConfigurationError; NoWorker, also when no worker takes it within 15 s;
 *   Unreadable when the batch of that name that runs cannot be decoded here
 * @example
 * ```ts
 * const batch = await startBatch(client, { query: { tag: 'backup' }, to: 'ims-image:{date}/{name}.{format}' });
 * const { counts, items } = await batch.result();
 * ```
 */
export async function startBatch(
  client: Client,
  input: ExportImagesInput,
  { taskQueue = DEFAULT_TASK_QUEUE, name = digestOf(input), onWaiting }: StartBatchOptions = {},
): Promise<StartedBatch> {
  return await reportBatchProgress(client, name, begin(client, input, { taskQueue, name }), onWaiting);
}

/** Waits for a batch of that name, and reports after some seconds what it waits for, and again when that changes. */
export async function reportBatchProgress<T>(
  client: Client,
  name: string,
  waiting: Promise<T>,
  report: StartBatchOptions['onWaiting'],
): Promise<T> {
  const read = async () => batchProgress(await readBatch(client, exportBatchWorkflowId(name)));
  return await reportStartProgress(waiting, read, report);
}

async function begin(
  client: Client,
  input: ExportImagesInput,
  { taskQueue, name }: { taskQueue: string; name: string },
  startsLeft = MAX_STARTS,
): Promise<StartedBatch> {
  const workflowId = exportBatchWorkflowId(name);
  try {
    parseBatchInput(input);
    refuseName(name);
    const before = await findRun<BatchMemo>(client, workflowId);
    const joins = before !== undefined && before.closeTime === undefined;
    const digest = digestOf(input);
    if (joins) await requireReadable(client, before);
    if (joins) refuseOtherBatch(before.memo, digest, name);
    if (!joins) await requireWorker(client, taskQueue);
    const handle = await shortCall(client, () =>
      client.workflow.start(EXPORT_IMAGES_WORKFLOW, {
        workflowId,
        taskQueue,
        args: [input],
        memo: { digest },
        workflowIdConflictPolicy: joins ? 'USE_EXISTING' : 'FAIL',
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: summaryOf(input),
        staticDetails: DETAILS,
      }),
    );
    const runId = handle.firstExecutionRunId;
    const how = joins ? 'joined' : 'started';
    const what = input.dryRun ? 'dry run' : 'batch';
    await untilPlanned(client, workflowId, runId, () => noAnswer(client, taskQueue, { what, workflowId, how }));
    return {
      workflowId,
      runId,
      how,
      result: () => batchResult(client, workflowId, runId),
    };
  } catch (error) {
    // Another caller was quicker: that batch is joined when it is the same.
    if (error instanceof WorkflowExecutionAlreadyStartedError && startsLeft > 1) {
      return await begin(client, input, { taskQueue, name }, startsLeft - 1);
    }
    throw toExportError(error, workflowId);
  }
}

/**
 * Reads one batch: what Temporal itself knows first, then the query `batchStatus` if a worker answers within 2 s.
 *
 * @throws ExportError NoSuchExport, TemporalUnreachable; TemporalConfigurationError
 */
export async function readBatch(client: Client, workflowId: string): Promise<BatchReport> {
  return (await readRun(client, workflowId)).report;
}

async function readRun(client: Client, workflowId: string, runId?: string): Promise<ReportOfRun<BatchReport>> {
  try {
    const run = await shortCall(client, () => describeRun(client, workflowId, runId));
    const [memo, retrying, answer] = await Promise.all([
      readMemo<BatchMemo>(client, run),
      retryingOf(client, run),
      answerOf<BatchStatus>(client, run, BATCH_MESSAGES.queries.batchStatus),
    ]);
    const report = {
      ...factsOfRun(run),
      memo: memo.value,
      retrying: retrying.value,
      status: answer.value,
      ...ifUnreadable(answer, memo, retrying),
    };
    return { report, firstRunId: run.firstRunId };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** True for the id of a batch, by its workflow type: a schedule gives its batches ids of their own. */
export async function isBatch(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { type } = await shortCall(client, () => describeRun(client, workflowId));
    return type === EXPORT_IMAGES_WORKFLOW;
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/**
 * Reports of a batch until it has ended, the last one included. Goes on while Temporal is away for a while. Ends, too, when a
 * later batch of that id has begun.
 *
 * @param onOutage called each time that Temporal did not answer
 * @param fromRunId the run to begin with; the latest when absent
 * @throws ExportError NoSuchExport; TemporalUnreachable when Temporal was away for ten minutes; TemporalConfigurationError
 */
export function followBatch(
  client: Client,
  workflowId: string,
  intervalMs = FOLLOW_INTERVAL_MS,
  onOutage?: () => void,
  fromRunId?: string,
): AsyncGenerator<BatchReport> {
  return reportsUntilEnd((runId) => readRun(client, workflowId, runId), { intervalMs, onOutage, runId: fromRunId });
}

/**
 * Waits for the end of a batch, across restarts of Temporal and continue-as-new.
 *
 * @param runId the run to wait for; the latest of that workflow id when absent
 * @throws ExportError Canceled with the counts, and the failure types of a batch that could not be planned; BatchFailed; Unreadable
 *   when the result cannot be decoded here; TemporalUnreachable when Temporal was away for ten minutes; TemporalConfigurationError
 */
export async function batchResult(client: Client, workflowId: string, runId?: string): Promise<ExportImagesResult> {
  try {
    const handle = client.workflow.getHandle(workflowId, runId);
    return await readable(
      workflowId,
      throughOutages<ExportImagesResult>(() => handle.result()),
    );
  } catch (error) {
    const reported = toExportError(error, workflowId);
    if (!(reported instanceof ExportError) || reported.code !== 'Canceled') throw reported;
    const { memo } = await readBatch(client, workflowId);
    const counts = describeCounts(memo.counts ?? {}) || 'nothing was started';
    const message = `The batch was canceled: ${counts}. \`${workflowCommand('status', workflowId)}\` shows more if a worker runs.`;
    throw new ExportError('Canceled', message, memo, { cause: error });
  }
}

/**
 * Asks the batch to cancel: it starts no more, passes the cancel on to every export that runs, and ends when they have.
 *
 * @throws ExportError NoSuchExport, InvalidExportRequest, ExportEnded, TemporalUnreachable; TemporalConfigurationError
 */
export async function cancelBatch(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.cancel());
}

/** Sends `pauseStarting`: what runs goes on, and nothing new is started. @throws ExportError as {@link cancelBatch} */
export async function pauseBatch(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(BATCH_MESSAGES.signals.pauseStarting));
}

/** Sends `resumeStarting`. @throws ExportError as {@link cancelBatch} */
export async function resumeBatch(client: Client, workflowId: string): Promise<void> {
  await steer(client, workflowId, (handle) => handle.signal(BATCH_MESSAGES.signals.resumeStarting));
}

/**
 * Changes how many exports of a batch run at the same time.
 *
 * @throws ExportError InvalidExportRequest, NoWorker, Unreadable, and as {@link cancelBatch}
 */
export async function retuneBatch(
  client: Client,
  workflowId: string,
  changes: RetuneBatchInput,
): Promise<RetuneBatchInput> {
  const { retuneBatch: name } = BATCH_MESSAGES.updates;
  const send = (handle: WorkflowHandle) =>
    handle.executeUpdate<RetuneBatchInput, [RetuneBatchInput]>(name, { args: [changes] });
  return await update(client, workflowId, send);
}

/** @throws ApplicationFailure InvalidExportRequest */
export function refuseName(name: string): void {
  if (name !== '' && isWorkflowId(exportBatchWorkflowId(name)) && !hasHidden(name)) return;
  const expected = `a name with which ${exportBatchWorkflowId('<name>')}, the id of the batch, is ${WORKFLOW_ID_SHAPE}, all of it visible`;
  throw invalidField('name', name, expected);
}

/** Joining is right only for the same batch. One that another caller started may not say what it is. */
function refuseOtherBatch({ digest }: BatchMemo, wanted: string, name: string): void {
  if (digest === undefined || digest === wanted) return;
  const expected = `a name that no running batch with another input has. Choose another name, or wait for the running batch: \`${workflowCommand('watch', exportBatchWorkflowId(name))}\``;
  throw invalidField('name', name, expected);
}

/** Fails as the batch does when it ends without a plan, and with `noAnswer()` when no worker takes it in time. */
async function untilPlanned(
  client: Client,
  workflowId: string,
  runId: string,
  noAnswer: () => Promise<ExportError>,
): Promise<void> {
  let answered = false;
  // A worker has that time while Temporal answers: neither of them goes on in an outage.
  let giveUpAtMs: number | null = null;
  const onOutage = () => {
    giveUpAtMs = null;
  };
  for await (const report of followBatch(client, workflowId, PLANNED_INTERVAL_MS, onOutage, runId)) {
    const { status, memo, closedAt, workflowStatus, retrying } = report;
    if (report.statusUnreadable && closedAt === null) throw unreadable(workflowId);
    // What is tried again, a worker has begun.
    answered ||= status !== null || retrying !== null;
    giveUpAtMs ??= Date.now() + ACCEPT_TIMEOUT_MS;
    if (!answered && workflowStatus === 'RUNNING' && Date.now() > giveUpAtMs && memo.total === undefined) {
      throw await noAnswer();
    }
    if (memo.total !== undefined || (status !== null && status.dryRun !== null)) return;
    // The query may answer after an end that the description did not show yet.
    if (closedAt !== null || status?.phase === 'ended') await batchResult(client, workflowId, runId);
  }
}

/** The same input has the same name, whatever the order of its fields. */
function digestOf(input: unknown): string {
  return createHash('sha256').update(JSON.stringify(input, sorted)).digest('hex').slice(0, 12);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** At most 200 bytes. */
export function summaryOf({ images, query, to, dryRun }: ExportImagesInput): string {
  const what = images ? counted(images.length, 'image') : `the images of ${inLabel(JSON.stringify(query), 70)}`;
  return `${dryRun ? 'Dry run of' : 'Export'} ${what}${to ? ` → ${shortDestination({ bucketUrl: to })}` : ''}`;
}

/** Of every batch, for the Web UI. */
export const DETAILS = [
  'Exports many images to OBS, each by a workflow of its own (Relationships shows them).',
  '',
  '- **Pause and resume**: the signals `pauseStarting` and `resumeStarting`',
  '- **More or fewer at a time**: update `retuneBatch` with `{"maxConcurrent": 50}`',
  '- **Cancel**: Request Cancellation; it cancels every running export',
  '- **After the end**: the result has a verdict on each image; Memo, and the query `batchStatus`',
].join('\n');
