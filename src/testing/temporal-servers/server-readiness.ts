import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

const BETWEEN_ATTEMPTS_MS = 50;
const ATTEMPT_LIMIT_MS = 2_000;

/** Resolves when the gRPC service answers for the namespace. Rejects only when the signal aborts. */
export async function untilNamespaceAnswers(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  await until(async () => {
    // A fresh connection each time: a channel that was refused once backs off for a second.
    const connection = await Connection.connect({ address, connectTimeout: ATTEMPT_LIMIT_MS });
    try {
      await connection.withDeadline(Date.now() + ATTEMPT_LIMIT_MS, () =>
        connection.workflowService.describeNamespace({ namespace }),
      );
    } finally {
      await connection.close();
    }
  }, signal);
}

/** Resolves when the Web UI serves its page. Rejects only when the signal aborts. */
export async function untilWebUiAnswers(url: string, signal: AbortSignal): Promise<void> {
  await until(async () => {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(ATTEMPT_LIMIT_MS)]) });
    await response.body?.cancel();
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  }, signal);
}

async function until(attempt: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await attempt();
    } catch {
      await sleep(BETWEEN_ATTEMPTS_MS, undefined, { signal });
    }
  }
}
