/**
 * How an export is started, whoever starts it: its id, and what the Web UI says of it.
 *
 * @module
 */
import { type ExportImageInput, type ExportRequest, exportWorkflowId } from '../contract';
import { describeFormat, summarizeExport } from '../workflows/wording';

/** What every start has in common. The task queue, and what to do about an export that runs, are the starter's. */
export function exportStartOptions(input: ExportImageInput, request: ExportRequest) {
  return {
    workflowId: exportWorkflowId(request.bucketUrl),
    args: [input] as [ExportImageInput],
    // After a success there is its result; anything else may be tried again.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
    staticSummary: summaryOf(request),
    staticDetails: detailsOf(request),
  };
}

/** One line, at most 200 bytes. */
function summaryOf(request: ExportRequest): string {
  return `${request.attach === null ? 'Export' : 'Track a job:'} ${summarizeExport(request)}`;
}

/** What it is, and where to press; the current details beside it say how far it is and what to press now. */
function detailsOf(request: ExportRequest): string {
  const { imageId, bucketUrl, attach, options } = request;
  const what = `the private image \`${imageId}\` to OBS as \`${bucketUrl}\` (${describeFormat(request)})`;
  const cancel =
    options.onCancel === 'drain'
      ? 'follows the job to its end and deletes its object'
      : 'stops the tracking; the cloud cannot cancel the job';
  return [
    attach === null ? `Exports ${what}.` : `Tracks the job \`${attach.jobId}\`, begun elsewhere, that exports ${what}.`,
    '',
    '- **Check now**: More Actions, Send a Signal, `pollNow`',
    '- **Pause the polls**: the signals `pausePolling` and `resumePolling`',
    '- **Wait longer**: More Actions, Send an Update, `retune` with `{"deadline": "+6h"}`',
    `- **Give up**: Request Cancellation ${cancel}`,
    '- **After the end**: Memo, and the query `exportStatus`',
  ].join('\n');
}
