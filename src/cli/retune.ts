import type { Client } from '@temporalio/client';
import { ExportError, isBatch, retuneBatch, retuneExport } from '../client';
import { BATCH_CONCURRENCY, durationText, type RetuneInput, TUNABLE_OPTIONS } from '../contract';
import { counted } from '../export/quantities';
import { workflowCommand } from '../export/quoting';
import { print } from '../terminal/output';
import { durationOf, isDurationOption, retuneFlag } from './durations';
import { ifInterrupted } from './interrupted';
import { mayTakeEffect } from './steering';

/** As commander names the flags of `ims-export retune`, which are those of the options, and the one of a batch. */
export type RetuneFlags = { [option in keyof RetuneInput]?: string } & { maxConcurrent?: number };

/** `ims-export retune`. */
export async function retune(client: Client, workflowId: string, flags: RetuneFlags): Promise<void> {
  const changes = changesOf(flags);
  const { maxConcurrent } = flags;
  if (Object.keys(changes).length === 0 && maxConcurrent === undefined) {
    throw invalid(
      `No change was given for ${workflowId}. For example: \`${workflowCommand('retune', workflowId, '--deadline', '+6h')}\`; \`ims-export retune --help\` lists what can be changed.`,
    );
  }
  ifInterrupted(mayTakeEffect(workflowId));
  if (await isBatch(client, workflowId)) {
    if (maxConcurrent === undefined || Object.keys(changes).length > 0) {
      throw invalid(
        `${workflowId} is a batch. For a batch, you can change only --max-concurrent: \`${workflowCommand('retune', workflowId, '--max-concurrent', String(BATCH_CONCURRENCY.default))}\`. The other flags change one export: give its id, as \`ims-export list\` shows it.`,
      );
    }
    await retuneBatch(client, workflowId, { maxConcurrent });
    return print(`Retuned ${workflowId}`, `  running  at most ${counted(maxConcurrent, 'export')} at the same time`);
  }
  if (maxConcurrent !== undefined) {
    throw invalid(`${workflowId} is one export; --max-concurrent is for a batch, whose id is ims-export-batch:<name>.`);
  }
  const { deadlineAt, options } = await retuneExport(client, workflowId, changes);
  const { minIntervalMs, maxIntervalMs, stallAfterMs } = options;
  print(
    `Retuned ${workflowId}`,
    `  deadline ${deadlineAt}`,
    `  polls    every ${durationText(minIntervalMs)} to ${durationText(maxIntervalMs)}`,
    `  stalled  after ${durationText(stallAfterMs)} without progress`,
  );
}

function invalid(message: string): ExportError {
  return new ExportError('InvalidExportRequest', message);
}

/** The export reports what is wrong with a value that can be read, field by field. */
function changesOf(flags: RetuneFlags): RetuneInput {
  return Object.fromEntries(
    TUNABLE_OPTIONS.flatMap((option) => {
      const text = flags[option];
      if (text === undefined) return [];
      if (!isDurationOption(option)) return [[option, text]];
      // A deadline alone can move the one in force.
      return [[option, durationOf(retuneFlag(option), option, text, { mayAdd: option === 'deadline' })]];
    }),
  );
}
