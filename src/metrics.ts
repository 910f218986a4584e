/**
 * Every metric of this package: one table, from which they are emitted, documented and checked. Those of the workflow stand in
 * `src/workflows/metrics.ts`, as far as the workflow needs them: this table stays out of its bundle.
 *
 * Names are as they are emitted. What Prometheus shows has a suffix more, see {@link shownName}. Each series also has the
 * labels of Temporal's SDK: `namespace`, `taskQueue`, and `workflowType` or `activityType` of the code that counted. No label holds
 * an image, a bucket or a job: what one export does is in its workflow and in the logs.
 *
 * Workflows and activities count by Temporal's own meters, so the metrics go wherever the application's Runtime sends
 * them. A workflow task that is done twice, as after the loss of a worker, may count twice.
 *
 * @module
 */
import {
  BATCH_FAILURE_TYPES,
  BATCH_OUTCOMES,
  BATCH_VERDICTS,
  EXPORT_OUTCOMES,
  type ExportFailureType,
  FAILURE_TYPES,
  type FailureType,
} from './contract';
import { WORKFLOW_METRICS, type WorkflowLabels } from './workflows/metrics';

/** Who emits a metric: a workflow, one of the activities, or the process that `ims-export worker` is. */
export type MetricSource = 'exportImageWorkflow' | 'exportImagesWorkflow' | 'imsSubmitExport' | 'imsPollJob' | 'worker';

export interface Metric {
  type: 'counter' | 'histogram' | 'gauge';
  source: MetricSource;
  /** The labels, and the values that they can have; null where the cloud chooses them. */
  labels: { readonly [label: string]: readonly string[] | null };
  /** Upper bounds of the buckets of a histogram, in its unit. */
  buckets?: readonly number[];
  unit?: 'seconds';
  meaning: string;
}

const MINUTE = 60;
const HOUR = 3600;

const isOfAnExport = (type: FailureType): type is ExportFailureType =>
  type !== 'NothingToExport' && type !== 'BatchFailed';

const TABLE = {
  ims_export_submits: {
    type: 'counter',
    source: 'imsSubmitExport',
    labels: {
      outcome: [
        'accepted',
        'rejected',
        'ambiguous',
        'throttled',
        'imageBusy',
        'unauthorized',
        'unreachable',
        'staleAttempt',
      ],
    },
    meaning: 'Submits, by outcome; `throttled` to `staleAttempt` were not executed. `ambiguous`: the answer was lost.',
  },
  ims_export_polls: {
    type: 'counter',
    source: 'imsPollJob',
    labels: { status: ['INIT', 'RUNNING', 'SUCCESS', 'FAIL', 'other', 'denied', 'notFound', 'error'] },
    meaning:
      'Polls, by job status. `other`: a status that the API does not name; `denied`: the credentials were refused; `notFound`: no such job; `error`: no usable answer.',
  },
  ims_export_poll_errors: {
    type: 'counter',
    source: 'imsPollJob',
    labels: { code: null },
    meaning: 'Polls that failed, by code, such as `IMG.0060` or `ECONNREFUSED`.',
  },
  ims_export_reconciliations: {
    ...WORKFLOW_METRICS.ims_export_reconciliations,
    source: 'exportImageWorkflow',
    labels: { outcome: ['jobFound', 'unconfirmed', 'unknown'] },
  },
  ims_export_ended: {
    ...WORKFLOW_METRICS.ims_export_ended,
    source: 'exportImageWorkflow',
    labels: { outcome: EXPORT_OUTCOMES, failure: ['none', ...FAILURE_TYPES.filter(isOfAnExport)] },
  },
  ims_export_batches_ended: {
    ...WORKFLOW_METRICS.ims_export_batches_ended,
    source: 'exportImagesWorkflow',
    labels: { outcome: BATCH_OUTCOMES, failure: ['none', ...BATCH_FAILURE_TYPES] },
  },
  ims_export_batch_items: {
    ...WORKFLOW_METRICS.ims_export_batch_items,
    source: 'exportImagesWorkflow',
    labels: { verdict: BATCH_VERDICTS },
  },
  ims_export_duration: {
    ...WORKFLOW_METRICS.ims_export_duration,
    source: 'exportImageWorkflow',
    labels: { outcome: EXPORT_OUTCOMES },
    buckets: [
      10,
      MINUTE,
      5 * MINUTE,
      15 * MINUTE,
      30 * MINUTE,
      HOUR,
      2 * HOUR,
      3 * HOUR,
      4 * HOUR,
      6 * HOUR,
      8 * HOUR,
      10 * HOUR,
      12 * HOUR,
      16 * HOUR,
      24 * HOUR,
      48 * HOUR,
    ],
  },
  ims_export_detection_delay: {
    ...WORKFLOW_METRICS.ims_export_detection_delay,
    source: 'exportImageWorkflow',
    labels: { status: ['SUCCESS', 'FAIL'] },
    buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, HOUR],
  },
  ims_export_attention: {
    ...WORKFLOW_METRICS.ims_export_attention,
    source: 'exportImageWorkflow',
    labels: { attention: ['needsAnswer', 'parked', 'noWorker', 'stalled', 'outcomeUnknown'] },
  },
  ims_export_open: {
    type: 'gauge',
    source: 'worker',
    labels: {},
    meaning: 'Open exports of this task queue. All workers show the same number: take the maximum.',
  },
  ims_export_open_counted_at_seconds: {
    type: 'gauge',
    source: 'worker',
    labels: {},
    meaning: 'When `ims_export_open` was counted, in seconds since 1970.',
  },
  ims_export_worker_info: {
    type: 'gauge',
    source: 'worker',
    labels: { version: null },
    meaning: 'Always 1; its label is the version of this package.',
  },
} as const satisfies { [name: string]: Metric };

