/**
 * What an export would do: a batch of one that only validates, so that the worker checks it as it checks any export.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type BatchItemResult,
  DEFAULT_TASK_QUEUE,
  type ExportImageInput,
  type ExportImagesInput,
  type ExportMemo,
  type ExportRequest,
  type ExportStatus,
  exportBatchWorkflowId,
  exportWorkflowId,
  type InvalidExportRequestDetails,
  isWorkflowId,
  WORKFLOW_ID_SHAPE,
} from '../contract';
import { invalidField, isFailureType } from '../export/failures';
import { dryRunBusy } from '../export/failures/before-submit';
import { workflowCommand } from '../export/quoting';
import { parseExportStart } from '../request/export';
import { readActivityFailure } from '../temporal/runs';
import { batchResult, reportBatchProgress, type StartedBatch, startBatch } from './batch';
import { ExportError, toExportError, unreadable } from './errors';
import { readExport } from './follow';
import { foundByStatus, refuseTakenId, refuseToJoin } from './joining';
import { noAnswer } from './no-answer';
import type { StartOptions } from './start';
import { findRun, requireReadable, shortCall } from './temporal-calls';

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
 *   SubmitRejected, NoWorker, Unreadable, TemporalUnreachable; TemporalConfigurationError
 */
export async function dryRunExport(
  client: Client,
  input: ExportImageInput,
  { taskQueue = DEFAULT_TASK_QUEUE, onWaiting }: StartOptions = {},
): Promise<DryRun> {
  const workflowId = exportWorkflowId(String((input as Partial<ExportImageInput> | null)?.bucketUrl));
  try {
    const request = parseExportStart(input);
    refuseBraces(request);
    const running = await joinable(client, request, taskQueue);
    if (running !== null) return { workflowId, would: 'join', warnings: running.warnings };
    const name = nameOf(request);
    const check = async () => {
      const batch = await startBatch(client, batchOf(input), { taskQueue, name }).catch((error: unknown) => {
        throw isOfName(error) ? dryRunBusy(request, exportBatchWorkflowId(name)) : error;
      });
      const { items } = await batchResult(client, batch.workflowId, batch.runId);
      if (items[0]?.failure !== undefined) throw await failureOf(client, batch, items[0].failure);
      return items[0];
    };
    return { workflowId, ...wouldBe(await reportBatchProgress(client, name, check(), onWaiting)) };
  } catch (error) {
    throw toExportError(error, workflowId);
  }
}

/** In a batch they would be placeholders; no object key of an export may have one. */
function refuseBraces({ bucketUrl }: ExportRequest): void {
  if (!/[{}]/.test(bucketUrl)) return;
  throw invalidField('bucketUrl', bucketUrl, 'an object key without braces: only a batch takes placeholders');
}

/** @throws ApplicationFailure InvalidExportRequest where the key is so long that an export has an id, and a dry run has none */
function nameOf({ bucketUrl }: ExportRequest): string {
  const name = `dry-run:${bucketUrl}`;
  if (isWorkflowId(exportBatchWorkflowId(name))) return name;
  const id = exportBatchWorkflowId('dry-run:<bucket>:<object key>');
  const expected = `a shorter object key for a dry run: ${id}, the id of the dry run, must be ${WORKFLOW_ID_SHAPE}. A start takes this key`;
  throw invalidField('bucketUrl', bucketUrl, expected);
}

function isOfName(error: unknown): boolean {
  if (!(error instanceof ExportError) || error.code !== 'InvalidExportRequest') return false;
  return (error.details as InvalidExportRequestDetails).field === 'name';
}

/** A worker that is there answers within this time, also on a busy machine. */
const ANSWER_TIMEOUT_MS = 8_000;
const ANSWER_INTERVAL_MS = 500;

/** The export that runs at the destination, where a start would join it; null where none runs. @throws as a start would */
async function joinable(client: Client, request: ExportRequest, taskQueue: string): Promise<ExportStatus | null> {
  const workflowId = exportWorkflowId(request.bucketUrl);
  const run = await findRun<ExportMemo>(client, workflowId);
  if (run?.status === 'COMPLETED') refuseTakenId('client', request, run.type);
  if (run === undefined || run.closeTime !== undefined) return null;
  await requireReadable(client, run);
  refuseToJoin('client', request, { state: 'running', workflowType: run.type });
  // Not as a start, which waits through an outage: nobody waits ten minutes for a check.
  for (const giveUpAtMs = Date.now() + ANSWER_TIMEOUT_MS; ; await sleep(ANSWER_INTERVAL_MS)) {
    const { status, statusUnreadable, workflowStatus, closedAt } = await readExport(client, workflowId);
    if (closedAt !== null && workflowStatus !== 'CONTINUED_AS_NEW') return null;
    if (statusUnreadable) throw unreadable(workflowId);
    if (status !== null && status.phase !== 'ended') {
      refuseToJoin('client', request, { ...foundByStatus(status), canceling: status.phase === 'draining' });
      return status;
    }
    if (Date.now() <= giveUpAtMs) continue;
    if (workflowStatus === 'PAUSED') throw paused(request);
    throw await noAnswer(client, taskQueue, { what: 'export', workflowId, how: 'joined' });
  }
}

function paused({ bucketUrl }: ExportRequest): ExportError {
  return new ExportError(
    'NoWorker',
    `An export to ${bucketUrl} is paused in Temporal, and does not answer. The dry run cannot compare it with this export. Unpause it in Temporal, then run the dry run again. \`${workflowCommand('status', exportWorkflowId(bucketUrl))}\` shows what Temporal knows of it.`,
  );
}

function batchOf({ imageId, bucketUrl, fileFormat, isQuickExport, account, options }: ExportImageInput) {
  const format = isQuickExport ? { isQuickExport } : { fileFormat };
  return { images: [{ imageId, bucketUrl, ...format }], account, options, dryRun: true } as ExportImagesInput;
}

function wouldBe(item: BatchItemResult | undefined): Pick<DryRun, 'would' | 'warnings'> {
  if (item?.verdict === 'valid') return { would: 'submit', warnings: item.warnings ?? [] };
  if (item?.verdict === 'alreadyExported') return { would: 'alreadyExported', warnings: item.warnings ?? [] };
  throw new ExportError('Canceled', 'The dry run was canceled before it had checked the export.');
}

/** With its details, which the verdict of a batch leaves out: the history has them. */
async function failureOf(
  client: Client,
  { workflowId, runId }: StartedBatch,
  { type, message }: NonNullable<BatchItemResult['failure']>,
): Promise<Error> {
  const failure = await shortCall(client, () => readActivityFailure(client, workflowId, runId));
  if (failure instanceof ApplicationFailure && failure.type === type) return failure;
  return new ExportError(isFailureType(type) ? type : 'Canceled', message);
}
