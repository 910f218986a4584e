import { join } from 'node:path';
import { version } from '../../../package.json';
import type { Tally } from '../trial';
import { isSubmit } from './cloud-proxy';
import { historyFileOf } from './histories';
import { describeVerdict, excusesOf, findingsOf } from './judgement';
import type { PlannedAction } from './plan';
import type { ChaosRecord, ExportRecord } from './record';
import { submitsFor } from './troubles';

/** The counts of a run, and of what is wrong all that helps to find out. */
export function reportOf(record: ChaosRecord): string {
  const { exports, done, missed, plan, faults, fell, runs, searched, requests, takenAtMs, startedAtMs } = record;
  const submits = requests.filter(isSubmit);
  const excuses = excusesOf(record);
  const findings = findingsOf(record);
  const counts = Object.entries(findings).map(([what, found]) => `${what} ${found.length}`);
  const isGood = Object.values(findings).every((found) => found.length === 0);
  const timedOut = runs.reduce((sum, run) => sum + run.timedOutTasks, 0);
  return [
    `exports ${exports.length}, actions ${done.length}, ${counts.join(', ')}`,
    `verdicts: ${tally(exports.map(({ verdict }) => describeVerdict(verdict).replace(/ by job .*/, '')))}`,
    `excused ${excuses.length}: ${tally(excuses.map((excuse) => excuse.replace(/^.*?: /, ''))) || 'none'}`,
    `actions that came about, of ${plan.actions.length}: ${tally(done.map(({ action }) => action.do))}`,
    `did not come about: ${tally(missed.map(({ action, why }) => `${action.do} (${why})`)) || 'none'}`,
    `processes away or frozen: ${tally(faults.map(({ who }) => who))}; ended by themselves: ${tally(fell.map(({ who, how }) => `${who} (${how})`)) || 'none'}`,
    `submits seen by the network: ${submits.length}, unanswered ${submits.filter(({ answeredAtMs }) => answeredAtMs === null).length}; workflow tasks that timed out: ${timedOut}`,
    `searched for ${searched.secrets} secrets in ${searched.texts} texts; took ${Math.round((takenAtMs - startedAtMs) / 1_000)} s`,
    `histories, logs and the whole record: ${record.folder}`,
    ...(isGood ? [] : ['', ...exports.flatMap((of) => detailsOf(record, of))]),
  ].join('\n');
}

/** A row of the table in docs/development/evidence.md for each run. */
export class ChaosTally implements Tally<ChaosRecord> {
  readonly #rows: string[] = [];

  add(record: ChaosRecord): void {
    const { plan, exports, done } = record;
    const succeeded = exports.filter(({ verdict }) => verdict.kind === 'succeeded').length;
    const verdicts = [exports.length, done.length, succeeded, excusesOf(record).length];
    const counts = Object.values(findingsOf(record)).map((found) => found.length);
    this.#rows.push(`| ${[version, plan.seed, plan.minutes, ...verdicts, ...counts].join(' | ')} |`);
  }

  toString(): string {
    return this.#rows.join('\n');
  }
}

function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([word, times]) => `${word} ${times}`)
    .join(', ');
}

/** Of an export that something is wrong with: its plan, its jobs, what was done to it, and where its histories are. */
function detailsOf(record: ChaosRecord, of: ExportRecord): string[] {
  const isNamed = Object.values(findingsOf(record)).some((found) => found.some((what) => what.includes(of.workflowId)));
  if (!isNamed) return [];
  const { plan, jobs, done, runs, startedAtMs, folder } = record;
  const seconds = (atMs: number) => `${((atMs - startedAtMs) / 1_000).toFixed(1)} s`;
  const planned = plan.exports[Number(of.name.split('#')[1])];
  return [
    `${of.name}: ${of.workflowId}`,
    ...(of.kind === 'batch' || planned === undefined ? [] : [`  plan: ${JSON.stringify(planned)}`]),
    `  ${describeVerdict(of.verdict)}, from ${seconds(of.startedAtMs)} to ${of.endedAtMs === null ? '…' : seconds(of.endedAtMs)}, memo ${JSON.stringify(of.memo)}`,
    ...jobs
      .filter(({ imageId }) => imageId === of.imageId)
      .map(
        (job) =>
          `  job ${job.jobId} ${job.status} from ${seconds(Date.parse(job.beginTime))} to ${job.endTime === null ? '…' : seconds(Date.parse(job.endTime))}`,
      ),
    ...submitsFor(record, of).map(
      ({ atMs, answeredAtMs, status }) =>
        `  submit at ${seconds(atMs)}, ${answeredAtMs === null ? 'never answered' : `answered ${status} at ${seconds(answeredAtMs)}`}`,
    ),
    ...done
      .filter(({ workflowId }) => workflowId === of.workflowId)
      .map(({ fromMs, action }) => `  at ${seconds(fromMs)}: ${describeAction(action)}`),
    ...runs
      .filter(({ workflowId }) => workflowId === of.workflowId)
      .map((run) => `  ${join(folder, 'histories', historyFileOf(run))}`),
  ];
}

function describeAction({ do: what, ...rest }: Omit<PlannedAction, 'atMs'> & { do: string }): string {
  return `${what} ${JSON.stringify(rest)}`;
}
