/**
 * Calls to Temporal with a bound: a server that is frozen or away never makes a caller hang.
 *
 * @module
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { isUnreachable, OUTAGE_PATIENCE_MS } from './errors';

/** A server that is there answers a short call at once. */
const SHORT_CALL_MS = 8_000;

/** Makes calls that a server answers at once, or fails within seconds. */
export function shortCall<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + SHORT_CALL_MS, call);
}

/** Repeats a wait while the Temporal server is away, for up to ten minutes. */
export async function throughOutages<T>(wait: () => Promise<T>): Promise<T> {
  let awaySinceMs: number | null = null;
  for (;;) {
    const begunAtMs = Date.now();
    try {
      return await wait();
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      // A wait that held for a while before it broke was answered: the outage begins now.
      if (awaySinceMs === null || Date.now() - begunAtMs > 60_000) awaySinceMs = Date.now();
      if (Date.now() - awaySinceMs > OUTAGE_PATIENCE_MS) throw error;
      await sleep(1_000);
    }
  }
}
