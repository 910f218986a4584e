import type { Context } from '@temporalio/activity';

/** Longest wait for Temporal's answer to one call. */
export const ASK_LIMIT_MS = 5_000;

/**
 * A heartbeat that Temporal has answered. The Worker's own heartbeats are sent some time later, and nobody learns whether they
 * arrived.
 *
 * @throws ActivityNotFoundError when the attempt was given up; other errors of `@temporalio/client` when Temporal asks the
 *   activity to stop, or does not answer
 */
export async function confirmedHeartbeat({ client, info }: Context, details?: unknown): Promise<void> {
  const { namespace, workflowExecution, activityId, taskToken } = info;
  const workflowId = workflowExecution?.workflowId;
  await client.withDeadline(Date.now() + ASK_LIMIT_MS, () =>
    // The context is what the Worker itself encodes heartbeats of this activity with.
    client.activity.heartbeat(taskToken, details, {
      serializationContext: { type: 'activity', namespace, workflowId, activityId, isLocal: false },
    }),
  );
}
