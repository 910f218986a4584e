import type { BatchReport, ExportReport } from '../client';
import { type ListedWorkflow, listedBatch, listedExport } from '../client/list';
import { triedAgain } from '../client/start-progress';
import { counted } from '../export/quantities';
import { describeCounts } from '../export/summaries';
import { formatDuration } from '../export/time';
import { stateText } from '../temporal/runs';
import { canRedraw, liveLines } from '../terminal/live-lines';
import { type OutputStream, printJson, printTo, printToStderr, widthOf } from '../terminal/output';
import { type Display, lineDisplay, OUTAGE } from './following';
import { nextPollIn, progressText } from './output';

/** What both kinds of reports show while they are followed. */
interface Progress {
  row: ListedWorkflow;
  /** Of the job or the batch. */
  state: string;
  /** `12 %/h`; null where not known. */
  rate: string | null;
  startedAt: string;
  nextPollAt: string | null;
  /** What is tried again; null where nothing is. */
  retrying: string | null;
}

/** A bar in a terminal, a line for each change elsewhere. */
export function progressDisplay(stream: OutputStream): Display<ExportReport> {
  return displayOf(stream, progressOfExport);
}

/** The same of a batch. */
export function batchProgressDisplay(stream: OutputStream): Display<BatchReport> {
  return displayOf(stream, progressOfBatch);
}

function displayOf<Report>(stream: OutputStream, progressOf: (report: Report) => Progress): Display<Report> {
  if (!canRedraw(stream)) {
    return lineDisplay(
      (line) => printTo(stream, line),
      (report) => lineOf(progressOf(report)),
    );
  }
  const live = liveLines(stream);
  let last: Progress | null = null;
  return {
    show(report) {
      last = progressOf(report);
      live.draw(liveLinesOf(last, widthOf(stream), Date.now()));
    },
    showOutage: () => live.draw([...(last === null ? [] : [barLine(last.row, widthOf(stream))]), OUTAGE]),
    end: () => live.clear(),
  };
}

/** A JSON document for each change, on a line of its own. What is left changes all the time, and makes no line. */
export function jsonLinesDisplay(kind: 'export'): Display<ExportReport>;
export function jsonLinesDisplay(kind: 'batch'): Display<BatchReport>;
export function jsonLinesDisplay(kind: ListedWorkflow['kind']): Display<never> {
  const progressOf: (report: never) => Progress = kind === 'export' ? progressOfExport : progressOfBatch;
  const outages = lineDisplay<never>(printToStderr, () => null);
  let last = '';
  return {
    show(report) {
      outages.show(report);
      const { row, nextPollAt } = progressOf(report);
      const line = { type: 'progress', at: new Date().toISOString(), ...row, nextPollAt };
      const news = JSON.stringify({ ...line, at: null, remainingMs: null });
      if (news !== last) printJson(line, 0);
      last = news;
    },
    showOutage: outages.showOutage,
    end: () => {},
  };
}

function progressOfExport(report: ExportReport): Progress {
  const { status } = report;
  const row = listedExport(report);
  const { remainingMs } = row;
  const left = status?.progress == null || !remainingMs ? null : (1 - status.progress) / remainingMs;
  return {
    row,
    state: stateOfExport(report),
    rate: left === null ? null : perTime(left * 100, '%'),
    startedAt: status?.startedAt ?? report.startedAt,
    nextPollAt: status === null ? null : nextPollIn(status),
    retrying: retryingOf(report),
  };
}

/** Of an export or a batch whose status is not known. */
function stateWithoutStatus({ memo, workflowStatus, statusUnreadable }: ExportReport | BatchReport, counts = '') {
  const inAll = counts && ` (${counts})`;
  if (memo.outcome !== undefined) return `${memo.outcome}${inAll}`;
  return `${stateText(workflowStatus)}${inAll}, ${statusUnreadable ? 'unreadable' : 'no worker answers'}`;
}

function stateOfExport(report: ExportReport): string {
  const { memo, status } = report;
  if (status === null || memo.outcome !== undefined) return stateWithoutStatus(report);
  if (status.phase === 'paused') return 'polling paused';
  if (status.phase === 'exporting') return `job ${progressText({ ...status, progress: null, remainingMs: null })}`;
  return status.lastError === null ? status.phase : `${status.phase}: ${status.lastError}`;
}

