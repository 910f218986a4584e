import type { Context } from '@temporalio/activity';
import { confirmedHeartbeat } from './confirmed-heartbeat';

/** After this part of the heartbeat timeout, what Temporal said may no longer hold. */
const VALID_SHARE_OF_HEARTBEAT = 0.5;

/**
 * The fence against a worker that stood still: one that was frozen for longer than a heartbeat timeout has been given up,
 * and must not POST when it wakes.
 *
 * The time since this activity began does not show it, because a worker can stand still between taking the task and running its
 * first line. So Temporal is asked, by a heartbeat of its own, whether this attempt still counts. Each heartbeat restarts the
 * timeout: within half of it on a monotonic clock, counted from before the question, the answer holds.
 */
export class SubmitFence {
  private constructor(
    private readonly context: Context,
    private readonly validUntilMs: number,
  ) {}

  /** @throws when the attempt was given up or canceled, or Temporal cannot be asked */
  static async raise(context: Context): Promise<SubmitFence> {
    const { heartbeatTimeoutMs = Number.POSITIVE_INFINITY } = context.info;
    const validUntilMs = performance.now() + heartbeatTimeoutMs * VALID_SHARE_OF_HEARTBEAT;
    await confirmedHeartbeat(context);
    return new SubmitFence(context, validUntilMs);
  }

  /** Why nothing may be sent now; undefined when it may. */
  objection(): string | undefined {
    if (this.context.cancellationSignal.aborted) return 'the submit was canceled before the POST';
    return performance.now() > this.validUntilMs ? 'the worker stood still before the POST' : undefined;
  }
}
