/**
 * An export as a child of another workflow.
 *
 * @module
 */
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  ParentClosePolicy,
  startChild,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import {
  EXPORT_IMAGE_WORKFLOW,
  type ExportImageInput,
  type ExportImageResult,
  exportWorkflowId,
  FILE_FORMATS,
  IMAGE_ID,
  JOB_ID,
  TASK_QUEUE_NAME,
  workflowIdProblem,
} from '../contract';
import { childBusy, childTerminated, invalidField } from '../export/failures';
import { startDetails } from '../export/guidance';
import { REUSE_POLICY } from '../export/reuse-policy';
import { type StartedWith, startSummary } from '../export/summaries';
import type { exportImageWorkflow } from './export-image';

/**
 * What can be chosen of a child. Everything else is part of what an export promises: its id is that of its destination, it
 * outlives its parent, and no timeout or retry of Temporal ends or repeats it. `options` of the input limit its time.
 */
export interface ExportChildOptions {
  /**
   * Task queue whose workers have `exportImageWorkflow`, such as the `DEFAULT_TASK_QUEUE` of `ims-export worker`. The
   * default is right where the parent's own worker re-exports the workflow and has its activities; a parent in another
   * service names the queue here, since on its own no worker could run the child.
   *
   * @default the task queue of the parent, as for every child
   */
  taskQueue?: string;
  /**
   * What a cancel of the parent, or of the scope that the child was started in, does to the export.
   *
   * - `ABANDON`: the parent gets its cancel at once, and the export goes on and stays tracked. The cloud cannot cancel a
   *   job: to cancel the export would only stop its tracking.
   * - `WAIT_CANCELLATION_COMPLETED`: the export is canceled, and the parent waits until it has ended as its own
   *   `options.onCancel` says. This suits `onCancel: 'drain'`, which deletes the object; that may take hours.
   * - `WAIT_CANCELLATION_REQUESTED`, `TRY_CANCEL`: the export is canceled, and the parent does not wait for its end.
   *
   * @default 'ABANDON'
   */
  cancellationType?: ChildWorkflowCancellationType;
}

/**
 * Exports an image as a child of the calling workflow, and waits for its end.
 *
 * The child runs under the id of its destination, `ims-export:<bucket>:<object key>`, and outlives its parent
 * (`ABANDON`). One that runs there already is not joined: a parent that is reset, retried or started again while its own earlier
 * export runs fails as `DestinationBusy`. Where one of the same image and format has succeeded, and its object is still there,
 * unchanged, its result is returned; where the object is gone, it is exported again. Several callers of one export join it
 * through Nexus.
 *
 * @throws ApplicationFailure, non-retryable, the export's own: of one of the `FAILURE_TYPES`, with its details. Read it by
 *   {@link exportFailureOf}. `DestinationBusy` when a workflow runs under that id already, `DestinationExists` when
 *   another object is there, and `ExportOutcomeUnknown` with the reason
 *   `trackingEnded` when the child was terminated. Uncaught, it fails the parent, and no retry policy of the parent exports
 *   again.
 * @throws ChildWorkflowFailure, for which `isCancellation` is true, when the parent's scope or the export was canceled
 * @example
 * ```ts
 * const { object } = await executeExportChild({ imageId, bucketUrl: 'ims-image:a.qcow2', fileFormat: 'qcow2' });
 * ```
 */
export async function executeExportChild(
  input: ExportImageInput,
  options: ExportChildOptions = {},
): Promise<ExportImageResult> {
  const child = await startExportChild(input, options);
  return await child.result();
}

/**
 * Starts an export as a child of the calling workflow, as {@link executeExportChild} does, and returns when it has been
 * started: the parent can do other things, or end. A cancel concerns the scope that this was called in.
 *
 * @returns Temporal's handle of the child. `result()` throws what `executeExportChild` throws.
 * @throws ApplicationFailure of type `InvalidExportRequest` for an input without a destination, `DestinationBusy` when a
 *   workflow runs under the id of the destination already
 * @example
 * ```ts
 * const child = await startExportChild(input, { taskQueue: DEFAULT_TASK_QUEUE });
 * await child.signal('pollNow');
 * const { object } = await child.result();
 * ```
 */