function progressOfBatch(report: BatchReport): Progress {
  const { status, memo } = report;
  const row = listedBatch(report);
  const startedAt = status?.startedAt ?? report.startedAt;
  const ended = Object.values(status?.counts ?? {}).reduce((sum, count) => sum + count, 0);
  const elapsedMs = Date.now() - Date.parse(startedAt);
  return {
    row,
    state: stateOfBatch(report, ended),
    rate: ended === 0 || memo.outcome !== undefined ? null : perTime(ended / elapsedMs, 'images'),
    startedAt,
    nextPollAt: null,
    retrying: retryingOf(report),
  };
}

function retryingOf({ retrying }: Pick<BatchReport, 'retrying'>): string | null {
  return retrying === null ? null : triedAgain(retrying);
}

/** `120/2000 ended (118 succeeded, 2 failed), 50 running`. */
function stateOfBatch(report: BatchReport, ended: number): string {
  const { status, memo } = report;
  if (status === null) return stateWithoutStatus(report, describeCounts(memo.counts ?? {}));
  if (status.phase === 'planning') return 'planning';
  if (status.failure !== null) return `failed (${status.failure.type})`;
  const counts = describeCounts(status.counts);
  const paused = status.startingPaused ? ', starts no more (paused)' : '';
  return `${ended}/${counted(status.total, 'image')} ended${counts && ` (${counts})`}, ${status.running} running${paused}`;
}

/** Null for an end that is none of success: that is reported as one block. */
function lineOf({ row, state, retrying }: Progress): string | null {
  if (row.outcome !== null && row.outcome !== 'succeeded' && row.outcome !== 'completed') return null;
  const news = retrying === null ? state : `${state}, ${retrying}`;
  if (row.kind === 'batch') return news;
  const left = row.remainingMs === null ? '' : ` (ETA ${formatDuration(row.remainingMs)})`;
  return `${row.percent === null ? '-' : `${row.percent} %`}${left} ${news}`;
}

/** The bar, and below it what fits on each line. */
export function liveLinesOf(progress: Progress, width: number, nowMs: number): string[] {
  const { row, state, rate, startedAt, nextPollAt, retrying } = progress;
  const untilMs = row.closedAt === null ? nowMs : Date.parse(row.closedAt);
  const left = row.remainingMs === null ? 'unknown' : formatDuration(row.remainingMs);
  const facts = [
    state,
    rate,
    `elapsed ${formatDuration(Math.max(0, untilMs - Date.parse(startedAt)))}`,
    row.closedAt === null && row.outcome === null ? `ETA ${left}` : null,
    nextPollAt === null ? null : `next check in ${formatDuration(Math.max(0, Date.parse(nextPollAt) - nowMs))}`,
    retrying,
  ];
  return [
    barLine(row, width),
    ...packed(
      facts.filter((fact) => fact !== null),
      width,
    ),
  ];
}

const MAX_BAR = 40;
const PERCENT_COLUMNS = ' 100 %'.length;

function barLine({ percent }: ListedWorkflow, width: number): string {
  const size = Math.max(0, Math.min(MAX_BAR, width - PERCENT_COLUMNS));
  const done = Math.floor(((percent ?? 0) / 100) * size);
  return `${'█'.repeat(done)}${'░'.repeat(size - done)} ${percent === null ? '- %' : `${percent} %`}`;
}

/** As many on a line as fit. */
function packed(facts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const fact of facts) {
    const line = lines.at(-1);
    const longer = `${line}, ${fact}`;
    if (line !== undefined && longer.length <= width) lines[lines.length - 1] = longer;
    else lines.push(fact);
  }
  return lines;
}

/** `1.5 %/min`, `40 images/h`; by the hour where it is less than one a minute. */
function perTime(perMs: number, unit: string): string {
  const perMinute = perMs * 60_000;
  const [rate, time] = perMinute >= 1 ? [perMinute, 'min'] : [perMinute * 60, 'h'];
  const rounded = rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10;
  return `${rounded.toLocaleString('en-US')} ${unit}/${time}`;
}
