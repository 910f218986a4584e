import { readFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import {
  type BatchReport,
  batchResult,
  ExportError,
  followBatch,
  readBatch,
  type ScheduledBatch,
  scheduleBatch,
  startBatch,
} from '../client';
import { awaitWorkers, noWorker } from '../client/workers';
import {
  type BatchCounts,
  type BatchFailedDetails,
  type BatchImage,
  type BatchItemResult,
  type ExportImagesInput,
  type ExportImagesResult,
  exportBatchWorkflowId,
  type FailWhen,
  GOOD_VERDICTS,
} from '../contract';
import { commandOf, RESUME } from '../export/guidance';
import { bytesText, counted } from '../export/quantities';
import { command, workflowCommand } from '../export/quoting';
import { describeCounts } from '../export/summaries';
import { uses } from '../request/key-template';
import { print, printJson } from '../terminal/output';
import { exitCodeOfBatch } from './exit-codes';
import { onWaiting, showToEnd } from './following';
import { ifInterrupted } from './interrupted';
import { NO_WORKER_NOTE, type OutputOptions, retryText, UNREADABLE, workflowLine } from './output';
import { batchProgressDisplay } from './progress-display';
import { columns } from './table';
import { webUiLines } from './web-ui';

export interface BatchFlags extends OutputOptions {
  maxConcurrent?: number;
  dryRun?: boolean;
  failWhen?: FailWhen;
  wait?: boolean;
  name?: string;
  cron?: string;
  taskQueue: string;
}

/** `ims-export batch`. */
export async function batch(client: Client, flags: BatchFlags, file: string): Promise<void> {
  const { taskQueue, name, json } = flags;
  const input = await inputOf(file, flags);
  if (flags.cron !== undefined) return await schedule(client, input, { ...flags, cron: flags.cron });
  ifInterrupted(
    name === undefined
      ? 'If the batch was started, it continues: the same command joins it.'
      : `If the batch was started, it continues: ${watchOf(exportBatchWorkflowId(name))} follows it.`,
  );
  const started = await startBatch(client, input, { taskQueue, name, onWaiting });
  const { workflowId, runId, how } = started;
  if (flags.wait) return await waitForBatch(client, workflowId, flags, runId);
  // It was started: what cannot be read for a moment is left out.
  const report = await readBatch(client, workflowId).catch(() => null);
  const total = report?.status?.total ?? report?.memo.total ?? null;
  if (json) return printJson({ workflowId, runId, how, total });
  print(
    `${how === 'joined' ? 'Joined the running' : 'Started'} batch ${workflowId}`,
    `  images   ${total ?? 'not known yet'}`,
    ...(await webUiLines(client, started)),
    `  next     ${watchOf(workflowId)}`,
  );
}

const watchOf = (workflowId: string): string => `\`${workflowCommand('watch', workflowId)}\``;

/** `ims-export batch --cron`. */
async function schedule(
  client: Client,
  input: ExportImagesInput,
  { cron, name, taskQueue, json }: BatchFlags & { cron: string },
): Promise<void> {
  if (name === undefined) {
    throw new ExportError('InvalidExportRequest', 'A schedule needs a name. Add --name NAME, such as --name nightly.');
  }
  ifInterrupted('The schedule may exist: run the same command again to update it.');
  const scheduled = await scheduleBatch(client, input, { name, cron, taskQueue });
  const warnings = await warningsOf(client, taskQueue);
  if (json) printJson({ ...scheduled, warnings });
  else print(...scheduleLines(scheduled, cron, input), ...warnings.map((warning) => `  warning  ${warning}`));
}

/** Its runs would wait for a worker; a server that does not say whether there is one is no reason to warn. */
async function warningsOf(client: Client, taskQueue: string): Promise<string[]> {
  const workers = await awaitWorkers(client, taskQueue, 'workflows').catch(() => null);
  return workers?.length === 0 ? [`its runs wait for a worker. ${noWorker(client, taskQueue).message}`] : [];
}

/** The lines of a schedule, for people. */
export function scheduleLines(
  { scheduleId, how, nextRunAt, paused }: ScheduledBatch,
  cron: string,
  input: ExportImagesInput,
): string[] {
  const onSchedule = (verb: string, ...flags: string[]) =>
    `\`${command('ims-export', 'temporal', 'schedule', verb, '--schedule-id', scheduleId, ...flags)}\``;
  return [
    `${how === 'created' ? 'Created' : 'Updated'} the schedule ${scheduleId}`,
    `  cron     ${cron}${/^(CRON_)?TZ=/.test(cron) ? '' : ' (UTC)'}`,
    `  next run ${paused ? 'none: the schedule is paused' : (nextRunAt ?? 'none: the cron expression matches no future time')}`,
    ...(paused ? [`  resume   ${onSchedule('toggle', '--unpause')}`] : []),
    ...sameKeysLines(input),
    `  run now  ${onSchedule('trigger')}`,
    `  delete   ${onSchedule('delete')}`,
  ];
}

/** Where keys are the same in every run: what is there is not exported again. */
function sameKeysLines({ images, to }: ExportImagesInput): string[] {
  const own = (images ?? [{}]).map(({ bucketUrl, objectKey }: Partial<BatchImage>) => bucketUrl ?? objectKey ?? null);
  const fixed = own.filter((key) => !isDated(key ?? to ?? ''));
  if (fixed.length === 0) return [];
  const which = fixed.length < own.length ? `${fixed.length} of ${counted(own.length, 'image')} ` : '';
  const where = fixed.every((key) => key === null) ? '"to"' : 'each of these keys';
  return [`  note     every run exports ${which}to the same keys. Put {date} into ${where} to give each run its own`];
}

function isDated(template: string): boolean {
  return uses(template, 'date') || uses(template, 'time');
}

/** `ims-export watch` of a batch, and `batch --wait`: progress, then the verdicts. */
export async function waitForBatch(
  client: Client,
  workflowId: string,
  { json }: OutputOptions,
  runId?: string,
): Promise<void> {
  const display = batchProgressDisplay(json ? 'stderr' : 'stdout');
  const followed = await showToEnd({ what: 'batch', workflowId }, display, (onOutage) =>
    followBatch(client, workflowId, undefined, onOutage, runId),
  );
  const result = await batchResult(client, workflowId, followed).catch((error: unknown) => {
    if (!json) print(...troubleLines(error));
    throw error;
  });
  if (json) printJson(result);
  else print(...verdictLines(result));
  process.exitCode = exitCodeOfBatch(result.counts);
}

/** The lines of a report, for people. */
export function batchLines(report: BatchReport): string[] {
  const { workflowId, closedAt, memo, status } = report;
  const lines = [workflowId, workflowLine(report)];
  if (status !== null) lines.push(`  phase    ${status.phase}${status.dryRun ? ', dry run' : ''}`);
  if (status?.startingPaused && closedAt === null) lines.push(`  resume   \`${commandOf(RESUME, workflowId)}\``);
  const isPlanned = status !== null && status.dryRun !== null;
  lines.push(`  images   ${isPlanned ? status.total : (memo.total ?? 'not planned')}`);
  if (isPlanned) {
    lines.push(`  running  ${status.running} (limit ${status.maxConcurrent}), ${status.pending} waiting`);
  }
  const counts = describeCounts(status?.counts ?? memo.counts ?? {});
  if (counts !== '') lines.push(`  verdicts ${counts}`);
  if (report.retrying !== null) lines.push(`  retrying ${retryText(report.retrying)}`);
  if (status?.failure) lines.push(`  failure  ${status.failure.type}: ${status.failure.message}`);
  if (memo.outcome) lines.push(`  outcome  ${memo.outcome}`);
  for (const trouble of status?.troubles ?? []) lines.push(`  ${trouble.verdict.padEnd(8)} ${troubleText(trouble)}`);
  if (status !== null) lines.push(...moreLines({ ...status.counts, ...WITHOUT_TROUBLE }, status.troubles, '  '));
  if (report.unreadable) lines.push(`  note     ${UNREADABLE}`);
  if (status === null && closedAt === null && !report.statusUnreadable) lines.push(NO_WORKER_NOTE);
  return [...lines, ...(status?.warnings ?? []).map((warning) => `  warning  ${warning}`)];
}

function troubleText({ imageId, bucketUrl, failure }: BatchItemResult): string {
  return `${imageId} → ${bucketUrl ?? 'nowhere'}${failure ? ` ${failure.type}: ${failure.message}` : ''}`;
}

/** A table of the verdicts, those that went well first, and the counts. */
function verdictLines({ items, counts, total, dryRun, warnings }: ExportImagesResult): string[] {
  const table = tableOf(items);
  const summary = `${counted(total, 'image')}${dryRun ? ', dry run' : ''}: ${describeCounts(counts) || 'none'}`;
  const ofItems = items.flatMap((item) =>
    (item.warnings ?? []).map((warning) => `warning: ${item.imageId}: ${warning}`),
  );
  return [...table, summary, ...warnings.map((warning) => `warning: ${warning}`), ...ofItems];
}

/** Why a batch has failed by its verdicts; nothing of any other error. */
function troubleLines(error: unknown): string[] {
  if (!(error instanceof ExportError) || error.code !== 'BatchFailed') return [];
  const { troubles, counts, total } = error.details as BatchFailedDetails;
  const summary = `${counted(total, 'image')}: ${describeCounts(counts)}`;
  return [...tableOf(troubles), ...moreLines(counts, troubles), summary];
}

/** Verdicts of images that are no trouble. */
const WITHOUT_TROUBLE = Object.fromEntries([...GOOD_VERDICTS, 'notStarted'].map((verdict) => [verdict, 0]));

/** That images of these counts are not among those shown. */
function moreLines(counts: BatchCounts, shown: readonly BatchItemResult[], indent = ''): string[] {
  const hidden = { ...counts };
  for (const { verdict } of shown) hidden[verdict] -= 1;
  const number = Object.values(hidden).reduce((sum, count) => sum + count, 0);
  return number > 0 ? [`${indent}… and ${number} more: ${describeCounts(hidden)}`] : [];
}

function tableOf(items: readonly BatchItemResult[]): string[] {
  const rows = items.map(({ verdict, imageId, bucketUrl, jobId, size, failure }) => [
    verdict,
    imageId,
    bucketUrl ?? '-',
    jobId ?? '-',
    size === undefined ? '-' : bytesText(size),
    failure === undefined ? '' : `${failure.type}: ${failure.message}`,
  ]);
  return rows.length === 0 ? [] : columns([['VERDICT', 'IMAGE', 'OBJECT', 'JOB', 'SIZE', ''], ...rows]);
}

/** What the file says, and what the flags say in its place. */
async function inputOf(file: string, { maxConcurrent, dryRun, failWhen }: BatchFlags): Promise<ExportImagesInput> {
  const read = parse(file, await contentOf(file));
  if (typeof read !== 'object' || read === null || Array.isArray(read)) return read as ExportImagesInput;
  return {
    ...read,
    ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
    ...(dryRun ? { dryRun } : {}),
    ...(failWhen === undefined ? {} : { failWhen }),
  };
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ExportError('InvalidExportRequest', `The file ${file} cannot be read: ${(error as Error).message}`);
  }
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const { message } = error as Error;
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? lastLine(text) : lineAt(text, Number(position));
    throw new ExportError('InvalidExportRequest', `The file ${file} is not JSON, line ${line}: ${message}`);
  }
}

function lineAt(text: string, position: number): number {
  return text.slice(0, position).split('\n').length;
}

/** A text that ends too early is wrong at its end. */
function lastLine(text: string): number {
  return lineAt(text.trimEnd(), text.length);
}
