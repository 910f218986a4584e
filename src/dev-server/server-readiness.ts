import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';

const BETWEEN_ATTEMPTS_MS = 25;
const ATTEMPT_LIMIT_MS = 2_000;

/**
 * Resolves when the gRPC service answers for the namespace. Rejects only when the signal aborts.
 * @param address `host:port`
 */
export async function untilNamespaceAnswers(address: string, namespace: string, signal: AbortSignal): Promise<void> {
  // A gRPC channel that was refused once backs off for a second, longer than the whole start: first the bare port.
  await until(() => acceptsConnections(address), signal);
  await until(async () => {
    // It is on this machine: no proxy of the environment is asked for it.
    const channelArgs = { 'grpc.enable_http_proxy': 0 };
    const connection = await Connection.connect({ address, connectTimeout: ATTEMPT_LIMIT_MS, channelArgs });
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

function acceptsConnections(address: string): Promise<void> {
  const { hostname, port } = new URL(`tcp://${address}`);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });
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
