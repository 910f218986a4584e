/**
 * The earlier run of an export that a start finds, as the new run is told of it: of a success, its object too.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import type { EarlierExport, ExportImageResult } from '../contract';
import { afterSuccess, type ClosedRun, earlierToPass as earlierByMemo, earlierRun } from '../export/earlier-run';
import { isUnreachable } from './errors';
import { shortCall } from './temporal-calls';

/** What the next run is told of. */
export async function earlierToPass(
  client: Client,
  run: ClosedRun & { workflowId: string },
): Promise<EarlierExport | null> {
  if (earlierRun(run)?.earlier.outcome !== 'succeeded') return earlierByMemo(run);
  const result = await resultOf(client, run);
  return result === null ? earlierByMemo(run) : afterSuccess(run, result);
}

/** Null where it cannot be decoded here: the run reads it itself. */
async function resultOf(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<ExportImageResult | null> {
  try {
    return await shortCall(client, () => client.workflow.getHandle(workflowId, runId).result());
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return null;
  }
}
