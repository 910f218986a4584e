/**
 * Every metric of this package: one table, from which they are emitted, documented and checked.
 *
 * Names are as they are emitted. What Prometheus shows has a suffix more, see {@link shownName}. Each series also has the
 * labels of Temporal's SDK: `namespace`, `taskQueue`, and `workflowType` or `activityType` of whoever counted. No label holds
 * an image, a bucket or a job: what one export does is in its workflow and in the logs.
 *
 * Workflows and activities count by Temporal's own meters, so the metrics go wherever the application's Runtime sends
 * them. A workflow task that is done twice, as after the loss of a worker, may count twice.
 *
 * @module
 */

/** Who emits a metric: the workflow, one of the activities, or the process that `ims-export worker` is. */
export type MetricSource = 'exportImageWorkflow' | 'imsSubmitExport' | 'imsPollJob' | 'worker';

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

export const METRICS = {
  ims_export_submits: {
    type: 'counter',
    source: 'imsSubmitExport',
    labels: {
      outcome: [
        'accepted',
        'rejected',
        'denied',
        'ambiguous',
        'throttled',
        'imageBusy',
        'unauthorized',
        'unreachable',
        'staleAttempt',
      ],
    },
    meaning:
      'Submits, by what became of them. `ambiguous`: the answer was lost; `throttled` to `staleAttempt`: surely not executed, and tried again later.',
  },
  ims_export_polls: {
    type: 'counter',
    source: 'imsPollJob',
    labels: { status: ['INIT', 'RUNNING', 'SUCCESS', 'FAIL', 'other', 'denied', 'notFound', 'error'] },
    meaning:
      'Polls, by the job status that the cloud told; `other` is one that the API does not name. `denied`: the credentials were refused; `notFound`: no such job; `error`: no answer of use.',
  },
  ims_export_poll_errors: {
    type: 'counter',
    source: 'imsPollJob',
    labels: { code: null },
    meaning:
      'Polls that failed, by the code of the cloud (`IMG.0060`, `APIGW.0308`) or of the transport (`ECONNREFUSED`, `HTTP_502`).',
  },
  ims_export_reconciliations: {
    type: 'counter',
    source: 'exportImageWorkflow',
    labels: { outcome: ['jobFound', 'unconfirmed', 'unknown'] },
    meaning:
      'Submits whose answer was lost, by what the search ended with: a job, an object taken without one (`acceptUnconfirmed`), or nothing certain.',
  },
  ims_export_ended: {
    type: 'counter',
    source: 'exportImageWorkflow',
    labels: {
      outcome: ['succeeded', 'failed', 'unknown', 'canceled'],
      failure: [
        'none',
        'InvalidExportRequest',
        'ExportNotAllowed',
        'DestinationExists',
        'DestinationBusy',
        'SubmitRejected',
        'ExportFailed',
        'ExportOutcomeUnknown',
        'ExportedObjectInvalid',
        'AccessDenied',
      ],
    },
    meaning: 'Exports that ended, by outcome and failure type.',
  },
  ims_export_duration: {
    type: 'histogram',
    source: 'exportImageWorkflow',
    labels: { outcome: ['succeeded', 'failed', 'unknown', 'canceled'] },
    unit: 'seconds',
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
    meaning: 'Time from the start of an export to its end, across continue-as-new.',
  },
  ims_export_detection_delay: {
    type: 'histogram',
    source: 'exportImageWorkflow',
    labels: { status: ['SUCCESS', 'FAIL'] },
    unit: 'seconds',
    buckets: [1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, HOUR],
    meaning: "Time from the job's end in the cloud, by the cloud's clock, to the poll that saw it.",
  },
  ims_export_attention: {
    type: 'counter',
    source: 'exportImageWorkflow',
    labels: { attention: ['needsAnswer', 'parked', 'stalled', 'outcomeUnknown'] },
    meaning:
      'Times that an export came to need a person: an answer to `resolveSubmission`, mended credentials, a look at a job that stands still, or at an outcome that nobody knows.',
  },
  ims_export_open: {
    type: 'gauge',
    source: 'worker',
    labels: {},
    meaning:
      'Exports of this task queue that are open, those that are paused in Temporal included, as it counts them. Every worker shows the same number: take the maximum, not the sum.',
  },
  ims_export_open_counted_at_seconds: {
    type: 'gauge',
    source: 'worker',
    labels: {},
    meaning:
      'When `ims_export_open` was last counted, in seconds since 1970: older than two minutes, it is out of date.',
  },
  ims_export_worker_info: {
    type: 'gauge',
    source: 'worker',
    labels: { version: null },
    meaning: 'Always 1; its label tells the version of this package.',
  },
} as const satisfies { [name: string]: Metric };

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

type Labels<Name extends MetricName> = { [label in keyof (typeof METRICS)[Name]['labels']]: string };

type NamesOf<Type extends Metric['type']> = {
  [name in MetricName]: (typeof METRICS)[name]['type'] extends Type ? name : never;
}[MetricName];

/** What is used of Temporal's MetricMeter, of the workflow's, the activity's and the Runtime's alike. */
export interface Meter {
  createCounter(name: string, unit?: string, description?: string): { add(value: number, tags: Tags): void };
  createHistogram(
    name: string,
    valueType: 'float',
    unit?: string,
    description?: string,
  ): { record(value: number, tags: Tags): void };
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

/** Records a time; one that a clock which is behind makes negative is 0. */
export function recordSeconds<Name extends NamesOf<'histogram'>>(
  meter: Meter,
  name: Name,
  labels: Labels<Name>,
  seconds: number,
): void {
  const { unit, meaning } = METRICS[name];
  meter.createHistogram(name, 'float', unit, meaning).record(Math.max(0, seconds), labels);
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
