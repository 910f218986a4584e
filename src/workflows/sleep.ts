import { condition } from '@temporalio/workflow';
import type { ExportPhase } from '../contract';
import { continueInNewRunWhenDue, newRunIsDue } from './continuation';
import { is03 } from './patches';
import { publish } from './publishing';
import type { Tracking } from './state';

/** Phases in which it is waited for a person: whether a worker is there is not known, and does not matter. */
const WITHOUT_WORKER: ReadonlySet<ExportPhase> = new Set(['paused', 'needsAnswer']);

/** Until when, and what the Timeline says meanwhile. */
export interface Plan {
  untilMs: number;
  summary: () => string;
}

/**
 * The one sleep of an export: until the time is over, or until `carried.wake` by a message that asks for the next step now.
 * One that came since the last step began is not slept over. A message that only changes the plan (`run.replan`) changes
 * the sleep alone. Messages make the history longer, whatever they change: when it is long, they end the sleep, and it goes on in
 * a new run. So what a step sleeps for is in the carried state, or is found out again.
 *
 * @param plan asked at the begin, and after each message that may change it
 */
export async function sleep(tracking: Tracking, plan: (nowMs: number) => Plan): Promise<void> {
  // Asked here, as what a message changes depends on it.
  const mayContinue = is03(tracking);
  for (let isOver = false; !isOver; ) {
    if (mayContinue && newRunIsDue(tracking)) await continueInNewRunWhenDue(tracking);
    tracking.run.replan = false;
    const nowMs = Date.now();
    const { untilMs, summary } = plan(nowMs);
    const delayMs = Math.max(1, untilMs - nowMs);
    tracking.run.nextPollAtMs = nowMs + delayMs;
    if (!tracking.carried.wake && WITHOUT_WORKER.has(tracking.run.phase)) tracking.carried.noWorker = false;
    publish(tracking);
    if (tracking.carried.wake) return;
    const isWoken = await condition(() => tracking.carried.wake || tracking.run.replan, delayMs, {
      summary: summary(),
    });
    isOver = !isWoken || tracking.carried.wake;
  }
}
