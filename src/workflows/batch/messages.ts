/**
 * What a running batch answers, with the words that the Web UI shows for it. All handlers are synchronous: they only change
 * the state, so that a continue-as-new loses none of them.
 *
 * @module
 */
import { defineQuery, defineSignal, defineUpdate, log, setHandler } from '@temporalio/workflow';
import {
  BATCH_CONCURRENCY,
  BATCH_MESSAGES,
  type BatchStatus,
  EXPORT_OUTCOMES,
  type ExportEnded,
  type RetuneBatchInput,
} from '../../contract';
import { invalidField } from '../../export/failures';
import { exportEnded } from '../notification';
import { takeReport } from './children';
import { publish } from './publishing';
import type { Batch } from './state';
import { statusOf } from './status';

export const pauseStarting = defineSignal(BATCH_MESSAGES.signals.pauseStarting);
export const resumeStarting = defineSignal(BATCH_MESSAGES.signals.resumeStarting);
export const retuneBatch = defineUpdate<RetuneBatchInput, [RetuneBatchInput]>(BATCH_MESSAGES.updates.retuneBatch);
export const batchStatus = defineQuery<BatchStatus>(BATCH_MESSAGES.queries.batchStatus);

/** Called before anything is awaited, so that no message of the first workflow task is lost. */
export function listen(batch: Batch): void {
  setHandler(exportEnded, (report) => receive(batch, report), {
    description: 'Internal: sent by each export of this batch when it ends.',
  });
  setHandler(pauseStarting, () => setPaused(batch, true), {
    description: 'Start no more exports for now. Running exports continue.',
  });
  setHandler(resumeStarting, () => setPaused(batch, false), { description: 'Start exports again.' });
  setHandler(batchStatus, () => statusOf(batch), {
    description: 'State of the batch: counts by verdict, running exports, failures. Also answers after the end.',
  });
  setHandler(retuneBatch, (changes) => retune(batch, changes), {
    description: `Change how many exports run at the same time. Argument: {"maxConcurrent": 50}, from 1 to ${BATCH_CONCURRENCY.max}.`,
    validator: refuseRetune,
  });
}

function setPaused(batch: Batch, paused: boolean): void {
  batch.startingPaused = paused;
  batch.wake = true;
  publish(batch);
}

function retune(batch: Batch, { maxConcurrent }: RetuneBatchInput): RetuneBatchInput {
  batch.maxConcurrent = maxConcurrent;
  batch.retuned = true;
  batch.wake = true;
  return { maxConcurrent };
}

function refuseRetune(changes: unknown): void {
  const { maxConcurrent } = (changes ?? {}) as Partial<RetuneBatchInput>;
  const isOne = Number.isInteger(maxConcurrent) && Object.keys(changes ?? {}).length === 1;
  if (isOne && Number(maxConcurrent) >= 1 && Number(maxConcurrent) <= BATCH_CONCURRENCY.max) return;
  const expected = `{"maxConcurrent": a whole number from 1 to ${BATCH_CONCURRENCY.max}}`;
  throw invalidField('retuneBatch', changes, expected);
}

/** A signal can hold anything: what is no report is ignored. An error here would block the batch. */
function receive(batch: Batch, report: unknown): void {
  if (isReport(report)) takeReport(batch, report);
  else log.warn('Ignored a signal exportEnded without a valid report');
}

function isReport(report: unknown): report is ExportEnded {
  if (typeof report !== 'object' || report === null) return false;
  const { workflowId, firstRunId, outcome, imageId, jobId, object, failure } = report as { [field: string]: unknown };
  return (
    typeof workflowId === 'string' &&
    typeof firstRunId === 'string' &&
    (EXPORT_OUTCOMES as readonly unknown[]).includes(outcome) &&
    isTextOrNull(imageId) &&
    isTextOrNull(jobId) &&
    typeof object === 'object' &&
    (failure === null || typeof (failure as { message?: unknown } | undefined)?.message === 'string')
  );
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}
