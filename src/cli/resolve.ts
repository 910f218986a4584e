import type { Client } from '@temporalio/client';
import { ExportError, resolveSubmission } from '../client';

export interface ResolveFlags {
  job?: string;
  notSubmitted?: boolean;
}

/** `ims-export resolve`. */
export async function resolve(client: Client, workflowId: string, { job, notSubmitted }: ResolveFlags): Promise<void> {
  if ((job === undefined) === (notSubmitted !== true)) {
    throw new ExportError(
      'InvalidExportRequest',
      'Say either --job JOB_ID, the job that the submit began, or --not-submitted, to submit again.',
    );
  }
  await resolveSubmission(client, workflowId, job === undefined ? { notSubmitted: true } : { jobId: job });
  console.log(`Told ${workflowId}; \`ims-export status ${workflowId}\` tells what came of it`);
}
