import type { Client } from '@temporalio/client';
import { batchResult, exportResult, followBatch, followExport, isBatch } from '../client';
import { print, printJson } from '../terminal/output';
import { waitForBatch } from './batch';
import { exitCodeOfBatch } from './exit-codes';
import { showToEnd } from './following';
import { errorDocument, type OutputOptions, reportError } from './output';
import { jsonLinesDisplay } from './progress-display';
import { waitForEnd } from './start';

/** `ims-export watch`: progress until the end, then the result. */
export async function watch(client: Client, flags: OutputOptions, workflowId: string): Promise<void> {
  const what = (await isBatch(client, workflowId)) ? 'batch' : 'export';
  if (flags.json) return await streamJson(client, what, workflowId);
  print(`${what === 'batch' ? 'Batch' : 'Export'} ${workflowId}`);
  await (what === 'batch' ? waitForBatch : waitForEnd)(client, workflowId, flags);
}

/** With `--json`, every error is a document on one line too, wherever it comes from. */
export function reportWatchError(error: unknown, { json, verbose }: OutputOptions): void {
  if (json) printJson({ type: 'error', ...errorDocument(error) }, 0);
  reportError(error, { verbose });
}

/** A document on each line: those of the progress, and the last one of the result. */
async function streamJson(client: Client, what: 'export' | 'batch', workflowId: string): Promise<void> {
  if (what === 'batch') {
    const runId = await showToEnd({ what, workflowId }, jsonLinesDisplay('batch'), (onOutage) =>
      followBatch(client, workflowId, undefined, onOutage),
    );
    const result = await batchResult(client, workflowId, runId);
    printJson({ type: 'result', result }, 0);
    process.exitCode = exitCodeOfBatch(result.counts);
  } else {
    const runId = await showToEnd({ what, workflowId }, jsonLinesDisplay('export'), (onOutage) =>
      followExport(client, workflowId, undefined, onOutage),
    );
    printJson({ type: 'result', result: await exportResult(client, workflowId, runId) }, 0);
  }
}
