import { spawn } from 'node:child_process';

/** How a short-lived process ended, and what it said on the way. */
export type ProcessOutcome =
  | { kind: 'exited'; exitCode: number | null; stdout: string; stderr: string }
  | { kind: 'notStarted'; code: string; message: string }
  | { kind: 'timedOut'; timeoutMs: number; stdout: string; stderr: string };

export interface RunOptions {
  /** The process is killed when it takes longer. */
  timeoutMs: number;
  env: NodeJS.ProcessEnv;
  /** Python imports modules from the folder that it runs in. */
  cwd?: string;
}

/** The seam through which this folder runs short-lived processes; tests put their own in its place. */
export type RunProcess = (command: string, args: readonly string[], options: RunOptions) => Promise<ProcessOutcome>;

/** Runs a process to its end within a time limit. Never rejects: what went wrong is part of the outcome. */
export const runProcess: RunProcess = (command, args, { timeoutMs, env, cwd }) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      // A grandchild may hold the pipes open: let go of them, so that the limit is a limit.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ kind: 'timedOut', timeoutMs, stdout, stderr });
    }, timeoutMs);
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(limit);
      resolve({ kind: 'notStarted', code: error.code ?? 'UNKNOWN', message: error.message });
    });
    child.once('close', (exitCode) => {
      clearTimeout(limit);
      resolve({ kind: 'exited', exitCode, stdout, stderr });
    });
  });

/** What an unsuccessful process said, in at most `lines` lines: those it marks as errors or warnings, where there are any. */
export function whatItSaid(outcome: ProcessOutcome, lines = 3): string {
  if (outcome.kind === 'notStarted') return outcome.code === 'ENOENT' ? 'not found' : outcome.message;
  const said = `${outcome.stdout}\n${outcome.stderr}`.split('\n').filter((line) => line.trim() !== '');
  // pip gives the cause, a host that it cannot reach, in a warning, and an error that hides it.
  const marked = said.filter((line) => /^\s*(error|warning)\b/i.test(line));
  const tail = (marked.length > 0 ? marked : said)
    .slice(-lines)
    .map((line) => line.trim().slice(0, 300))
    .join(' | ');
  const end =
    outcome.kind === 'timedOut'
      ? `stopped after ${outcome.timeoutMs / 1000} s without an end`
      : `exit code ${outcome.exitCode ?? 'none (killed)'}`;
  return tail === '' ? end : `${end}: ${tail}`;
}