export async function startExportChild(
  input: ExportImageInput,
  { taskQueue, cancellationType = ChildWorkflowCancellationType.ABANDON }: ExportChildOptions = {},
): Promise<ChildWorkflowHandle<typeof exportImageWorkflow>> {
  const workflowId = childIdOf(input);
  refuseTaskQueue(taskQueue);
  try {
    const child = await startChild<typeof exportImageWorkflow>(EXPORT_IMAGE_WORKFLOW, {
      workflowId,
      taskQueue,
      args: [input],
      cancellationType,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      // The child finds an earlier export by itself, and its object. So Temporal refuses the start for one reason only: an
      // export is running.
      workflowIdReusePolicy: REUSE_POLICY,
      ...wordsOf(input),
    });
    return { ...child, result: () => outcomeOf(child.result(), input, workflowId) };
  } catch (error) {
    throw error instanceof WorkflowExecutionAlreadyStartedError ? childBusy(input, workflowId, error) : error;
  }
}

/** The result of the child, or what its export ended with, as if it had been thrown here. A cancel stays as it is. */
async function outcomeOf(
  result: Promise<ExportImageResult>,
  input: unknown,
  workflowId: string,
): Promise<ExportImageResult> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof ChildWorkflowFailure)) throw error;
    const { cause } = error;
    if (cause instanceof ApplicationFailure) throw cause;
    if (cause instanceof TerminatedFailure || cause instanceof TimeoutFailure) {
      throw childTerminated(input, workflowId, error);
    }
    throw error;
  }
}

/** The input can be anything; what stands here for its destination must do for an id. The rest the child refuses. */
function childIdOf(input: unknown): string {
  refuseOtherThanJson(input);
  const { bucketUrl } = (input ?? {}) as { bucketUrl?: unknown };
  if (typeof bucketUrl !== 'string') {
    throw invalidField('bucketUrl', bucketUrl, "'<bucket>:<object key>', in an object such as {imageId, bucketUrl, …}");
  }
  const expected = workflowIdProblem(bucketUrl);
  if (expected !== null) throw invalidField('bucketUrl', bucketUrl, expected);
  return exportWorkflowId(bucketUrl);
}

/** Temporal could not write it down, which would fail the workflow task of the parent again and again. */
function refuseOtherThanJson(input: unknown): void {
  try {
    JSON.stringify(input);
  } catch (error) {
    throw invalidField('', String(error), 'JSON-plain values only');
  }
}

function refuseTaskQueue(taskQueue: unknown): void {
  if (taskQueue === undefined || (typeof taskQueue === 'string' && TASK_QUEUE_NAME.test(taskQueue))) return;
  throw invalidField('taskQueue', String(taskQueue), 'the name of a task queue, of 1 to 200 visible ASCII characters');
}

/** What the Web UI shows of the child. */
function wordsOf(input: ExportImageInput): Pick<ChildWorkflowOptions, 'staticSummary' | 'staticDetails'> {
  const started = startedWith(input);
  return started === null ? {} : { staticSummary: startSummary(started), staticDetails: startDetails(started) };
}

/** Null of an input that the export will refuse: its words could be longer than Temporal takes. */
function startedWith(input: ExportImageInput): StartedWith | null {
  const { imageId, bucketUrl, fileFormat, isQuickExport, attach, options } = input;
  const isReadable =
    IMAGE_ID.test(imageId) &&
    (fileFormat == null || FILE_FORMATS.includes(fileFormat)) &&
    (attach == null || JOB_ID.test(attach.jobId));
  if (!isReadable) return null;
  return {
    imageId,
    bucketUrl,
    fileFormat: isQuickExport ? 'zvhd2' : (fileFormat ?? null),
    isQuickExport: isQuickExport === true,
    attach: attach ?? null,
    options: { onCancel: options?.onCancel === 'drain' ? 'drain' : 'detach' },
  };
}
