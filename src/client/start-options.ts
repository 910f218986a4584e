/**
 * What every start of an export has in common: its id, and what the Web UI says of it.
 *
 * @module
 */
import { type EarlierExport, type ExportImageInput, type ExportRequest, exportWorkflowId } from '../contract';
import { startDetails } from '../export/guidance';
import { REUSE_POLICY } from '../export/reuse-policy';
import { startSummary } from '../export/summaries';

/**
 * What every start has in common. The task queue, and what to do about an export that runs, are the starter's.
 *
 * @param earlier the latest run of that id, which has ended
 */
export function exportStartOptions(
  input: ExportImageInput,
  request: ExportRequest,
  earlier: EarlierExport | null = null,
) {
  return {
    workflowId: exportWorkflowId(request.bucketUrl),
    args: [input] as [ExportImageInput],
    workflowIdReusePolicy: REUSE_POLICY,
    staticSummary: startSummary(request),
    staticDetails: startDetails(request),
    ...(earlier === null ? {} : { memo: { earlier } }),
  };
}
