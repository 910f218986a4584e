/**
 * A process that connects as a worker does, says to its parent how that went, and ends.
 *
 * @module
 */
import { connectWorker } from '../worker/native-connection';

export interface NativeAttempt {
  /** Null where a worker can work. */
  problem: string | null;
}

// Of its own it would not end: the native core keeps threads after a failure.
process.once('disconnect', () => process.exit());

connectWorker()
  .then(
    ({ connection }) => connection.close().then(() => null),
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
  .then((problem) => process.send?.({ problem } satisfies NativeAttempt));
