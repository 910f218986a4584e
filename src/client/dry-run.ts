/**
 * What an export would do: a batch of one that only validates, so that the worker checks it as it checks any export.
 *
 * @module
 */
import type { Client } from '@temporalio/client';
import type { BatchItemResult, ExportImageInput, ExportImagesInput, ExportRequest } from '../contract';
import { exportWorkflowId } from '../contract';
import { invalidField, isFailureType } from '../export/failures';
import { parseExportStart } from '../request/export';
import { reportBatchProgress, startBatch } from './batch';
import { ExportError, toExportError } from './errors';
import { type ExportReport, readExport } from './follow';
import { foundByStatus, refuseToJoin } from './joining';
import type { StartOptions } from './start';

export interface DryRun {
  /** Of the export, were it started. */
  workflowId: string;
  /** `submit` a job; `join` the same export, which runs; or `alreadyExported`: the object of an earlier export is there. */
  would: 'submit' | 'join' | 'alreadyExported';
  warnings: string[];
}

/**
 * Checks an export, and submits nothing.
 *
 * @throws ExportError as a start would: InvalidExportRequest, ExportNotAllowed, DestinationExists, DestinationBusy, AccessDenied,
 *   SubmitRejected, NoWorker, TemporalUnreachable; `details` is the item of the batch
 */
export async function dryRunExport(
  client: Client,
  input: ExportImageInput,
  { taskQueue, onWaiting }: StartOptions = {},
): Promise<DryRun> {
  const workflowId = exportWorkflowId(String((input as Partial<ExportImageInput> | null)?.bucketUrl));
  try {
    const request = parseExportStart(input);
    refuseBraces(request);
    const running = await runningExport(client, workflowId);
    if (running?.status) {
      refuseToJoin('status', request, foundByStatus(running.status));
      return { workflowId, would: 'join', warnings: running.status.warnings };
    }
    const name = `dry-run:${request.bucketUrl}`;
    const checking = startBatch(client, batchOf(input), { taskQueue, name }).then(({ result }) => result());
    const { items } = await reportBatchProgress(client, name, checking, onWaiting);
    return { workflowId, ...wouldBe(items[0]) };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** In a batch they would be placeholders; no object key of an export may have one. */
function refuseBraces({ bucketUrl }: ExportRequest): void {
  if (!/[{}]/.test(bucketUrl)) return;
  throw invalidField('bucketUrl', bucketUrl, 'an object key without braces: only a batch takes placeholders');
}

async function runningExport(client: Client, workflowId: string): Promise<ExportReport | null> {
  const report = await readExport(client, workflowId).catch((error: unknown) => {
    if (error instanceof ExportError && error.code === 'NoSuchExport') return null;
    throw error;
  });
  return report?.closedAt === null ? report : null;
}

function batchOf({ imageId, bucketUrl, fileFormat, isQuickExport, account, options }: ExportImageInput) {
  const format = isQuickExport ? { isQuickExport } : { fileFormat };
  return { images: [{ imageId, bucketUrl, ...format }], account, options, dryRun: true } as ExportImagesInput;
}

function wouldBe(item: BatchItemResult | undefined): Pick<DryRun, 'would' | 'warnings'> {
  if (item?.verdict === 'valid') return { would: 'submit', warnings: item.warnings ?? [] };
  if (item?.verdict === 'alreadyExported') return { would: 'alreadyExported', warnings: item.warnings ?? [] };
  const { type, message } = item?.failure ?? {
    type: '',
    message: 'The dry run was canceled before it had checked the export.',
  };
  throw new ExportError(isFailureType(type) ? type : 'Canceled', message, item);
}
