import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { findTemporalCli } from '../dev-server';
import { clientEnvironment } from '../dev-server/child-environment';
import { printToStderr } from '../terminal/output';
import { ifInterrupted } from './interrupted';

/**
 * `ims-export temporal …`: Temporal's own CLI, found or installed into the cache as for the demo. It gets the terminal and the
 * variables that say where Temporal is, not those of the cloud; its exit code is that of this command.
 */
export async function temporal(args: readonly string[]): Promise<void> {
  ifInterrupted('A download that was not finished may stay in the cache until a later one removes it.');
  const { path } = await findTemporalCli({ onProgress: (step) => printToStderr(step) });
  const child = spawn(path, args, { env: clientEnvironment(process.env), stdio: 'inherit' });
  // A terminal sends Ctrl-C to both: this process waits for the end of the other one.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  process.exitCode = exitCode ?? SIGNAL_CODES[signal ?? 'SIGKILL'] ?? 1;
}

/** As a shell reports a command that a signal has ended. */
const SIGNAL_CODES: { [signal in NodeJS.Signals]?: number } = { SIGINT: 130, SIGKILL: 137, SIGTERM: 143 };
