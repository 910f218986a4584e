import type { Context } from '@temporalio/activity';
import { confirmedHeartbeat } from './confirmed-heartbeat';
import { stopwatch } from './stood-still';

/** After this part of the heartbeat timeout, what Temporal said may no longer hold. */
const VALID_SHARE_OF_HEARTBEAT = 0.5;

const STOOD_STILL = 'the worker paused, or its clock changed, before the POST';

/**
 * The fence against a worker that stood still: one that was frozen for longer than a heartbeat timeout has been given up,
 * and must not POST when it wakes.
 *
 * The time since this activity began does not show it, because a worker can stand still between taking the task and running its
 * first line. So Temporal is asked, by a heartbeat of its own, whether this attempt still counts. Each heartbeat restarts the
 * timeout: within half of it, counted from before the question by both clocks, the answer holds.
 */
export class SubmitFence {
  private constructor(
    private readonly context: Context,
    private readonly elapsedMs: () => number,
    private readonly validForMs: number,
  ) {}

  /** @throws when the attempt was given up or canceled, or Temporal cannot be asked */
  static async raise(context: Context): Promise<SubmitFence> {
    const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = context.info;
    const elapsedMs = stopwatch();
    await confirmedHeartbeat(context);
    return new SubmitFence(context, elapsedMs, heartbeatTimeoutMs * VALID_SHARE_OF_HEARTBEAT);
  }

  /** Why nothing may be sent now; undefined when it may. */
  objection(): string | undefined {
    if (this.context.cancellationSignal.aborted) return 'the submit was canceled before the POST';
    return this.elapsedMs() < this.validForMs ? undefined : STOOD_STILL;
  }
}
