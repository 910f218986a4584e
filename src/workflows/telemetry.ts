/**
 * What a worker's logs and metrics report of an export. Neither is a command: both are left out on replay, and change no history.
 *
 * @module
 */
import { type ApplicationFailure, log, metricMeter, workflowInfo } from '@temporalio/workflow';
import type {
  BatchCounts,
  BatchFailureType,
  BatchOutcome,
  BatchVerdict,
  ExportOutcomeUnknownDetails,
  ObservedJob,
} from '../contract';
import { isBenign } from '../export/failures';
import { attentionText } from '../export/guidance';
import { utc } from '../export/time';
import { WORKFLOW_METRICS, type WorkflowLabels } from './metrics';
import { attachedJobId, type Tracking } from './state';
import { statusOf } from './status';

/** A job was accepted, or taken as that of this export. */
export function recordSubmitted(tracking: Tracking): void {
  const { submissions, jobNamed } = tracking.carried;
  log.info(jobNamed ? 'Job is tracked' : 'Export submitted', { ...attributesOf(tracking), submissions });
}

/** Reports once that a person is needed, and once that none is any more. */
export function recordAttention(tracking: Tracking): void {
  const status = statusOf(tracking, Date.now());
  const { attention } = status;
  const before = tracking.run.recordedAttention;
  if (attention === before) return;
  tracking.run.recordedAttention = attention;
  if (attention === null) {
    // Its end says more.
    if (tracking.run.ended === null)
      log.info('Export no longer needs an operator', { ...attributesOf(tracking), was: before });
    return;
  }
  count('ims_export_attention', { attention });
  log.warn(`Export needs attention: ${attention}`, {
    ...attributesOf(tracking),
    attention,
    reason: status.lastError ?? undefined,
    next: attentionText(status, workflowInfo().workflowId),
  });
}

/** The end, as `run.ended` has it. */
export function recordEnd(tracking: Tracking): void {
  const { ended, remoteJob, discard } = tracking.run;
  if (ended === null) return;
  const { outcome, atMs, failure } = ended;
  count('ims_export_ended', {
    outcome,
    failure: (failure?.type ?? 'none') as WorkflowLabels['ims_export_ended']['failure'],
  });
  recordSeconds('ims_export_duration', { outcome }, (atMs - tracking.carried.startedAtMs) / 1000);
  if (isAmbiguous(failure)) recordReconciled('unknown');
  const facts = {
    ...attributesOf(tracking),
    outcome,
    remoteJob,
    object: discard?.kind,
    failure: failure?.type ?? undefined,
    reason: failure?.message,
  };
  if (failure === null || isBenign(failure.type)) log.info('Export ended', facts);
  else log.warn('Export ended', facts);
}

/**
 * The end of a batch. Each failure is a warning: the starter of a nightly batch does not wait for its answer. A dry run is not
 * counted, and no reason to warn: it exports nothing.
 */
export function recordBatchEnd(
  dryRun: boolean,
  outcome: BatchOutcome,
  failure: ApplicationFailure | null,
  counts: BatchCounts,
): void {
  const verdicts = Object.entries(counts) as Array<[BatchVerdict, number]>;
  if (!dryRun) {
    for (const [verdict, times] of verdicts) if (times > 0) count('ims_export_batch_items', { verdict }, times);
    count('ims_export_batches_ended', { outcome, failure: (failure?.type ?? 'none') as BatchFailureType | 'none' });
  }
  const facts = { outcome, failure: failure?.type ?? undefined, reason: failure?.message, ...counts };
  if (failure === null || dryRun) log.info('Batch ended', facts);
  else log.warn('Batch ended', facts);
}

function isAmbiguous(failure: ApplicationFailure | null): boolean {
  const { reason } = (failure?.details?.[0] ?? {}) as Partial<ExportOutcomeUnknownDetails>;
  return failure?.type === 'ExportOutcomeUnknown' && reason === 'submitAmbiguous';
}

/** The search for an ambiguous submit is over. */
export function recordReconciled(outcome: WorkflowLabels['ims_export_reconciliations']['outcome']): void {
  count('ims_export_reconciliations', { outcome });
}

/** A poll saw the job's end. A job that had ended before it was tracked has no delay. */
export function recordDetection(
  { carried: { submittedAtMs, jobNamed } }: Tracking,
  status: 'SUCCESS' | 'FAIL',
  endTime: ObservedJob['endTime'],
): void {
  const endedAtMs = Date.parse(utc(endTime) ?? '');
  if (Number.isNaN(endedAtMs) || jobNamed || submittedAtMs === null) return;
  recordSeconds('ims_export_detection_delay', { status }, (Date.now() - endedAtMs) / 1000);
}

type NamesOf<Type> = {
  [name in keyof WorkflowLabels]: (typeof WORKFLOW_METRICS)[name]['type'] extends Type ? name : never;
}[keyof WorkflowLabels];

function count<Name extends NamesOf<'counter'>>(name: Name, labels: WorkflowLabels[Name], times = 1): void {
  metricMeter.createCounter(name, undefined, WORKFLOW_METRICS[name].meaning).add(times, labels);
}

/** A time that a clock which is behind makes negative is 0. */
function recordSeconds<Name extends NamesOf<'histogram'>>(
  name: Name,
  labels: WorkflowLabels[Name],
  seconds: number,
): void {
  const { unit, meaning } = WORKFLOW_METRICS[name];
  metricMeter.createHistogram(name, 'float', unit, meaning).record(Math.max(0, seconds), labels);
}

/** Workflow and run are there already. */
function attributesOf(tracking: Tracking): { [name: string]: unknown } {
  const { request, jobId } = tracking.carried;
  const { imageId, bucket, objectKey } = request ?? namedBy(tracking.run.input);
  return { imageId, bucket, objectKey, jobId: jobId ?? attachedJobId(tracking) };
}

/** What an input that was refused, and can be anything, seems to name. */
function namedBy(input: unknown): { imageId?: string; bucket?: string; objectKey?: string } {
  const { imageId, bucketUrl } = (input ?? {}) as { [field: string]: unknown };
  const [, bucket, objectKey] = /^([^:]*):(.*)$/s.exec(typeof bucketUrl === 'string' ? bucketUrl : '') ?? [];
  return { imageId: typeof imageId === 'string' ? imageId : undefined, bucket, objectKey };
}
