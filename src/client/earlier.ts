/**
 * The earlier run of an export that a start finds, as the new run is told of it: of a success, its object too.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import type { EarlierExport, ExportImageResult } from '../contract';
import { type ClosedRun, earlierRun, earlierToPass } from '../export/earlier-run';
import { isUnreachable } from './errors';

/** What the next run is told of, with the result of one that has succeeded. The deadline is the caller's: one here would replace it. */
export async function earlierOf(
  client: Client,
  run: ClosedRun & { workflowId: string },
): Promise<EarlierExport | null> {
  const own = earlierRun(run);
  const result = own?.earlier.outcome === 'succeeded' ? await resultOf(client, run) : null;
  return earlierToPass(run, result, own);
}

/** Null where it cannot be decoded here: the run reads it itself. */
export async function resultOf(
  client: Client,
  { workflowId, runId }: { workflowId: string; runId: string },
): Promise<ExportImageResult | null> {
  try {
    return await client.workflow.getHandle(workflowId, runId).result();
  } catch (error) {
    if (isUnreachable(error)) throw error;
    return null;
  }
}
