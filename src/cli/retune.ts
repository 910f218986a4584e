import type { Client } from '@temporalio/client';
import { ExportError, retuneExport } from '../client';
import { durationText, type RetuneInput } from '../contract';
import { print } from '../terminal/output';
import { durationOf, flagOf, isDurationOption } from './durations';
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
  const { minIntervalMs, maxIntervalMs, stallAfterMs } = options;
  print(
    `Retuned ${workflowId}`,
    `  deadline ${deadlineAt}`,
    `  polls    every ${durationText(minIntervalMs)} to ${durationText(maxIntervalMs)}`,
    `  stalled  after ${durationText(stallAfterMs)} without progress`,
  );
}

/** The export reports what is wrong with a value that can be read, field by field. */
function changesOf(flags: { [option: string]: string }): RetuneInput {
  return Object.fromEntries(
    Object.entries(flags).map(([option, text]) => [
      option,
      isDurationOption(option) ? durationOf(flagOf(option), option, text) : text,
    ]),
  );
}
