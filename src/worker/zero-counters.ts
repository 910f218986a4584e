import { isFailureType, outcomeOf } from '../export/failures';
import { count, METRICS, type Meter, type Metric, type MetricName } from '../metrics';

/**
 * Shows every counter from the start, at 0: Prometheus sees an increase only of what it has seen before, so that the first
 * ambiguous submit of a worker would raise no alert.
 *
 * @param meterOf a meter with the labels of the code that counts
 */
export function beginSeries(meterOf: (metric: Metric) => Meter | null): void {
  for (const [name, metric] of Object.entries(METRICS) as Array<[MetricName, Metric]>) {
    const meter = metric.type === 'counter' ? meterOf(metric) : null;
    if (meter === null) continue;
    for (const labels of combinations(metric.labels)) {
      if (isPossible(labels, metric.labels)) count(meter, name as 'ims_export_polls', labels as { status: 'other' }, 0);
    }
  }
}

/** Every combination of values; none where the cloud chooses them. */
function combinations(labels: Metric['labels']): Array<{ [label: string]: string }> {
  let found: Array<{ [label: string]: string }> = [{}];
  for (const [label, values] of Object.entries(labels)) {
    found = found.flatMap((some) => (values ?? []).map((value) => ({ ...some, [label]: value })));
  }
  return found;
}

/** A failure belongs to one outcome, and none to the others. A batch of unknown outcome has failed. */
function isPossible({ outcome, failure }: { [label: string]: string }, values: Metric['labels']): boolean {
  if (failure === undefined) return true;
  if (failure === 'none') return outcome !== 'failed' && outcome !== 'unknown';
  if (!isFailureType(failure)) return false;
  const ofFailure = outcomeOf(failure);
  return outcome === (values.outcome?.includes(ofFailure) ? ofFailure : 'failed');
}
