/**
 * What the further histories have in common.
 *
 * @module
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { ExportOptions } from '../../../src/contract';
import { resolveSubmission } from '../../../src/workflows/messages';
import { eventsOf, type HistoryEvent } from '../../rigs/history';
import { eventually } from '../../rigs/one-export';
import type { Rig } from '../../rigs/rig';

/** Polls that come only when they are asked for. */
export const ON_REQUEST: ExportOptions = { minInterval: '5m', maxInterval: '5m' };

/** Names the job that the simulator began first. */
export async function nameTheJob({ client, simulator }: Rig, workflowId: string): Promise<void> {
  const [{ jobId } = { jobId: '' }] = simulator.jobs();
  await client.workflow.getHandle(workflowId).executeUpdate(resolveSubmission, { args: [{ jobId }] });
}

/** The history of the current run so far. */
export async function historyOf({ client }: Rig, workflowId: string): Promise<HistoryEvent[]> {
  return eventsOf(await client.workflow.getHandle(workflowId).fetchHistory());
}

export async function runIdOf({ client }: Rig, workflowId: string): Promise<string> {
  return (await client.workflow.getHandle(workflowId).describe()).runId;
}

/** The end of the first workflow task after the n-th completion of an activity: a reset to it keeps the completion. */
export async function taskAfter(rig: Rig, workflowId: string, activityType: string, nth = 1): Promise<number> {
  const events = await historyOf(rig, workflowId);
  const scheduled = new Set(
    events.flatMap(({ eventId, activityTaskScheduledEventAttributes: activity }) =>
      activity?.activityType?.name === activityType ? [String(eventId)] : [],
    ),
  );
  const completions = events.filter(({ activityTaskCompletedEventAttributes: completed }) =>
    scheduled.has(String(completed?.scheduledEventId)),
  );
  return taskEndAfter(events, completions[nth - 1]);
}

/** The end of the first workflow task after a signal: a reset to it keeps the signal. */
export async function taskAfterSignal(rig: Rig, workflowId: string): Promise<number> {
  const events = await historyOf(rig, workflowId);
  return taskEndAfter(
    events,
    events.find((event) => event.workflowExecutionSignaledEventAttributes),
  );
}

function taskEndAfter(events: readonly HistoryEvent[], event: HistoryEvent | undefined): number {
  if (event === undefined) throw new Error('the history has no such event');
  const task = events.find(
    ({ eventId, workflowTaskCompletedEventAttributes: completed }) =>
      completed && Number(completed.startedEventId) > Number(event.eventId) && Number(eventId) > Number(event.eventId),
  );
  if (task === undefined) throw new Error('no workflow task was completed after it');
  return Number(task.eventId);
}

/** Waits until a run other than that one is the current one; `hurry` is asked for between the looks. */
export async function untilNextRun(
  rig: Rig,
  workflowId: string,
  runId: string,
  hurry: () => Promise<unknown> = async () => undefined,
): Promise<void> {
  await eventually(
    'there is a new run',
    async () => {
      if ((await runIdOf(rig, workflowId)) !== runId) return true;
      await hurry();
      return undefined;
    },
    400_000,
  );
}

export type Send = (handle: WorkflowHandle) => Promise<unknown>;

/** Sends a round of messages often: one after the answer to the other, a round at once, and all at once to no worker. */
export async function sendRounds(
  rig: Rig,
  workflowId: string,
  round: readonly Send[],
  times: { oneByOne: number; atOnce: number; withoutWorker: number },
): Promise<void> {
  const handle = rig.client.workflow.getHandle(workflowId);
  for (let sent = 0; sent < times.oneByOne; sent += 1) for (const send of round) await send(handle);
  for (let sent = 0; sent < times.atOnce; sent += 1) await Promise.all(round.map((send) => send(handle)));
  const rounds = Array.from({ length: times.withoutWorker }, () => round).flat();
  await sendWithoutWorker(rig, () => Promise.all(rounds.map((send) => send(handle))));
}

/** Sends while no worker is there, so that one workflow task delivers it all. */
export async function sendWithoutWorker(rig: Rig, send: () => Promise<unknown>): Promise<void> {
  let answers: Promise<unknown> = Promise.resolve();
  await rig.withoutWorker(async () => {
    answers = send();
    answers.catch(() => undefined);
    // Answered by the server alone: what was sent before has reached it too.
    await rig.client.workflowService.getSystemInfo({});
  });
  await answers;
}

export async function refused(update: Promise<unknown>): Promise<void> {
  await update.then(
    () => Promise.reject(new Error('the update was not refused')),
    () => undefined,
  );
}
