/**
 * The liveness check of exports that do not report: those that were terminated or timed out cannot; those that were reset
 * will later. It also checks exports with an id that was taken when the batch tried to start them.
 *
 * @module
 */
import { CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import { type EarlierExport, type ExportEnded, type ExportLiveness, exportWorkflowId } from '../../contract';
import { leftJob } from '../../export/earlier';
import { formatDuration } from '../../export/time';
import { is03 } from '../patches';
import { activityTaskQueue } from '../task-queues';
import { imsLookAtExports } from './activity-stubs';
import { cancelExport, takeReport } from './children';
import { LIVENESS_LIMITS } from './liveness-limits';
import { publish } from './publishing';
import { askedFor, type Batch, type BatchItem, settle } from './state';
import { progressLine } from './status';
import { isOfImage, resultOf, resultOfBusy, resultOfEarlier, resultOfTakenId } from './verdicts';

/** The number that one activity checks: a check takes some milliseconds. */
const CHECKED_AT_ONCE = 200;

/** Checks that are due within this share of the first wait run together with those that are due now. */
const TOGETHER = 0.5;

type Running = Extract<BatchItem, { at: 'running' }>;

/**
 * Checks silent exports until the batch has ended. It has its own timer, which reports do not touch: a timer that
 * every report restarts would cost two more events for each image.
 */
export function keepChecking(batch: Batch): void {
  void CancellationScope.nonCancellable(async () => {
    while (batch.ended === null) {
      const waitMs = Math.max(1, nextCheckAtMs(batch) - Date.now());
      const summary = `${progressLine(batch)} - next check of silent exports in ${formatDuration(waitMs)}`;
      await condition(() => batch.checkNow, waitMs, { summary });
      batch.checkNow = false;
      await checkSilent(batch);
    }
  });
}

/** At the latest after the first wait: exports that start later are due then. */
function nextCheckAtMs(batch: Batch): number {
  const firstMs = Date.now() + LIVENESS_LIMITS.firstMs;
  return batch.items.reduce(
    (earliest, item) => (item.at === 'running' ? Math.min(earliest, item.child.lookAtMs) : earliest),
    firstMs,
  );
}

async function checkSilent(batch: Batch): Promise<void> {
  const horizonMs = Date.now() + TOGETHER * LIVENESS_LIMITS.firstMs;
  const due = batch.items
    .flatMap((item, position) =>
      item.at === 'running' && item.child.lookAtMs <= horizonMs ? [{ item, position }] : [],
    )
    .slice(0, CHECKED_AT_ONCE);
  if (due.length === 0) return;
  const looks = await readLiveness(
    batch,
    due.map(({ item }) => item),
  );
  for (const [index, { item, position }] of due.entries()) {
    // It may have reported during the check.
    if (batch.items[position] === item) takeFinding(batch, position, item, looks[index] ?? NOT_READ);
  }
  publish(batch);
}

async function readLiveness(batch: Batch, due: Running[]): Promise<ExportLiveness[]> {
  const exports = due.map(({ planned, child }) => ({
    workflowId: exportWorkflowId(planned.bucketUrl ?? ''),
    firstRunId: child.firstRunId,
  }));
  try {
    const summary = `check silent exports: ${exports.length}`;
    const taskQueue = activityTaskQueue(askedFor(batch));
    return await imsLookAtExports.executeWithOptions({ summary, taskQueue }, [{ exports }]);
  } catch {
    // Temporal, or every worker, was away for minutes: the next check follows.
    return [];
  }
}

const NOT_READ: ExportLiveness = { kind: 'notRead', reason: 'the activity failed' };

function takeFinding(batch: Batch, position: number, item: Running, seen: ExportLiveness): void {
  const { planned, child } = item;
  switch (seen.kind) {
    case 'running':
      if (child.firstRunId === null && !adopts(item, seen)) {
        settle(batch, position, resultOfBusy(planned, seen.imageId));
        return;
      }
      if (child.firstRunId === null && batch.canceling) void cancelExport(batch, position, planned);
      child.firstRunId = seen.firstRunId;
      delete child.unreadable;
      delete child.refused;
      checkLater(child);
      return;
    case 'ended':
      if (child.firstRunId !== null) takeReport(batch, { ...seen.report, firstRunId: child.firstRunId });
      else goOnAfter(batch, position, item, seen);
      return;
    case 'idTaken':
      settle(batch, position, resultOfTakenId(planned, seen.workflowType));
      return;
    case 'gone':
      if (child.firstRunId === null) startAgain(batch, position, item);
      else settle(batch, position, resultOf(planned, unseen(item, child.firstRunId, VANISHED)));
      return;
    case 'notRead':
      if (seen.closed === undefined) giveUpRefused(batch, position, item, seen);
      else giveUpInTime(batch, position, item, { message: seen.reason, runId: seen.closed.firstRunId });
  }
}

type Ended = Extract<ExportLiveness, { kind: 'ended' }>;

/** An export that this run of the batch did not start has ended: now it is this batch's turn. */
function goOnAfter(batch: Batch, position: number, item: Running, seen: Ended): void {
  const { planned } = item;
  const { report } = seen;
  const earlier = seen.earlier ?? earlierOf(report);
  if (!is03({ run: batch })) {
    if (report.outcome === 'succeeded') settle(batch, position, resultOfEarlier(planned, report));
    else startAgain(batch, position, item, earlier);
    return;
  }
  // An attempt before the reset may have started it: its job is tracked on, and where its id is lost nothing is submitted either.
  const own = earlierOf(report);
  const isOwn = batch.mayHaveStarted && isOfImage(planned, report.imageId) && leftJob(own);
  if (isOwn && (own.jobId === null || batch.canceling)) settle(batch, position, resultOf(planned, report));
  else startAgain(batch, position, item, earlier, isOwn ? (own.jobId ?? undefined) : undefined);
}

/** Checks in a row, over some two hours: longer than a codec is away. */
const MAX_UNREADABLE = 4;

/** An export that has ended, or is not shown, must not hold its batch up for ever where nobody can say how it ended. */
function giveUpInTime(
  batch: Batch,
  position: number,
  item: Running,
  { message, runId }: { message: string; runId: string },
): void {
  const { planned, child } = item;
  if (child.firstRunId === null && !batch.mayHaveStarted) {
    const nothing = { outcome: null, remoteJob: null, jobId: null, fileFormat: null, object: null, finishedAt: null };
    startAgain(batch, position, item, { runId, ...nothing });
    return;
  }
  child.unreadable = (child.unreadable ?? 0) + 1;
  if (child.unreadable < MAX_UNREADABLE) {
    checkLater(child);
    return;
  }
  settle(batch, position, resultOf(planned, unseen(item, runId, { type: 'ExportOutcomeUnknown', message })));
}

/** Checks in a row, over some two days: longer than an export takes, which reports its end by itself. */
const MAX_REFUSED = 48;

/** An export that Temporal refuses to show may have ended without a report. */
function giveUpRefused(
  batch: Batch,
  position: number,
  item: Running,
  { reason: message, refused }: Extract<ExportLiveness, { kind: 'notRead' }>,
): void {
  const { planned, child } = item;
  if (refused) child.refused = (child.refused ?? 0) + 1;
  if ((child.refused ?? 0) < MAX_REFUSED) {
    checkLater(child);
    return;
  }
  settle(
    batch,
    position,
    resultOf(planned, unseen(item, child.firstRunId ?? '', { type: 'ExportOutcomeUnknown', message })),
  );
}

/**
 * An export that this workflow id has started is of an earlier run of this batch, one before a reset say, and reports to
 * this one.
 */
function adopts({ planned }: Running, { parentId, imageId }: Extract<ExportLiveness, { kind: 'running' }>): boolean {
  return parentId === workflowInfo().workflowId && isOfImage(planned, imageId);
}

function checkLater(child: Running['child']): void {
  child.looks += 1;
  child.lookAtMs = Date.now() + Math.min(LIVENESS_LIMITS.maxMs, LIVENESS_LIMITS.firstMs * 2 ** child.looks);
}

function earlierOf({ firstRunId, outcome, remoteJob, jobId, fileFormat }: ExportEnded): EarlierExport {
  return { runId: firstRunId, outcome, remoteJob, jobId, fileFormat, object: null, finishedAt: null };
}

/** @param attachTo a job of its own, which is tracked instead of submitting another one */
function startAgain(
  batch: Batch,
  position: number,
  { planned }: Running,
  earlier?: EarlierExport,
  attachTo?: string,
): void {
  if (batch.canceling) {
    const { imageId, bucketUrl } = planned;
    settle(batch, position, { imageId, bucketUrl, verdict: 'notStarted' });
    return;
  }
  batch.items[position] = {
    at: 'pending',
    planned,
    ...(earlier === undefined ? {} : { earlier }),
    ...(attachTo === undefined ? {} : { attachTo }),
  };
  batch.nextPending = Math.min(batch.nextPending, position);
  batch.wake = true;
}

const VANISHED = {
  type: 'Terminated',
  message: 'Temporal no longer knows the export: it was deleted, or ended long ago.',
};

/** The report of an export whose end nobody has seen. */
function unseen(
  { planned }: Running,
  firstRunId: string,
  failure: { type: string; message: string },
): Parameters<typeof resultOf>[1] {
  return {
    workflowId: exportWorkflowId(planned.bucketUrl ?? ''),
    firstRunId,
    outcome: 'unknown',
    imageId: planned.imageId,
    fileFormat: null,
    jobId: null,
    remoteJob: 'unknown',
    object: null,
    failure,
  };
}
