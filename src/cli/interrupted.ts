import { once } from 'node:events';

/** Resolves at Ctrl-C, or when the process is asked to end. Listens from the call on: whoever has read a line may end it at once. */
export async function interrupted(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}
