/**
 * Reporting the end of the export to another workflow, such as a batch: its later runs cannot await the children of earlier ones.
 *
 * @module
 */
import { CancellationScope, defineSignal, getExternalWorkflowHandle, log, workflowInfo } from '@temporalio/workflow';
import { BATCH_MESSAGES, type ExportEnded, type ExportImageResult, isWorkflowId } from '../contract';
import { shortReason } from '../export/failures';
import { cut } from '../export/quoting';
import type { Tracking } from './state';

export const exportEnded = defineSignal<[ExportEnded]>(BATCH_MESSAGES.signals.exportEnded);

/** The whole message is in the history of the export. */
const MAX_REASON = 500;

/**
 * Signals the workflow that the input names, and returns when the signal was delivered or refused. A workflow that is gone does not
 * hold the export up: the server answers that it knows no such workflow.
 */
export async function notify(notified: string, tracking: Tracking, result: ExportImageResult | null): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() =>
      getExternalWorkflowHandle(notified).signal(exportEnded, reportOf(tracking, result)),
    );
  } catch (error) {
    log.warn('The end of this export could not be signaled to its workflow', {
      notified,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

/** The workflow that the input names. The input is read as it came, since an export of invalid input has to report its end too. */
export function notifiedWorkflow({ run: { input } }: Tracking): string | undefined {
  const { notify: asked } = (input ?? {}) as { notify?: { workflowId?: unknown } | null };
  const workflowId = asked?.workflowId;
  return isWorkflowId(workflowId) && workflowId !== workflowInfo().workflowId ? workflowId : undefined;
}

function reportOf(tracking: Tracking, result: ExportImageResult | null): ExportEnded {
  const { request, jobId } = tracking.carried;
  const { input, remoteJob, ended, earlierResult } = tracking.run;
  const { imageId } = (request ?? input ?? {}) as { imageId?: unknown };
  const { workflowId, firstExecutionRunId } = workflowInfo();
  const failure = ended?.failure ?? null;
  return {
    workflowId,
    firstRunId: firstExecutionRunId,
    outcome: ended?.outcome ?? 'unknown',
    imageId: typeof imageId === 'string' ? imageId : null,
    fileFormat: request?.fileFormat ?? null,
    jobId: jobId ?? earlierResult?.jobId ?? null,
    remoteJob,
    object: result?.object ? { size: result.object.size, etag: result.object.etag } : null,
    failure: failure && { type: failure.type ?? '', message: cut(shortReason(failure), MAX_REASON) },
    ...(earlierResult === null ? {} : { alreadyExported: true }),
  };
}
