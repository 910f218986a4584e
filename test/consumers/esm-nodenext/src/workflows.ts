import { proxyActivities } from '@temporalio/workflow';
import type { ExportImageInput } from 'temporal-ims-export/contract';
import { executeExportChild } from 'temporal-ims-export/workflows';
import type * as activities from './activities.js';

export * from 'temporal-ims-export/workflows';

const { sendMail } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' });

/** Needs an image in OBS before it goes on. */
export async function archiveImage(input: ExportImageInput): Promise<string> {
  const { verdict, object } = await executeExportChild(input);
  return `${verdict}: ${object?.format} object`;
}

/** Has nothing to do with exports. */
export async function remind(text: string): Promise<string> {
  return sendMail(text);
}
