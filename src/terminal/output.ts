/**
 * All that this package prints goes through here, so that no terminal obeys words of others, such as a workflow id, and none of
 * them makes a line of its own. A test forbids every other way.
 *
 * @module
 */
import { forTerminal } from '../export/quoting';

export type OutputStream = 'stdout' | 'stderr';

/** Prints results. */
export function print(...lines: string[]): void {
  printTo('stdout', ...lines);
}

/** Prints errors, and what goes on meanwhile. */
export function printToStderr(...lines: string[]): void {
  printTo('stderr', ...lines);
}

export function printTo(stream: OutputStream, ...lines: string[]): void {
  write(stream, lines.map(withOffers));
}

function write(stream: OutputStream, lines: readonly string[]): void {
  const log = stream === 'stdout' ? console.log : console.error;
  for (const line of lines) log(forTerminal(line));
}

let offer = (command: string): string => command;

/** Puts each command between backticks through this from now on. JSON is printed as it is. */
export function offerThrough(change: (command: string) => string): void {
  offer = change;
}

/** A line with its commands as they are offered. */
export function withOffers(line: string): string {
  return line.replace(/(?<=`)ims-export [^`]+(?=`)/g, (command) => offer(command));
}

/** The stack of an error, indented: the words in it may begin as a line of ours does. */
export function stackLines(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return stack.split('\n').map((line) => `  ${line}`);
}

/** Prints one JSON document, indented unless it is to be one line. */
export function printJson(document: unknown, indent = 2): void {
  // JSON escapes line breaks in texts: these are its own.
  write('stdout', JSON.stringify(document, null, indent).split('\n'));
}

/** True where a person reads or types. */
export function isTerminal(stream: OutputStream | 'stdin'): boolean {
  return process[stream].isTTY === true;
}

/** Columns of the terminal; 80 where it does not say. */
export function widthOf(stream: OutputStream): number {
  return process[stream].columns || 80;
}

/** A reader that closes the pipe early, as in `ims-export list | head`, ends this process. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

/** Resolves once everything is printed. */
export function flushed(): Promise<void> {
  return new Promise((done) => process.stdout.write('', () => done()));
}
