import { IllegalStateError } from '@temporalio/common';
import type { Worker } from '@temporalio/worker';

/**
 * Lets a worker throw why it has failed. When a poll fails while another is under way, as when the server begins to refuse
 * it, the SDK's last step finds its native part "still in use", and throws that in place of the cause.
 */
export function keepFailure(worker: Worker): void {
  const { nativeWorker } = worker as unknown as { nativeWorker: { finalizeShutdown(): Promise<void> } };
  const finalizeShutdown = nativeWorker.finalizeShutdown.bind(nativeWorker);
  nativeWorker.finalizeShutdown = async () => {
    try {
      await finalizeShutdown();
    } catch (error) {
      if (worker.getState() !== 'FAILED' || !(error instanceof IllegalStateError)) throw error;
    }
  };
}
