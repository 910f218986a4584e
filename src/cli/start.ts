import type { Client } from '@temporalio/client';
import {
  attachExport,
  ExportError,
  exportResult,
  followExport,
  readExport,
  type StartedExport,
  startExport,
} from '../client';
import { type DryRun, dryRunExport } from '../client/dry-run';
import {
  type AttachExportInput,
  type ExportImageInput,
  type ExportImageResult,
  exportBatchWorkflowId,
  exportWorkflowId,
} from '../contract';
import { command, workflowCommand } from '../export/quoting';
import { print, printJson } from '../terminal/output';
import { durationOf, isDurationOption } from './durations';
import { onWaiting, showToEnd } from './following';
import { ifInterrupted } from './interrupted';
import { type OutputOptions, resultLines } from './output';
import { progressDisplay } from './progress-display';
import { webUiLines } from './web-ui';

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
  dryRun?: boolean;
}

/** `ims-export start`. */
export async function start(client: Client, flags: StartFlags): Promise<void> {
  const input = inputOf(flags);
  if (flags.dryRun) return await dryRun(client, flags, input);
  const workflowId = interruptible(flags);
  const starting = startExport(client, input, { taskQueue: flags.taskQueue, onWaiting });
  await reportStart(client, flags, await starting, workflowId);
}

/** `ims-export attach`. */
export async function attach(client: Client, flags: AttachFlags): Promise<void> {
  const input = { ...inputOf(flags), attach: { jobId: flags.job } } as AttachExportInput;
  const workflowId = interruptible(flags);
  const attaching = attachExport(client, input, { taskQueue: flags.taskQueue, onWaiting });
  await reportStart(client, flags, await attaching, workflowId);
}

/** Says what Ctrl-C leaves behind while an export is started. */
function interruptible({ to }: StartFlags): string {
  const workflowId = exportWorkflowId(to);
  ifInterrupted(
    `If the export was started, it continues: \`${workflowCommand('watch', workflowId)}\` follows it, \`${workflowCommand('cancel', workflowId)}\` cancels it.`,
  );
  return workflowId;
}

async function reportStart(
  client: Client,
  flags: StartFlags & { job?: string },
  started: StartedExport,
  workflowId: string,
): Promise<void> {
  if (!flags.json) {
    print(...startedLines(started, flags.job));
    const hasEnded = started.how === 'alreadySucceeded';
    const earlier = hasEnded ? await started.result().then(earlierLines, () => []) : [];
    const warnings = (await warningsOf(client, started)).map((warning) => `  warning  ${warning}`);
    const ui = await webUiLines(client, started);
    const next = flags.wait || hasEnded ? [] : [`  next     \`${workflowCommand('watch', workflowId)}\``];
    print(...earlier, ...warnings, ...ui, ...next);
  }
  if (flags.wait) return await waitForEnd(client, started.workflowId, flags, started.runId);
  if (!flags.json) return;
  const { jobId, how, notes } = started;
  printJson({ workflowId: started.workflowId, jobId, how, notes, warnings: await warningsOf(client, started) });
}

/** None where they cannot be read for a moment: the export was started. */
async function warningsOf(client: Client, { workflowId }: StartedExport): Promise<readonly string[]> {
  const report = await readExport(client, workflowId).catch(() => null);
  return report?.status?.warnings ?? [];
}

/** `ims-export start --dry-run`. */
async function dryRun(client: Client, flags: StartFlags, input: ExportImageInput): Promise<void> {
  const batchId = exportBatchWorkflowId(`dry-run:${flags.to}`);
  ifInterrupted(`A dry run submits nothing, and ends by itself: \`${workflowCommand('status', batchId)}\` shows it.`);
  const found = await dryRunExport(client, input, { taskQueue: flags.taskQueue, onWaiting });
  if (flags.json) printJson({ dryRun: true, imageId: flags.image, bucketUrl: flags.to, ...found });
  else print(...dryRunLines(flags, found));
}

function dryRunLines(flags: StartFlags, { workflowId, would, warnings }: DryRun): string[] {
  const { image, to, format, quick, account } = flags;
  const verdict = {
    submit: 'no problem found: a start submits one job',
    join: 'the same export is already running: a start joins it, and submits nothing',
    alreadyExported: 'an earlier export wrote this object: a start returns its result, and submits nothing',
  }[would];
  const words = [
    ...['--image', image, '--to', to],
    ...(quick ? ['--quick'] : ['--format', format ?? '']),
    ...(account === undefined ? [] : ['--account', account]),
    ...(flags.option ?? []).flatMap((setting) => ['--option', setting]),
  ];
  return [
    'Dry run: nothing was submitted',
    `  image    ${image}`,
    `  to       ${to}`,
    `  format   ${quick ? 'zvhd2 (quick export)' : format}`,
    '  checked  the request, the image, the bucket and the destination, by the worker',
    `  verdict  ${verdict}`,
    ...warnings.map((warning) => `  warning  ${warning}`),
    would === 'join'
      ? `  next     \`${workflowCommand('watch', workflowId)}\``
      : `  next     \`${command('ims-export', 'start', ...words)}\``,
  ];
}

/** `ims-export watch`, and `start --wait`: progress until the end, then the result. */
export async function waitForEnd(
  client: Client,
  workflowId: string,
  { json }: OutputOptions,
  runId?: string,
): Promise<void> {
  const display = progressDisplay(json ? 'stderr' : 'stdout');
  const followed = await showToEnd({ what: 'export', workflowId }, display, (onOutage) =>
    followExport(client, workflowId, undefined, onOutage, runId),
  );
  const result = await exportResult(client, workflowId, followed);
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

function startedLines({ workflowId, jobId, how, notes }: StartedExport, attached?: string): string[] {
  const verb = { started: 'Started', joined: 'Joined the running', alreadySucceeded: 'Found the finished' }[how];
  return [
    attached === undefined || how === 'alreadySucceeded'
      ? `${verb} export ${workflowId}`
      : `Tracking job ${attached} as export ${workflowId}`,
    `  job      ${jobId ?? 'never seen'}`,
    ...notes.map((note) => `  note     ${note}`),
  ];
}

/** An earlier success is one as of its date; whether its object is there was looked at now. */
function earlierLines({ finishedAt, verification }: ExportImageResult): string[] {
  const isThere = verification.state === 'verified' ? 'Its object is there, unchanged.' : verification.reason;
  return [
    `  note     it succeeded before, as of ${finishedAt}: nothing was submitted now. Use another object key to export again`,
    `  object   ${isThere}`,
  ];
}
