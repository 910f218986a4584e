import type { ChildProcess } from 'node:child_process';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const children = new Set<ChildProcess>();

/**
 * Kills a child of another process group when this process ends: at its normal exit, and when a signal that no code
 * listens to would end it. Where the program listens to the signal itself (a worker that shuts down, the CLI)
 * the child is left in peace until the program has finished.
 * A SIGKILL of this process cannot be seen by it: the child then stays.
 */
export function endWithParent(child: ChildProcess): void {
  if (children.size === 0) {
    process.on('exit', killAll);
    for (const signal of SIGNALS) process.on(signal, onSignal);
  }
  children.add(child);
  child.once('exit', () => forget(child));
  child.once('error', () => {
    if (child.pid === undefined) forget(child);
  });
}

/** How many listen to a signal, without the one that kills children: it leaves the signal to the others. */
export function countListeners(signal: NodeJS.Signals): number {
  return process.listenerCount(signal) - process.listenerCount(signal, onSignal);
}

function forget(child: ChildProcess): void {
  if (children.delete(child) && children.size === 0) letGo();
}

function onSignal(signal: NodeJS.Signals): void {
  if (countListeners(signal) > 0) return;
  killAll();
  letGo();
  // Without a listener the signal has its usual effect on this process.
  process.kill(process.pid, signal);
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

function letGo(): void {
  process.off('exit', killAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}
