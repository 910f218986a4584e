import { once } from 'node:events';
import { countListeners } from '../dev-server/end-with-parent';
import { printToStderr } from '../terminal/output';
import { EXIT } from './exit-codes';

/** Resolves at Ctrl-C, or when the process is asked to end. Listens from the call on: whoever has read a line may end it at once. */
export async function interrupted(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

let remains = 'Interrupted.';

/** What Ctrl-C leaves behind from now on, and how to return to it; of a command that only reads, that it is nothing. */
export function ifInterrupted(text: string): void {
  remains = `Interrupted. ${text}`;
}

/** At Ctrl-C the command says what it leaves behind and ends, unless it does something else then, such as an orderly end. */
export function endAtInterrupt(): void {
  process.on('SIGINT', () => {
    if (countListeners('SIGINT') > 1) return;
    printToStderr(remains);
    process.exit(EXIT.interrupted);
  });
}
