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
import { asText, invalidField, invalidRequest, notTunable, type Problem } from '../export/failures';
import { formatDuration, iso } from '../export/time';
import { followsAnEarlierAttempt } from './continuation';
import { defer } from './deferred';
import { warnOfShortTimeouts } from './run-timeouts';
import { isValidated, type Tracking, takeRequest, type Validated } from './state';

/** Throws when the changes cannot be read, contradict each other, or come when nothing can be tuned. */
export function refuseRetune(tracking: Tracking, changes: unknown, nowMs: number): void {
  if (!waitsForValidation(tracking)) tuned(tracking, changes, nowMs);
  else if (!isRetuneInput(changes)) throw invalidField('retune', changes, EXPECTED);
}

/** Puts the changes in force, for the sleep that is under way too; those that a reset handed on, once the input is validated. */
export function retuneExport(tracking: Tracking, changes: RetuneInput): RetuneOutcome | Promise<RetuneOutcome> {
  if (!waitsForValidation(tracking)) return applyChanges(tracking, changes, Date.now());
  return defer(
    tracking,
    () => isValidated(tracking),
    () => applyChanges(tracking, changes, Date.now()),
  );
}

/** Only a run that a reset or retry began has to wait: another sender is told to send it again. */
function waitsForValidation(tracking: Tracking): boolean {
  return !isValidated(tracking) && tracking.run.ended === null && followsAnEarlierAttempt();
}

function applyChanges(tracking: Tracking, changes: RetuneInput, nowMs: number): RetuneOutcome {
  const options = tuned(tracking, changes, nowMs);
  const { carried, run } = tunable(tracking);
  const isChanged = TUNABLE_OPTIONS.some((option) => options[`${option}Ms`] !== carried.request.options[`${option}Ms`]);
  const longerMs = options.submitBudgetMs - carried.request.options.submitBudgetMs;
  if (carried.submitUntilMs !== null) carried.submitUntilMs += longerMs;
  if (carried.lostSubmit?.probeUntilMs != null) carried.lostSubmit.probeUntilMs += longerMs;
  const retuned = takeRequest(tracking, { ...carried.request, options });
  if (isChanged || !run.is03) run.replan = true;
  warnOfShortTimeouts(retuned);
  return { deadlineAt: iso(retuned.carried.deadlineAtMs), options };
}

/** @throws ApplicationFailure when nothing can be tuned now */
function tunable(tracking: Tracking): Validated {
  const hasEnded = tracking.run.ended !== null;
  if (!isValidated(tracking) || hasEnded) throw notTunable(hasEnded);
  return tracking;
}

function tuned(tracking: Tracking, changes: unknown, nowMs: number): ExportSettings {
  const { carried } = tunable(tracking);
  if (!isRetuneInput(changes)) throw invalidField('retune', changes, EXPECTED);
  const options = { ...carried.request.options };
  const deadlineInForceMs = carried.deadlineAtMs - carried.startedAtMs;
  const problems: Problem[] = [];
  for (const [option, value] of Object.entries(changes) as Array<[TunableOption, unknown]>) {
    const newMs = option === 'deadline' ? deadlineMs(deadlineInForceMs, value) : durationMs(value);
    if (newMs === undefined) problems.push({ field: option, value: asText(value), expected: shapeOf(option) });
    else options[`${option}Ms`] = newMs;
  }
  if (problems.length === 0) {
    problems.push(...settingProblems(options).map((problem) => ({ ...problem, value: asText(problem.value) })));
  }
  if (problems.length === 0 && 'deadline' in changes && carried.startedAtMs + options.deadlineMs <= nowMs) {
    const expected = `later than ${formatDuration(nowMs - carried.startedAtMs)}, the time since the start, or such as '+6h'`;
    problems.push({ field: 'deadline', value: asText(changes.deadline), expected });
  }
  if (problems.length > 0) throw invalidRequest(problems);
  return options;
}

/** From the start of the export; `'+6h'` is so long after the deadline in force. */
function deadlineMs(inForceMs: number, value: unknown): number | undefined {
  if (typeof value !== 'string' || !value.trim().startsWith('+')) return durationMs(value);
  const laterMs = durationMs(value.trim().slice(1));
  return laterMs === undefined ? undefined : inForceMs + laterMs;
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
