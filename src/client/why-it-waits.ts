import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { ExportPhase } from '../contract';
import { ExportError } from './errors';
import { type ExportReport, readExport } from './follow';

/** A healthy start is over sooner. */
const SILENCE_MS = 5_000;

/** Waits, and tells after some seconds what for, and again when that changes. */
export async function tellingWhyItWaits<T>(
  client: Client,
  workflowId: string,
  waiting: Promise<T>,
  tell: ((why: string) => void) | undefined,
): Promise<T> {
  const over = new AbortController();
  const telling = tell === undefined ? null : tellUntil(over.signal, () => readExport(client, workflowId), tell);
  try {
    return await waiting;
  } finally {
    over.abort();
    // The caller may close its connection now, and a call that Temporal's client still repeats would throw where nobody
    // catches it.
    await telling;
  }
}

async function tellUntil(
  over: AbortSignal,
  read: () => Promise<ExportReport>,
  tell: (why: string) => void,
): Promise<void> {
  let told = '';
  while (await sleep(SILENCE_MS, true, { signal: over }).catch(() => false)) {
    const text = await read().then(whyItWaits, whyNothingIsKnown);
    // The time of the next try alone is no news.
    const news = text.replace(/ Next try at \S+/, '');
    if (news !== told && text !== '' && !over.aborted) tell(text);
    told = news;
  }
}

function whyItWaits({ workflowId, workflowStatus, closedAt, status, retrying }: ExportReport): string {
  if (closedAt !== null) return '';
  const giveUp = `(\`ims-export cancel ${workflowId}\` gives it up)`;
  if (workflowStatus === 'PAUSED')
    return `its workflow is paused in Temporal, and goes on when it is unpaused ${giveUp}`;
  // Without the number of the attempt, so that one reason is told once.
  if (retrying !== null) return `${retrying.activity} is tried again: ${retrying.failure} ${giveUp}`;
  if (status === null) return `no worker answers; \`ims-export doctor\` tells whether one is there ${giveUp}`;
  if (status.phase === 'waitingToSubmit') {
    const next = status.nextPollAt === null ? '' : ` Next try at ${status.nextPollAt}.`;
    return `nothing is submitted yet: ${status.lastError}${next} ${giveUp}`;
  }
  if (status.phase === 'needsAnswer') {
    return `the answer to the submit was lost, and a person must say what became of it: \`ims-export resolve ${workflowId} --job JOB_ID\` or \`--not-submitted\` ${giveUp}`;
  }
  if (status.phase === 'reconciling') {
    return `the answer to the submit was lost; finding out what became of it, next step at ${status.nextPollAt ?? 'once'} ${giveUp}`;
  }
  return `${PHASES[status.phase] ?? status.phase} ${giveUp}`;
}

const PHASES: { [phase in ExportPhase]?: string } = {
  validating: 'image, bucket and destination are being checked',
  submitting: 'the cloud has not answered the submit yet',
};

/** Before the workflow is there, there is nothing to tell. */
function whyNothingIsKnown(error: unknown): string {
  const isOutage = error instanceof ExportError && error.code === 'TemporalUnreachable';
  return isOutage ? 'Temporal does not answer; asking again' : '';
}
