import { setTimeout as sleep } from 'node:timers/promises';
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
import { type AttachExportInput, type ExportImageInput, exportWorkflowId, durationText as told } from '../contract';
import { type OutputOptions, printJson, resultLines } from './output';
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
  option: string[];
  taskQueue: string;
}

/** A healthy start is over sooner. */
const SILENCE_MS = 5_000;

/** `ims-export start`. */
export async function start(client: Client, flags: StartFlags): Promise<void> {
  await tellOf(client, flags, startExport(client, inputOf(flags), { taskQueue: flags.taskQueue }));
}

/** `ims-export attach`. */
export async function attach(client: Client, flags: AttachFlags): Promise<void> {
  const input = { ...inputOf(flags), attach: { jobId: flags.job } } as AttachExportInput;
  await tellOf(client, flags, attachExport(client, input, { taskQueue: flags.taskQueue }));
}

async function tellOf(client: Client, flags: StartFlags, starting: Promise<StartedExport>): Promise<void> {
  const started = await tellingWhyItWaits(client, exportWorkflowId(flags.to), starting);
  if (!flags.json) {
    const { status } = await readExport(client, started.workflowId);
    for (const line of [...startedLines(started), ...limitLines(status)]) console.log(line);
  }
  if (flags.wait) return await waitForEnd(client, started.workflowId, flags, started.runId ?? undefined);
  if (flags.json)
    printJson({ workflowId: started.workflowId, jobId: started.jobId, how: started.how, notes: started.notes });
}

/** `ims-export watch`, and `start --wait`: progress until the end, then the result. Ctrl-C ends the watching only. */
export async function waitForEnd(
  client: Client,
  workflowId: string,
  { json }: OutputOptions,
  runId?: string,
): Promise<void> {
  const display = progressDisplay(json ? process.stderr : process.stdout);
  const leave = () => {
    display.end();
    console.error(`The export goes on; \`ims-export watch ${workflowId}\` shows it again.`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', leave);
  try {
    const reports = followExport(client, workflowId, undefined, () => display.showOutage());
    for await (const report of reports) display.show(report);
  } finally {
    process.off('SIGINT', leave);
    display.end();
  }
  const result = await exportResult(client, workflowId, runId);
  if (json) printJson(result);
  else for (const line of resultLines(result)) console.log(line);
}

/** As a shell reports a command that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** A start can wait for hours, for a busy image say. Tells on stderr what for, and again when that changes. */
async function tellingWhyItWaits<T>(client: Client, workflowId: string, starting: Promise<T>): Promise<T> {
  const over = new AbortController();
  void tellUntil(over.signal, () => readExport(client, workflowId));
  try {
    return await starting;
  } finally {
    over.abort();
  }
}

async function tellUntil(over: AbortSignal, read: () => Promise<ExportReport>): Promise<void> {
  let told = '';
  while (await sleep(SILENCE_MS, true, { signal: over }).catch(() => false)) {
    const text = await read().then(whyItWaits, whyNothingIsKnown);
    if (text !== told && text !== '' && !over.aborted) console.error(`waiting: ${text}`);
    told = text;
  }
}

function whyItWaits({ workflowId, workflowStatus, status, retrying }: ExportReport): string {
  if (workflowStatus !== 'RUNNING') return '';
  const giveUp = `(\`ims-export cancel ${workflowId}\` gives it up)`;
  // Without the number of the attempt, so that one reason is told once.
  if (retrying !== null) return `${retrying.activity} is tried again: ${retrying.failure} ${giveUp}`;
  if (status === null) return `no worker answers ${giveUp}`;
  if (status.phase === 'waitingToSubmit') return `nothing is submitted yet: ${status.lastError} ${giveUp}`;
  if (status.phase === 'needsAnswer') {
    return `the answer to the submit was lost, and a person must say what became of it: \`ims-export resolve ${workflowId} --job JOB_ID\` or \`--not-submitted\` ${giveUp}`;
  }
  if (status.phase === 'reconciling') {
    return `the answer to the submit was lost; finding out what became of it, next step at ${status.nextPollAt ?? 'once'} ${giveUp}`;
  }
  return `${status.phase} ${giveUp}`;
}

/** Before the workflow is there, there is nothing to tell. */
function whyNothingIsKnown(error: unknown): string {
  const isOutage = error instanceof ExportError && error.code === 'TemporalUnreachable';
  return isOutage ? 'Temporal does not answer; asking again' : '';
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
function optionsOf(settings: string[]): object | undefined {
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
  const text = setting.slice(equals + 1);
  try {
    return [setting.slice(0, equals), JSON.parse(text)];
  } catch {
    return [setting.slice(0, equals), text];
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
    `  deadline ${deadlineAt} (deadline ${told(options.deadlineMs)} after the start)`,
    `  polls    every ${told(options.minIntervalMs)} to ${told(options.maxIntervalMs)} (minInterval, maxInterval)`,
    `  budgets  pollErrorBudget ${told(options.pollErrorBudgetMs)}, unknownStatusBudget ${told(options.unknownStatusBudgetMs)}, jobNotFoundGrace ${told(options.jobNotFoundGraceMs)}, submitBudget ${told(options.submitBudgetMs)}, maxProbes ${options.maxProbes}; warns after stallAfter ${told(options.stallAfterMs)}`,
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
