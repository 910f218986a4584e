import type { Client } from '@temporalio/client';
import { ExportError, isBatch, pauseBatch, pausePolling, resumeBatch, resumePolling } from '../client';
import { command, workflowCommand } from '../export/quoting';

/** What Ctrl-C says once a message may have been sent. */
export function mayTakeEffect(workflowId: string): string {
  return `The request may still take effect: \`${workflowCommand('status', workflowId)}\` shows it.`;
}

/** `ims-export pause-polling`: returns what was done. */
export async function pause(client: Client, workflowId: string): Promise<string> {
  const resuming = `\`${workflowCommand('resume-polling', workflowId)}\``;
  if (await isBatch(client, workflowId)) {
    await pauseBatch(client, workflowId);
    return `Paused the batch ${workflowId}: running exports continue, and it starts no more. To resume it: ${resuming}`;
  }
  await pausePolling(client, workflowId);
  return `Asked ${workflowId} to pause its polls; ${resuming} resumes them`;
}

/** `ims-export resume-polling`: returns what was done. */
export async function resume(client: Client, workflowId: string): Promise<string> {
  if (await isBatch(client, workflowId)) {
    await resumeBatch(client, workflowId);
    return `Resumed the batch ${workflowId}: it starts exports again. \`${workflowCommand('watch', workflowId)}\` follows it`;
  }
  await resumePolling(client, workflowId);
  return `Asked ${workflowId} to poll its job again, from now on`;
}

/** A batch would take the message of an export without a word, or fail to answer. @throws ExportError InvalidExportRequest */
export async function refuseBatch(client: Client, workflowId: string, name: string): Promise<void> {
  if (!(await isBatch(client, workflowId))) return;
  throw new ExportError(
    'InvalidExportRequest',
    `${workflowId} is a batch; \`${command('ims-export', name)}\` takes the id of one export, as \`ims-export list\` shows it.`,
  );
}
