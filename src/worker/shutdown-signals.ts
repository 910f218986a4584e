/**
 * What the signals to end do to a worker's process.
 *
 * The first begins Temporal's own shutdown: no further tasks, and activities under way end first, a submit among them. One
 * more ends the process at once; a submit under way then loses its answer, which the export finds
 * out about as after any lost worker.
 *
 * @module
 */
import type { Logger } from '@temporalio/common';
import type { Worker } from '@temporalio/worker';

const SIGNALS = { SIGINT: 2, SIGTERM: 15 } as const;

/** A terminal and npm both pass Ctrl-C on, so that one Ctrl-C may arrive twice. */
const ONE_PRESS_MS = 2_000;

/**
 * Listens for SIGINT and SIGTERM, beside Temporal.
 *
 * @param worker undefined until there is one: then nothing is under way, and the first signal ends the process
 */
export function onShutdownSignals(worker: () => Worker | undefined, logger: Logger): { close(): void } {
  let firstAtMs: number | null = null;
  const onSignal = (signal: keyof typeof SIGNALS) => {
    const running = worker();
    if (running === undefined) process.exit(128 + SIGNALS[signal]);
    const { numInFlightActivities: activities } = running.getStatus();
    if (firstAtMs === null) {
      firstAtMs = performance.now();
      logger.info(`${signal}: the worker takes no more tasks and finishes its running activities`, { activities });
    } else if (performance.now() - firstAtMs > ONE_PRESS_MS) {
      logger.warn(`${signal} again: the process ends now; running activities are lost`, { activities });
      // Temporal's Runtime collects lines for a moment, to put them into their order.
      (logger as Logger & { flush?(): void }).flush?.();
      process.exit(128 + SIGNALS[signal]);
    }
  };
  for (const signal of Object.keys(SIGNALS)) process.on(signal, onSignal);
  return {
    close() {
      for (const signal of Object.keys(SIGNALS)) process.off(signal, onSignal);
    },
  };
}
