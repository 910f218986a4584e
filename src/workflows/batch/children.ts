/**
 * The exports of a batch: children that outlive its runs, and itself when it is terminated.
 *
 * @module
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  ChildWorkflowCancellationType,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type BatchItemResult,
  EXPORT_IMAGE_WORKFLOW,
  type ExportEnded,
  type ExportImageInput,
  exportWorkflowId,
  type PlannedExport,
} from '../../contract';
import { ASKING_POLICIES, REUSE_POLICY } from '../../export/reuse-policy';
import { shortDestination } from '../../export/summaries';
import { LIVENESS_LIMITS } from './liveness-limits';
import { type Batch, type BatchItem, planOf, settle } from './state';
import { isOfImage, resultOf, resultOfBusy, resultOfRefusal } from './verdicts';

type Pending = Extract<BatchItem, { at: 'pending' }>;

/** Starts the export of an image. Its end arrives as a report, or the liveness check finds it. */
export function startExport(batch: Batch, position: number): void {
  const pending = batch.items[position] as Pending;
  batch.starting.add(position);
  // A start that is under way goes on when the batch is canceled: then its export is known, and canceled too.
  void CancellationScope.nonCancellable(() => begin(batch, position, pending));
}

async function begin(batch: Batch, position: number, pending: Pending): Promise<void> {
  const { planned, attachTo } = pending;
  const firstRunId = await start(batch, pending, () => checkSoon(batch, position)).catch((error: unknown) =>
    // Nobody awaits this: an error would fail the workflow task for ever.
    error instanceof Error ? error : new Error(String(error)),
  );
  batch.starting.delete(position);
  batch.wake = true;
  if (firstRunId instanceof Error) {
    const failure = { type: 'SubmitRejected', message: `Its export could not be started: ${firstRunId.message}` };
    settle(batch, position, resultOfRefusal(planned, failure, batch.mayHaveStarted));
    return;
  }
  const lookAtMs = firstRunId === null ? 0 : Date.now() + LIVENESS_LIMITS.firstMs;
  const child = { firstRunId, lookAtMs, looks: 0, ...(attachTo === undefined ? {} : { attachedTo: attachTo }) };
  batch.items[position] = { at: 'running', planned, child };
  if (firstRunId === null) batch.checkNow = true;
  const report = batch.earlyReports.get(position);
  batch.earlyReports.delete(position);
  if (report !== undefined) takeReport(batch, report);
}

/**
 * The first run of the export; null when there is an export of that id already, or was one that has to be read first.
 *
 * @param closed called when this run of the batch learns that the export is closed. Its report came before that, so it only
 *   matters where there was none.
 */
async function start(batch: Batch, pending: Pending, closed: () => void): Promise<string | null> {
  const { planned, earlier, attachTo } = pending;
  const bucketUrl = planned.bucketUrl ?? '';
  const asking = batch.mayHaveStarted ? ASKING_POLICIES.resetBatch : ASKING_POLICIES.batch;
  try {
    const child = await startChild(EXPORT_IMAGE_WORKFLOW, {
      workflowId: exportWorkflowId(bucketUrl),
      args: [inputOf(batch, planned, attachTo)],
      ...(earlier === undefined ? {} : { memo: { earlier } }),
      // A continue-as-new of the batch would end, or cancel, whatever is not abandoned.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      workflowIdReusePolicy: earlier === undefined ? asking : REUSE_POLICY,
      staticSummary: `Export image ${planned.imageId} → ${shortDestination({ bucketUrl })} (${planned.format})`,
    });
    child.result().then(closed, closed);
    return child.firstExecutionRunId;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return null;
  }
}

/** The input of the export of one image, which reports its end to this batch. @param jobId to attach to */
export function inputOf(batch: Batch, { imageId, bucketUrl, format }: PlannedExport, jobId?: string): ExportImageInput {
  const { account, options } = planOf(batch);
  const chosen = format === 'quick' ? { isQuickExport: true } : { fileFormat: format };
  const notify = { workflowId: workflowInfo().workflowId };
  const attach = jobId === undefined ? {} : { attach: { jobId } };
  return { imageId, bucketUrl, ...chosen, ...attach, account, options, notify } as ExportImageInput;
}

/** The report of an export that has ended. Reports of exports of other batches are ignored. */
export function takeReport(batch: Batch, report: ExportEnded): void {
  const position = batch.positions.get(report.workflowId);
  if (position === undefined) return;
  // Handlers run before the answer to a start that came in the same task.
  if (batch.starting.has(position)) {
    batch.earlyReports.set(position, report);
    return;
  }
  const item = batch.items[position];
  if (item?.at !== 'running' || item.child.firstRunId !== report.firstRunId) return;
  settle(batch, position, resultOfChild(item, report));
}

function resultOfChild(
  { planned, child }: Extract<BatchItem, { at: 'running' }>,
  report: ExportEnded,
): BatchItemResult {
  // One that an earlier run of this batch started may have been adopted before it said of which image it is.
  if (!isOfImage(planned, report.imageId)) return resultOfBusy(planned, report.imageId);
  const result = resultOf(planned, report);
  const { attachedTo: jobId } = child;
  if (jobId === undefined || result.verdict !== 'refused' || result.failure === undefined) return result;
  // The job that an earlier attempt has left cannot be tracked: nothing is known of it.
  return { ...resultOfRefusal(planned, result.failure, true), jobId };
}

/** Checks an export now, unless its verdict is known. */
export function checkSoon(batch: Batch, position: number): void {
  const item = batch.items[position];
  if (item?.at !== 'running') return;
  item.child.lookAtMs = 0;
  batch.checkNow = true;
}

/** Asks every export that runs to cancel. They report, as ever, when they have ended. */
export async function cancelExports(batch: Batch): Promise<void> {
  const lookAtMs = Date.now() + LIVENESS_LIMITS.afterCancelMs;
  const asked = batch.items.flatMap((item, position) => {
    // One that was there before is not this batch's to cancel.
    if (item.at !== 'running' || item.child.firstRunId === null) return [];
    item.child.looks = 0;
    item.child.lookAtMs = Math.min(item.child.lookAtMs, lookAtMs);
    return [cancelExport(batch, position, item.planned)];
  });
  await Promise.all(asked);
}

export async function cancelExport(batch: Batch, position: number, { bucketUrl }: PlannedExport): Promise<void> {
  try {
    await getExternalWorkflowHandle(exportWorkflowId(bucketUrl ?? '')).cancel();
  } catch (error) {
    log.info('An export could not be canceled: it has ended', { bucketUrl, error: String(error) });
    checkSoon(batch, position);
  }
}
