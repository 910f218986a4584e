/**
 * Changing the options of an export while it runs.
 *
 * @module
 */
import {
  DURATION_SHAPE,
  durationMs,
  type ExportSettings,
  type RetuneInput,
  type RetuneOutcome,
  settingProblems,
  TUNABLE_OPTIONS,
  type TunableOption,
} from '../contract';
import { invalidArgument, notTunable } from '../export/failures';
import { formatDuration, iso } from '../export/time';
import { warnOfShortTimeouts } from './run-timeouts';
import { deadlineOf, requestOf, type Tracking } from './tracking';

/** Throws when the changes cannot be read, contradict each other, or come when nothing can be tuned. */
export function refuseRetune(tracking: Tracking, changes: unknown, nowMs: number): void {
  tuned(tracking, changes, nowMs);
}

/** Puts the changes in force, for the sleep that is under way too. */
export function retuneExport(tracking: Tracking, changes: RetuneInput, nowMs: number): RetuneOutcome {
  const request = requestOf(tracking);
  const options = tuned(tracking, changes, nowMs);
  const longerMs = options.submitBudgetMs - request.options.submitBudgetMs;
  if (tracking.submitUntilMs !== null) tracking.submitUntilMs += longerMs;
  if (tracking.lostSubmit?.probeUntilMs != null) tracking.lostSubmit.probeUntilMs += longerMs;
  tracking.request = { ...request, options };
  tracking.deadlineAtMs = tracking.startedAtMs + options.deadlineMs;
  tracking.replan = true;
  warnOfShortTimeouts(tracking);
  return { deadlineAt: iso(tracking.deadlineAtMs), options };
}

function tuned(tracking: Tracking, changes: unknown, nowMs: number): ExportSettings {
  if (tracking.request === null || tracking.ended !== null) throw notTunable(tracking.ended !== null);
  if (!isRetuneInput(changes)) throw invalidArgument({ field: 'retune', value: changes, expected: EXPECTED });
  const options = { ...tracking.request.options };
  const problems = [];
  for (const [option, value] of Object.entries(changes) as Array<[TunableOption, unknown]>) {
    const newMs = option === 'deadline' ? deadlineMs(tracking, value) : durationMs(value);
    if (newMs === undefined) problems.push({ field: option, value, expected: shapeOf(option) });
    else options[`${option}Ms`] = newMs;
  }
  if (problems.length === 0) problems.push(...settingProblems(options));
  if (problems.length === 0 && 'deadline' in changes && tracking.startedAtMs + options.deadlineMs <= nowMs) {
    const expected = `later than ${formatDuration(nowMs - tracking.startedAtMs)}, the time since the start, or such as '+6h'`;
    problems.push({ field: 'deadline', value: changes.deadline, expected });
  }
  if (problems.length > 0) throw invalidArgument(...problems);
  return options;
}

/** From the start of the export; `'+6h'` is so long after the deadline in force. */
function deadlineMs(tracking: Tracking, value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.trim().startsWith('+')) return durationMs(value);
  const laterMs = durationMs(value.trim().slice(1));
  return laterMs === undefined ? undefined : deadlineOf(tracking) - tracking.startedAtMs + laterMs;
}

function isRetuneInput(changes: unknown): changes is RetuneInput {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) return false;
  const names = Object.keys(changes);
  return names.length > 0 && names.every((name) => (TUNABLE_OPTIONS as string[]).includes(name));
}

function shapeOf(option: TunableOption): string {
  return option === 'deadline' ? `${DURATION_SHAPE}, or '+6h' to move the one in force` : DURATION_SHAPE;
}

const EXPECTED = `an object with one or more of ${TUNABLE_OPTIONS.join(', ')}, such as {"deadline": "+6h"}`;
