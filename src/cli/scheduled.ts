import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { ExportError } from '../client';
import { latestRunOf } from '../client/schedule';
import { command, workflowCommand } from '../export/quoting';

/** The commands that take the id of one export alone. */
const OF_ONE_EXPORT = ['poll-now', 'resolve'];

/**
 * A schedule and its runs have different ids: Temporal appends the time to those of the runs. Where a command was given that of a
 * schedule, its error names the schedule, and offers the command for the latest run.
 */
export async function namingSchedule(
  client: Client,
  error: unknown,
  given: Command,
  workflowId: string,
): Promise<unknown> {
  if (!(error instanceof ExportError) || error.code !== 'NoSuchExport') return error;
  const latest = await latestRunOf(client, workflowId).catch(() => undefined);
  if (latest === undefined) return error;
  const next =
    latest === null
      ? `and has not run yet. To run it now: \`${command('ims-export', 'temporal', 'schedule', 'trigger', '--schedule-id', workflowId)}\`.`
      : `and each of its runs has the time at the end of its id. The latest run: \`${sameCommand(given, latest)}\`.`;
  return new ExportError('NoSuchExport', `${workflowId} is a schedule, ${next}`, undefined, { cause: error });
}

/** With the flags of the command itself, not those that say where Temporal is: a message holds no API key. */
function sameCommand(given: Command, workflowId: string): string {
  if (OF_ONE_EXPORT.includes(given.name())) return workflowCommand('status', workflowId);
  const flags = given.options.flatMap((option) => {
    const value: unknown = given.getOptionValue(option.attributeName());
    if (option.envVar !== undefined || given.getOptionValueSource(option.attributeName()) !== 'cli') return [];
    return [option.long ?? '', ...(value === true ? [] : [String(value)])];
  });
  return workflowCommand(given.name(), workflowId, ...flags);
}
