/**
 * What a start waits for, reported while it waits.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { attentionText, commandOf, GIVE_UP, guidanceOf, nextPollLabel } from '../export/guidance';
import { oneLine, workflowCommand } from '../export/quoting';
import { ExportError } from './errors';
import type { ExportReport } from './follow';

/** A healthy start is over sooner. */
const SILENCE_MS = 5_000;

/** Waits for a start, and reports after some seconds what it waits for, and again when that changes. */
export async function reportStartProgress<T>(
  starting: Promise<T>,
  read: () => Promise<StartProgress>,
  report: ((why: string) => void) | undefined,
): Promise<T> {
  const over = new AbortController();
  const reporting = report === undefined ? null : reportUntil(over.signal, read, report);
  try {
    return await starting;
  } finally {
    over.abort();
    // The caller may close its connection now, and a call that Temporal's client still repeats would throw where it is not
    // caught.
    await reporting;
  }
}

/** What a start waits for; null where nothing is known to report. */
export type StartProgress = {
  text: string;
  /** The same as before: no news. The time of the next try alone is none, nor is how far a job is. */
  key: string;
} | null;

async function reportUntil(
  over: AbortSignal,
  read: () => Promise<StartProgress>,
  report: (why: string) => void,
): Promise<void> {
  let reported: string | undefined;
  while (await sleep(SILENCE_MS, true, { signal: over }).catch(() => false)) {
    const progress = await read().catch(progressWithoutReport);
    if (progress !== null && progress.key !== reported && !over.aborted) report(progress.text);
    reported = progress?.key;
  }
}

/** What the start of an export waits for, by what is known of the export. */
export function startProgress({ workflowId, workflowStatus, closedAt, status, retrying }: ExportReport): StartProgress {
  if (closedAt !== null) return null;
  const progress = (sentences: string[], key = sentences) => ({
    text: [...sentences, `To cancel the export: \`${commandOf(GIVE_UP, workflowId)}\``].map(sentence).join(' '),
    key: key.join(' '),
  });
  const hindrance = hindranceOf({ workflowStatus, retrying, status });
  if (hindrance !== null) return progress([hindrance]);
  if (status === null) return null;
  const { headline, why } = guidanceOf(status);
  const { phase, lastError, nextPollAt } = status;
  const toDo = attentionText(status, workflowId) ?? why ?? '';
  const error = lastError === null ? '' : oneLine(`Last error: ${lastError}`);
  const next = nextPollAt === null ? '' : `${nextPollLabel(status)} at ${nextPollAt}`;
  return progress([headline, toDo, error, next].filter(Boolean), [phase, toDo, error]);
}

/** Of an export or a batch. */
type Report = Pick<ExportReport, 'workflowId' | 'workflowStatus' | 'closedAt' | 'retrying'> & { status: unknown };

/** What the start of a batch waits for. */
export function batchProgress({ workflowId, closedAt, ...report }: Report): StartProgress {
  const hindrance = closedAt === null ? hindranceOf(report) : null;
  if (hindrance === null) return null;
  const follow = `To follow it: \`${workflowCommand('watch', workflowId)}\`.`;
  return { text: `Batch ${workflowId} was started. ${sentence(hindrance)} ${follow}`, key: hindrance };
}

/** What keeps an export or a batch from going on; null where nothing does. */
function hindranceOf({ workflowStatus, retrying, status }: Omit<Report, 'workflowId' | 'closedAt'>): string | null {
  if (workflowStatus === 'PAUSED') return 'The workflow is paused in Temporal. Unpause it there to continue';
  if (retrying !== null) return triedAgain(retrying);
  return status === null ? 'No worker answers; `ims-export doctor` checks whether one runs' : null;
}

/** Without the number of the attempt, so that one reason is reported once. */
export function triedAgain({ activity, failure }: NonNullable<ExportReport['retrying']>): string {
  return oneLine(`${activity} is tried again: ${failure}`);
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** Before the workflow is there, there is nothing to report. */
function progressWithoutReport(error: unknown): StartProgress {
  const isOutage = error instanceof ExportError && error.code === 'TemporalUnreachable';
  return isOutage ? { text: 'Temporal does not answer; asking again', key: 'outage' } : null;
}
