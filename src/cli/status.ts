import type { Client } from '@temporalio/client';
import { isBatch, readBatch, readExport } from '../client';
import { print, printJson } from '../terminal/output';
import { batchLines } from './batch';
import { type OutputOptions, reportLines } from './output';

/** `ims-export status`. */
export async function status(client: Client, { json }: OutputOptions, workflowId: string): Promise<void> {
  const [report, lines] = (await isBatch(client, workflowId))
    ? await readBatch(client, workflowId).then((read) => [read, batchLines(read)] as const)
    : await readExport(client, workflowId).then((read) => [read, reportLines(read)] as const);
  if (json) printJson(report);
  else print(...lines);
}
