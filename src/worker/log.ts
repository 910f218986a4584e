/**
 * The log of the process that `ims-export worker` is: one line for each message of the exports, of Temporal's SDK and of its
 * core, on stderr.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import pino, { type DestinationStream } from 'pino';
import { EXPORT_IMAGE_WORKFLOW, EXPORT_IMAGES_WORKFLOW } from '../contract';
import { isExportFailure } from '../export/failures';
import { forTerminal } from '../export/quoting';
import { isTerminal } from '../terminal/output';
import type { LogFormat, LogLevel } from './log-options';
import { textLine } from './log-text';

export interface LogOptions {
  /** @default 'info' */
  level?: LogLevel;
  /** `json` is for machines; `text` for a terminal, and the default there. */
  format?: LogFormat;
  /** Where lines go to. @default stderr */
  destination?: DestinationStream;
}

/** A logger for `Runtime.install`, and for the process itself. */
export function processLogger(options: LogOptions = {}): Logger {
  const { level = 'info', format = isTerminal('stderr') ? 'text' : 'json' } = options;
  // Synchronous: the last line before the end of the process is often the one that matters.
  const stderr = options.destination ?? pino.destination({ dest: 2, sync: true });
  const log = pino(
    {
      level,
      base: undefined,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => stderr.write(format === 'json' ? `${forTerminal(line.trimEnd())}\n` : textLine(line)) },
  );
  return new DefaultLogger(upper(level), (entry) => {
    const said = lowered(entry);
    if (!log.isLevelEnabled(said)) return;
    const time = new Date(Number(entry.timestampNanos / 1_000_000n)).toISOString();
    log[said]({ time, ...attributesOf(entry) }, entry.message);
  });
}

type UpperLevel = Uppercase<LogLevel>;

export function upper(level: LogLevel): UpperLevel {
  return level.toUpperCase() as UpperLevel;
}

/** What the workflow's own line, `Export ended` or `Batch ended`, says, Temporal's lines say again with a stack. */
function lowered({ level, message, meta }: LogEntry): LogLevel {
  const isLoggedElsewhere =
    (message === ACTIVITY_FAILED && isExportFailure(meta?.error)) ||
    (message === WORKFLOW_FAILED &&
      (meta?.workflowType === EXPORT_IMAGE_WORKFLOW || meta?.workflowType === EXPORT_IMAGES_WORKFLOW));
  return isLoggedElsewhere ? 'debug' : (level.toLowerCase() as LogLevel);
}

const ACTIVITY_FAILED = 'Activity failed';
/** On purpose: what a workflow did not mean to throw fails its task instead. */
const WORKFLOW_FAILED = 'Workflow failed';

/** Names as everywhere in these logs, and nothing that a reader cannot use. */
function attributesOf({ message, meta = {} }: LogEntry): { [name: string]: unknown } {
  const { taskToken, workflowRunId, error, ...attributes } = meta;
  if (workflowRunId !== undefined) attributes.runId = workflowRunId;
  if (error !== undefined) attributes.error = message === WORKFLOW_FAILED ? wordsOf(error) : errorOf(error);
  return attributes;
}

/** Of a failure of ours only type and message: it was thrown on purpose, so its stack says nothing. */
function errorOf(error: unknown): unknown {
  if (!(error instanceof Error) || isExportFailure(error)) return wordsOf(error);
  const { stack, cause } = error;
  return { ...wordsOf(error), stack, cause: cause === undefined ? undefined : errorOf(cause) };
}

function wordsOf(error: unknown): { type?: string; message: string } {
  if (!(error instanceof Error)) return { message: String(error) };
  const type = error instanceof ApplicationFailure ? (error.type ?? error.name) : error.name;
  return { type, message: error.message };
}
