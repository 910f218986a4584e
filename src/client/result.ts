import type { Client } from '@temporalio/client';
import type { ExportImageResult } from '../contract';
import { readable, toExportError } from './errors';
import { throughOutages } from './temporal-calls';

/**
 * Waits for the end of an export, across restarts of Temporal and continue-as-new.
 *
 * @param runId the run to wait for; the latest of that workflow id when absent
 * @throws ExportError the failure types, Canceled, Terminated; NoSuchExport; Unreadable when the result cannot be decoded here;
 *   TemporalUnreachable when Temporal was away for ten minutes; TemporalConfigurationError
 */
export async function exportResult(client: Client, workflowId: string, runId?: string): Promise<ExportImageResult> {
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    return (await readable(
      workflowId,
      throughOutages<unknown>(() => handle.result()),
    )) as ExportImageResult;
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}
