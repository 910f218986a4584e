/**
 * The log of the process that `ims-export worker` is: one line for each message of the exports, of Temporal's SDK and of its
 * core, on stderr.
 *
 * @module
 */
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry, type Logger } from '@temporalio/worker';
import pino, { type DestinationStream } from 'pino';
import { FAILURE_TYPES } from '../contract';
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
  const { level = 'info', format = process.stderr.isTTY ? 'text' : 'json' } = options;
  // Synchronous: the last line before the end of the process is often the one that matters.
  const stderr = options.destination ?? pino.destination({ dest: 2, sync: true });
  const log = pino(
    {
      level,
      base: undefined,
      timestamp: false,
      formatters: { level: (label) => ({ level: label }) },
    },
    format === 'json' ? stderr : { write: (line) => stderr.write(textLine(line)) },
  );
  return new DefaultLogger(upper(level), (entry) => {
    const said = lowered(entry);
    if (!log.isLevelEnabled(said)) return;
    const time = new Date(Number(entry.timestampNanos / 1_000_000n)).toISOString();
    log[said]({ time, ...attributesOf(entry.meta) }, entry.message);
  });
}

type UpperLevel = Uppercase<LogLevel>;

export function upper(level: LogLevel): UpperLevel {
  return level.toUpperCase() as UpperLevel;
}

/** What the workflow's own line `Export ended` tells, with image and destination, Temporal's lines tell again with a stack. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['Activity failed', 'Workflow failed']);

function lowered({ level, message, meta }: LogEntry): LogLevel {
  if (TOLD_ELSEWHERE.has(message) && isExportFailure(meta?.error)) return 'debug';
  return level.toLowerCase() as LogLevel;
}

/** Names as everywhere in these logs, and nothing that a reader cannot use. */
function attributesOf(meta: { [name: string]: unknown } = {}): { [name: string]: unknown } {
  const { taskToken, workflowRunId, error, ...attributes } = meta;
  if (workflowRunId !== undefined) attributes.runId = workflowRunId;
  if (error !== undefined) attributes.error = errorOf(error);
  return attributes;
}

/** Of a failure that is one of ours, the words alone: it was thrown on purpose, so that its stack tells nothing. */
function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const type = error instanceof ApplicationFailure ? (error.type ?? error.name) : error.name;
  const told = { type, message: error.message };
  if (isExportFailure(error)) return told;
  return { ...told, stack: error.stack, cause: error.cause === undefined ? undefined : errorOf(error.cause) };
}

function isExportFailure(error: unknown): boolean {
  return error instanceof ApplicationFailure && (FAILURE_TYPES as readonly string[]).includes(error.type ?? '');
}
