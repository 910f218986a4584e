/**
 * How an export is started, whoever starts it: its id, and what the Web UI says of it.
 *
 * @module
 */
import { type ExportImageInput, type ExportRequest, exportWorkflowId } from '../contract';
import { startDetails } from '../export/guidance';
import { type Caller, reusePolicyOf } from '../export/joining';
import { startSummary } from '../export/summaries';

/** What every start has in common. The task queue, and what to do about an export that runs, are the starter's. */
export function exportStartOptions(caller: Caller, input: ExportImageInput, request: ExportRequest) {
  return {
    workflowId: exportWorkflowId(request.bucketUrl),
    args: [input] as [ExportImageInput],
    // After a success there is its result; anything else may be tried again.
    workflowIdReusePolicy: reusePolicyOf(caller),
    staticSummary: startSummary(request),
    staticDetails: startDetails(request),
  };
}
