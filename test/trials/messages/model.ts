/**
 * What an export must be like after the messages that were sent to it: written anew, from what the messages promise.
 *
 * @module
 */
import {
  durationMs,
  type ExportSettings,
  type ExportStatus,
  settingProblems,
  TUNABLE_OPTIONS,
} from '../../../src/contract';
import type { SentMessage } from './record';

export interface Model {
  startedAtMs: number;
  paused: boolean;
  settings: ExportSettings;
}

/** Near a deadline it may have passed when the message arrives. */
const MARGIN_MS = 60_000;

/** The model after a message and its answer. Only what was taken changes anything. */
export function after(
  model: Model,
  { message, argument, answer, drains }: Pick<SentMessage, 'message' | 'argument' | 'answer' | 'drains'>,
): Model {
  if (answer.kind !== 'taken') return model;
  switch (message.send) {
    case 'pausePolling':
      return { ...model, paused: true };
    case 'resumePolling':
      return { ...model, paused: false };
    case 'cancel':
      // The later word: a drain that is paused would wait for the deadline.
      return drains ? { ...model, paused: false } : model;
    case 'retune':
      return { ...model, settings: tuned(model, argument) ?? model.settings };
    default:
      return model;
  }
}

/** The settings after a change; null of one that cannot be. */
export function tuned({ settings }: Model, changes: unknown): ExportSettings | null {
  if (typeof changes !== 'object' || changes === null || Object.keys(changes).length === 0) return null;
  const changed: ExportSettings = { ...settings };
  for (const [name, value] of Object.entries(changes)) {
    const option = TUNABLE_OPTIONS.find((tunable) => tunable === name);
    const isLater = option === 'deadline' && typeof value === 'string' && value.startsWith('+');
    const newMs = durationMs(isLater ? value.slice(1) : value);
    if (option === undefined || newMs === undefined) return null;
    changed[`${option}Ms`] = isLater ? settings.deadlineMs + newMs : newMs;
  }
  return settingProblems(changed).length > 0 ? null : changed;
}

/** Whether a change must be taken at a time; null where that hangs on a moment. */
export function mayTune(model: Model, changes: unknown, atMs: number): boolean | null {
  const settings = tuned(model, changes);
  if (settings === null) return false;
  if (!('deadline' in (changes as object))) return true;
  const leftMs = model.startedAtMs + settings.deadlineMs - atMs;
  return Math.abs(leftMs) < MARGIN_MS ? null : leftMs > 0;
}

/** When the look is due that decides at the deadline. */
export function lastLookAtMs({ startedAtMs, settings: { deadlineMs } }: Model): number {
  return startedAtMs + deadlineMs - Math.min(20_000, 0.05 * deadlineMs);
}

/** Phases in which a job is polled. `parked` is also one of a lost submit, and then there is no job. */
const POLLED = ['exporting', 'paused', 'parked'];

/** Where a status does not agree with what was sent. */
export function disagreements({ startedAtMs, paused, settings }: Model, status: ExportStatus): string[] {
  const problems: string[] = [];
  const demand = (what: string, found: unknown, wanted: unknown) => {
    if (JSON.stringify(found) !== JSON.stringify(wanted))
      problems.push(`${what} is ${JSON.stringify(found)} instead of ${JSON.stringify(wanted)}`);
  };
  demand('startedAt', status.startedAt, new Date(startedAtMs).toISOString());
  demand('pollingPaused', status.pollingPaused, paused);
  const { options, phase, deadlineAt, jobId, outcome } = status;
  if (options === null) {
    demand('deadlineAt', deadlineAt, null);
    if (outcome === null) demand('phase', phase, 'validating');
  } else {
    for (const name of Object.keys(settings) as Array<keyof ExportSettings>)
      demand(name, options[name], settings[name]);
    demand('deadlineAt', deadlineAt, new Date(startedAtMs + settings.deadlineMs).toISOString());
    if (phase === 'validating') problems.push('phase is validating, although the options are known');
  }
  if ((outcome === null) !== (phase !== 'ended')) problems.push(`phase is ${phase} with the outcome ${outcome}`);
  if (jobId !== null && POLLED.includes(phase) && (phase === 'paused') !== paused) {
    problems.push(`phase is ${phase}, and polling is ${paused ? '' : 'not '}paused`);
  }
  if (jobId === null && ['exporting', 'paused', 'verifying'].includes(phase)) {
    problems.push(`phase is ${phase} without a job`);
  }
  if (jobId !== null && ['waitingToSubmit', 'submitting', 'reconciling', 'needsAnswer'].includes(phase)) {
    problems.push(`phase is ${phase} with job ${jobId}`);
  }
  return problems;
}