/** The labels of a metric, each with the values that the table has for it; any where it has none. */
type Labels<Name extends keyof typeof TABLE> = LabelsIn<(typeof TABLE)[Name]['labels']>;
type LabelsIn<Lists> = {
  [label in keyof Lists]: Lists[label] extends ReadonlyArray<infer Value extends string> ? Value : string;
};

/** What the workflow emits must be in the table as it is emitted: each label with every value, and no others. */
type OfWorkflow = {
  [name in keyof WorkflowLabels]: (typeof WORKFLOW_METRICS)[name] & {
    source: 'exportImageWorkflow' | 'exportImagesWorkflow';
    labels: [Labels<name>, WorkflowLabels[name]] extends [WorkflowLabels[name], Labels<name>]
      ? object
      : 'not those of src/workflows/metrics.ts';
  };
};

export const METRICS = TABLE satisfies OfWorkflow;

export type MetricName = keyof typeof METRICS;

/** The name under which Prometheus shows a metric of `ims-export worker`: counters end in `_total`, times in their unit. */
export function shownName(name: MetricName): string {
  const { type, unit }: Metric = METRICS[name];
  if (type === 'counter') return `${name}_total`;
  return unit === undefined ? name : `${name}_${unit}`;
}

/** The buckets of the histograms, for `telemetryOptions.metrics.prometheus.histogramBucketOverrides` of a Runtime. */
export function histogramBuckets(): { [name: string]: number[] } {
  const metrics: Array<[string, Metric]> = Object.entries(METRICS);
  return Object.fromEntries(
    metrics.flatMap(([name, { buckets }]) => (buckets === undefined ? [] : [[name, [...buckets]]])),
  );
}

type NamesOf<Type extends Metric['type']> = {
  [name in MetricName]: (typeof METRICS)[name]['type'] extends Type ? name : never;
}[MetricName];

/** What is used of Temporal's MetricMeter, of the activity's and the Runtime's alike. */
export interface Meter {
  createCounter(name: string, unit?: string, description?: string): { add(value: number, tags: Tags): void };
  createGauge(
    name: string,
    valueType: 'float',
    unit?: string,
    description?: string,
  ): { set(value: number, tags: Tags): void };
}

type Tags = { [label: string]: string };

/** Adds to a counter; 0 makes the series known. */
export function count<Name extends NamesOf<'counter'>>(
  meter: Meter,
  name: Name,
  labels: Labels<Name>,
  value = 1,
): void {
  meter.createCounter(name, undefined, METRICS[name].meaning).add(value, labels);
}

/** Sets a gauge. */
export function setGauge<Name extends NamesOf<'gauge'>>(
  meter: Meter,
  name: Name,
  labels: Labels<Name>,
  value: number,
): void {
  meter.createGauge(name, 'float', undefined, METRICS[name].meaning).set(value, labels);
}
