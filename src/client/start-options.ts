/**
 * What every start of an export has in common: its id, and what the Web UI says of it.
 *
 * @module
 */
import { type EarlierExport, type ExportImageInput, type ExportRequest, exportWorkflowId } from '../contract';
import { startDetails } from '../export/guidance';
import { REUSE_POLICIES } from '../export/reuse-policy';
import { startSummary } from '../export/summaries';

/**
 * What every start has in common. The task queue, and what to do about an export that runs, are the starter's.
 *
 * @param earlier the latest run of that id, which has ended without success
 */
export function exportStartOptions(
  caller: keyof typeof REUSE_POLICIES,
  input: ExportImageInput,
  request: ExportRequest,
  earlier: EarlierExport | null = null,
) {
  return {
    workflowId: exportWorkflowId(request.bucketUrl),
    args: [input] as [ExportImageInput],
    // After a success there is its result; anything else may be tried again.
    workflowIdReusePolicy: REUSE_POLICIES[caller],
    staticSummary: startSummary(request),
    staticDetails: startDetails(request),
    ...(earlier === null ? {} : { memo: { earlier } }),
  };
}
