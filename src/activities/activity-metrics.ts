/**
 * Counts what the cloud answers, by the meter of the activity: it goes wherever the worker's Runtime sends its metrics.
 *
 * @module
 */
import { Context } from '@temporalio/activity';
import type { ExportActivities, PollOutcome, SubmitOutcome } from '../contract';
import { count, METRICS } from '../metrics';

type PollLabel = (typeof METRICS.ims_export_polls.labels.status)[number];

/** Counts the outcomes of submits. A submit is not counted when its worker is lost. */
export function countedSubmits(submit: ExportActivities['imsSubmitExport']): ExportActivities['imsSubmitExport'] {
  return async (input) => {
    const outcome = await submit(input);
    count(Context.current().metricMeter, 'ims_export_submits', { outcome: submitLabel(outcome) });
    return outcome;
  };
}

/** Counts polls by what they saw, and those that failed by why. */
export function countedPolls(poll: ExportActivities['imsPollJob']): ExportActivities['imsPollJob'] {
  return async (input) => {
    try {
      const outcome = await poll(input);
      countPoll(pollLabel(outcome), outcome.kind === 'observed' ? null : outcome.error.code);
      return outcome;
    } catch (error) {
      countPoll('error', 'ACTIVITY_FAILED');
      throw error;
    }
  };
}

function submitLabel(outcome: SubmitOutcome) {
  switch (outcome.kind) {
    case 'notExecuted':
      return outcome.reason;
    default:
      return outcome.kind;
  }
}

function pollLabel(outcome: PollOutcome): PollLabel {
  if (outcome.kind !== 'observed') return outcome.kind;
  const { status } = outcome.job;
  return METRICS.ims_export_polls.labels.status.find((known) => known === status) ?? 'other';
}

function countPoll(status: PollLabel, errorCode: string | null): void {
  const meter = Context.current().metricMeter;
  count(meter, 'ims_export_polls', { status });
  if (errorCode !== null) count(meter, 'ims_export_poll_errors', { code: boundedCode(errorCode) });
}

/** More codes than the API has, and few enough for a time series each. */
const MAX_CODES = 100;
const codesSeen = new Set<string>();

/** The cloud chooses the codes, so that nothing else bounds their number. */
function boundedCode(code: string): string {
  if (codesSeen.size < MAX_CODES) codesSeen.add(code);
  return codesSeen.has(code) ? code : 'other';
}
