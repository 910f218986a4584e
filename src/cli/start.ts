import type { Client } from '@temporalio/client';
import {
  attachExport,
  ExportError,
  type ExportReport,
  exportResult,
  followExport,
  readExport,
  type StartedExport,
  startExport,
} from '../client';
import { type AttachExportInput, durationText, type ExportImageInput, type ExportImageResult } from '../contract';
import { print, printJson, printToStderr } from '../terminal/output';
import { durationOf, isDurationOption } from './durations';
import { showToEnd } from './following';
import { type OutputOptions, resultLines } from './output';
import { progressDisplay } from './progress-display';

export interface AttachFlags extends StartFlags {
  job: string;
}

export interface StartFlags extends OutputOptions {
  image: string;
  to: string;
  format?: string;
  quick?: boolean;
  account?: string;
  wait?: boolean;
  option?: string[];
  taskQueue: string;
}

/** A start can wait for hours, for a busy image say. */
const onWaiting = (why: string): void => printToStderr(`waiting: ${why}`);

/** `ims-export start`. */
export async function start(client: Client, flags: StartFlags): Promise<void> {
  await reportStart(client, flags, startExport(client, inputOf(flags), { taskQueue: flags.taskQueue, onWaiting }));
}

/** `ims-export attach`. */
export async function attach(client: Client, flags: AttachFlags): Promise<void> {
  const input = { ...inputOf(flags), attach: { jobId: flags.job } } as AttachExportInput;
  await reportStart(client, flags, attachExport(client, input, { taskQueue: flags.taskQueue, onWaiting }));
}

async function reportStart(client: Client, flags: StartFlags, starting: Promise<StartedExport>): Promise<void> {
  const started = await starting;
  if (!flags.json) {
    const { status } = await readExport(client, started.workflowId);
    const earlier = started.how === 'alreadySucceeded' ? earlierLines(await started.result()) : [];
    const warnings = (status?.warnings ?? []).map((warning) => `  warning  ${warning}`);
    print(...startedLines(started), ...earlier, ...limitLines(status), ...warnings);
  }
  if (flags.wait) return await waitForEnd(client, started.workflowId, flags, started.runId);
  if (flags.json)
    printJson({ workflowId: started.workflowId, jobId: started.jobId, how: started.how, notes: started.notes });
}

/** `ims-export watch`, and `start --wait`: progress until the end, then the result. */
export async function waitForEnd(
  client: Client,
  workflowId: string,
  { json }: OutputOptions,
  runId?: string,
): Promise<void> {
  const display = progressDisplay(json ? 'stderr' : 'stdout');
  await showToEnd({ what: 'export', workflowId }, display, (onOutage) =>
    followExport(client, workflowId, undefined, onOutage),
  );
  const result = await exportResult(client, workflowId, runId);
  if (json) printJson(result);
  else print(...resultLines(result));
}

/** The input as the flags mean it. Checking it is the schema's business, whose messages name the field. */
export function inputOf({ image, to, format, quick, account, option }: StartFlags): ExportImageInput {
  const input = {
    imageId: image,
    bucketUrl: to,
    fileFormat: format,
    isQuickExport: quick,
    account,
    options: optionsOf(option),
  };
  return withoutUndefined(input) as unknown as ExportImageInput;
}

/** `deadline=12h`, `rules.bucketReadable=off`: a path into the options, and a JSON value or plain text. */
function optionsOf(settings: string[] = []): object | undefined {
  if (settings.length === 0) return undefined;
  const options: { [key: string]: unknown } = {};
  for (const setting of settings) {
    const [path, value] = splitSetting(setting);
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let target = options;
    for (const key of keys) {
      const inner = Object.hasOwn(target, key) ? target[key] : undefined;
      const next = typeof inner === 'object' && inner !== null ? (inner as { [key: string]: unknown }) : {};
      Object.defineProperty(target, key, { value: next, enumerable: true, writable: true, configurable: true });
      target = next;
    }
    Object.defineProperty(target, last, { value, enumerable: true, writable: true, configurable: true });
  }
  return options;
}

function splitSetting(setting: string): [path: string, value: unknown] {
  const equals = setting.indexOf('=');
  if (equals < 1) {
    throw new ExportError(
      'InvalidExportRequest',
      `--option is '${setting}'; expected path=value, such as deadline=12h`,
    );
  }
  const path = setting.slice(0, equals);
  const text = setting.slice(equals + 1);
  const value = jsonOrText(text);
  // A number is milliseconds in JSON, and nobody types those.
  if (isDurationOption(path)) return [path, durationOf(`--option ${path}`, path, String(value))];
  return [path, value];
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function withoutUndefined(object: { [key: string]: unknown }): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Every limit that can end the export or warns, so that none surprises: each is an option. */
function limitLines(status: ExportReport['status']): string[] {
  if (status?.options == null || status.outcome !== null) return [];
  const { options, deadlineAt } = status;
  return [
    `  deadline ${deadlineAt} (deadline ${durationText(options.deadlineMs)} after the start)`,
    `  polls    every ${durationText(options.minIntervalMs)} to ${durationText(options.maxIntervalMs)} (minInterval, maxInterval)`,
    `  budgets  pollErrorBudget ${durationText(options.pollErrorBudgetMs)}, unknownStatusBudget ${durationText(options.unknownStatusBudgetMs)}, jobNotFoundGrace ${durationText(options.jobNotFoundGraceMs)}, submitBudget ${durationText(options.submitBudgetMs)}, maxProbes ${options.maxProbes}; warns after stallAfter ${durationText(options.stallAfterMs)}`,
  ];
}

function startedLines({ workflowId, jobId, how, notes }: StartedExport): string[] {
  const verb = { started: 'Started', joined: 'Joined the running', alreadySucceeded: 'Found the finished' }[how];
  return [
    `${verb} export ${workflowId}`,
    `  job      ${jobId ?? 'never seen'}`,
    ...notes.map((note) => `  note     ${note}`),
  ];
}

/** An earlier success is one as of its date; whether its object is there was looked at now. */
function earlierLines({ finishedAt, verification }: ExportImageResult): string[] {
  const isThere = verification.state === 'verified' ? 'Its object is there, unchanged.' : verification.reason;
  return [
    `  note     it had succeeded before, as of ${finishedAt}: nothing was submitted now. Another object key exports again`,
    `  object   ${isThere}`,
  ];
}
