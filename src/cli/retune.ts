import type { Client } from '@temporalio/client';
import { ExportError, retuneExport } from '../client';
import { durationText, type RetuneInput } from '../contract';
import type { OutputOptions } from './output';

/** As commander names the flags of `ims-export retune`, which are those of the options. */
export type RetuneFlags = { [option in keyof RetuneInput]: string } & Pick<OutputOptions, 'dataConverter'>;

/** `ims-export retune`. */
export async function retune(
  client: Client,
  workflowId: string,
  { dataConverter: _ofTheConnection, ...flags }: RetuneFlags,
): Promise<void> {
  if (Object.keys(flags).length === 0) {
    const message = 'Say what to change, such as --deadline +6h or --max-interval 5m; --help has all of it.';
    throw new ExportError('InvalidExportRequest', message);
  }
  const { deadlineAt, options } = await retuneExport(client, workflowId, changesOf(flags));
  console.log(`Retuned ${workflowId}`);
  console.log(`  deadline ${deadlineAt}`);
  const { minIntervalMs, maxIntervalMs, stallAfterMs } = options;
  console.log(`  polls    every ${durationText(minIntervalMs)} to ${durationText(maxIntervalMs)}`);
  console.log(`  stalled  after ${durationText(stallAfterMs)} without progress`);
}

/** A bare number is milliseconds, as in JSON. The export reports what is wrong with a value, field by field. */
function changesOf(flags: { [option: string]: string }): RetuneInput {
  return Object.fromEntries(
    Object.entries(flags).map(([option, text]) => [option, /^\d+$/.test(text) ? Number(text) : text]),
  );
}
