/**
 * Following an export or a batch to its end, with a display.
 *
 * @module
 */
import { workflowCommand } from '../export/quoting';
import { printToStderr } from '../terminal/output';
import { EXIT } from './exit-codes';

/** Shows reports as they come. */
export interface Display<Report> {
  show(report: Report): void;
  /** Temporal does not answer for now. */
  showOutage(): void;
  end(): void;
}

export const OUTAGE = 'Temporal does not answer; asking again';

/**
 * A line for each change.
 *
 * @param lineOf null where there is nothing to show
 */
export function lineDisplay<Report>(
  print: (line: string) => void,
  lineOf: (report: Report) => string | null,
): Display<Report> {
  let last: string | null = null;
  const write = (line: string | null) => {
    if (line !== null && line !== last) print(line);
    last = line;
  };
  return { show: (report) => write(lineOf(report)), showOutage: () => write(`- ${OUTAGE}`), end: () => {} };
}

/** A start can wait for hours, for a busy image say. */
export const onWaiting = (why: string): void => printToStderr(`waiting: ${why}`);

/**
 * Shows every report until there are no more. Ctrl-C ends the watching only, and says so.
 *
 * @returns the run that was followed
 */
export async function showToEnd<Report extends { runId: string; closedAt: string | null }>(
  { what, workflowId }: { what: 'export' | 'batch'; workflowId: string },
  display: Display<Report>,
  follow: (onOutage: () => void) => AsyncIterable<Report>,
): Promise<string | undefined> {
  let last: Report | undefined;
  const leave = () => {
    display.end();
    const watch = `\`${workflowCommand('watch', workflowId)}\``;
    const isRunning = last !== undefined && last.closedAt === null;
    printToStderr(
      isRunning ? `The ${what} is still running; ${watch} shows it again.` : `To see the ${what} again: ${watch}.`,
    );
    process.exit(EXIT.interrupted);
  };
  process.once('SIGINT', leave);
  try {
    for await (const report of follow(() => display.showOutage())) {
      last = report;
      display.show(report);
    }
    return last?.runId;
  } finally {
    process.off('SIGINT', leave);
    display.end();
  }
}
