import { allAtOnce, dispersions, limitsOf, MOST_DISPERSION, sum } from './judgement';
import { quantile } from './measures';
import { activitiesPerSecond } from './plan';
import type { FleetRecord } from './record';

/** What a fleet was like, in a few lines. */
export function reportOf(record: FleetRecord): string {
  const { plan, exports, jobs, requests, peakRssBytes, tookMs } = record;
  const { fromMs, toMs } = allAtOnce(plan, jobs);
  const polls = exports.flatMap(({ pollsDueMs }) => pollsDueMs);
  const succeeded = exports.filter(({ end }) => end === 'succeeded').length;
  const lines: Array<[string, string]> = [
    ['exports', `${exports.length}, ${succeeded} succeeded, ${exports.length - succeeded} lost`],
    [
      'jobs and POSTs',
      `${jobs.length} and ${requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/file')).length}`,
    ],
    ['took', `${seconds(tookMs)}; all exports at once for ${seconds(toMs - fromMs)}`],
    [
      'limits of the queues',
      `${rounded(activitiesPerSecond(plan))} activities/s, ${rounded(plan.submitsPerSecond)} submits/s`,
    ],
    ['requests', `${requests.length}, ${rounded(requests.length / (tookMs / 1_000))}/s on average`],
    ...limitsOf(record).map(({ what, most, allowed }): [string, string] => [
      `  most ${what}`,
      `${most} (allowed ${allowed})`,
    ]),
    ['polls', `${polls.length}, ${rounded(polls.length / exports.length)} an export`],
    ['  dispersion', uneven(record)],
    ['wait for the limit', waits(exports.flatMap(({ activityWaitsMs }) => activityWaitsMs))],
    ['  of a submit', waits(exports.flatMap(({ submitWaitsMs }) => submitWaitsMs))],
    [
      'workflow tasks',
      `${sum(exports, (one) => one.failedWorkflowTasks)} failed, ${sum(exports, (one) => one.timedOutWorkflowTasks)} timed out`,
    ],
    ['peak RSS of the worker', `${Math.round(peakRssBytes / 2 ** 20)} MiB`],
  ];
  return lines.map(([what, found]) => `${what.padEnd(24)} ${found}`).join('\n');
}

function uneven(record: FleetRecord): string {
  const found = dispersions(record);
  if (found === null) return 'never all at once';
  const { planned, due, asked } = found;
  return `as planned ${planned.toFixed(2)} (allowed ${MOST_DISPERSION}; by chance 1), when due ${due.toFixed(2)}, at the simulator ${asked.toFixed(2)}`;
}

function waits(waitsMs: readonly number[]): string {
  return `median ${seconds(quantile(0.5, waitsMs))}, 99 % ${seconds(quantile(0.99, waitsMs))}, most ${seconds(quantile(1, waitsMs))}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 0)} s`;
}

function rounded(value: number): string {
  return String(Math.round(value * 10) / 10);
}
