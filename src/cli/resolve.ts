import type { Client } from '@temporalio/client';
import { ExportError, resolveSubmission } from '../client';
import { toExportError } from '../client/errors';
import { untilChecked } from '../client/steer';
import type { NothingToResolveDetails } from '../contract';
import { invalidField } from '../export/failures';
import { workflowCommand } from '../export/quoting';
import { print, printToStderr } from '../terminal/output';
import { EXIT } from './exit-codes';
import { ifInterrupted } from './interrupted';
import { refuseBatch } from './steering';

export interface ResolveFlags {
  job?: string;
  notSubmitted?: boolean;
}

/** How long the check of a job is waited for. */
const CHECK_LIMIT_MS = 120_000;

/** `ims-export resolve`. */
export async function resolve(client: Client, workflowId: string, flags: ResolveFlags): Promise<void> {
  const { notSubmitted } = flags;
  const job = flags.job?.trim();
  if ((job === undefined) === (notSubmitted !== true)) {
    throw new ExportError(
      'InvalidExportRequest',
      'Give either --job JOB_ID, the job that the submit started, or --not-submitted, to submit again.',
    );
  }
  await refuseBatch(client, workflowId, 'resolve');
  const status = `\`${workflowCommand('status', workflowId)}\``;
  ifInterrupted(`The export keeps an answer that was sent: ${status} shows the result.`);
  if (job === undefined) {
    await resolveSubmission(client, workflowId, { notSubmitted: true });
    print(`Asked ${workflowId} to submit again; ${status} shows the result`);
    return;
  }
  await nameJob(client, workflowId, job);
  const { taken, objection, ended } = await untilChecked(client, workflowId, job, CHECK_LIMIT_MS);
  if (taken === false) {
    throw toExportError(invalidField('jobId', job, `the job of this export. It was refused: ${objection}`), workflowId);
  }
  if (taken === true) {
    print(`${workflowId} tracks job ${job}`);
    return;
  }
  const lastCheck = objection === null ? 'it was not checked yet' : `the last check: ${objection}`;
  printToStderr(
    ended
      ? `The export has ended, and it did not confirm job ${job} (${lastCheck}). ${status} shows how it ended`
      : `The export keeps job ${job} and continues to check it (${lastCheck}). ${status} shows the result`,
  );
  process.exitCode = EXIT.unknown;
}

/** An export that knows this job already needs no answer. */
async function nameJob(client: Client, workflowId: string, jobId: string): Promise<void> {
  try {
    await resolveSubmission(client, workflowId, { jobId });
  } catch (error) {
    const isKnown =
      error instanceof ExportError &&
      error.code === 'NothingToResolve' &&
      (error.details as NothingToResolveDetails | undefined)?.jobId === jobId;
    if (!isKnown) throw error;
  }
}
