/**
 * On which task queues an export's activities run: a worker's limits are per queue, so a queue is what limits the calls.
 *
 * @module
 */
import { TASK_QUEUE_NAME } from '../contract';

/** The queue of all activities but the submit; undefined is the workflow's own. @param asked a request, or an input that can be anything */
export function activityTaskQueue(asked: unknown): string | undefined {
  return taskQueueIn(asked, 'activityTaskQueue');
}

/** The queue of the submit. */
export function submitTaskQueue(asked: unknown): string | undefined {
  return taskQueueIn(asked, 'submitTaskQueue') ?? activityTaskQueue(asked);
}

/**
 * The validation runs before there is a request, so for it the input is read, which can be anything. A name that the server
 * might refuse would fail the workflow task again and again: it is ignored here, and the validation reports what is wrong.
 */
function taskQueueIn(asked: unknown, option: 'activityTaskQueue' | 'submitTaskQueue'): string | undefined {
  const { options } = (asked ?? {}) as { options?: { [name: string]: unknown } | null };
  const name = options?.[option];
  return typeof name === 'string' && TASK_QUEUE_NAME.test(name) ? name : undefined;
}
