import type { ExportReport } from '../client';
import { formatDuration } from '../export/time';
import { isTerminal, type OutputStream, printTo } from '../terminal/output';
import type { ProgressBar } from '../terminal/progress-bar';
import { type Display, lineDisplay, OUTAGE } from './following';
import { unlessLeftOut } from './left-out';
import { progressText } from './output';

/** A bar in a terminal, a line for each change elsewhere. */
export async function progressDisplay(stream: OutputStream): Promise<Display<ExportReport>> {
  const bars = isTerminal(stream) ? await unlessLeftOut(import('../terminal/progress-bar.js')) : undefined;
  return bars === undefined
    ? lineDisplay((line) => printTo(stream, line), lineOf)
    : barDisplay(bars.progressBar(stream));
}

function barDisplay(bar: ProgressBar): Display<ExportReport> {
  return {
    show(report) {
      const remainingMs = report.status?.remainingMs ?? null;
      const left = remainingMs === null ? 'ETA unknown' : `ETA ${formatDuration(remainingMs)}`;
      const percent = Math.floor((fractionOf(report) ?? 0) * 100);
      bar.update(percent, report.memo.outcome ? 'done' : left, stateText(report));
    },
    showOutage: () => bar.update(null, 'ETA unknown', OUTAGE),
    end: () => bar.stop(),
  };
}

function lineOf(report: ExportReport): string {
  const fraction = fractionOf(report);
  const left = report.status?.remainingMs != null ? ` (ETA ${formatDuration(report.status.remainingMs)})` : '';
  const percent = fraction === null ? '-' : `${Math.floor(fraction * 100)} %`;
  return `${percent}${left} ${stateText(report)}`;
}

/** The memo shows a success also when no worker answers any more. */
function fractionOf({ memo, status }: ExportReport): number | null {
  return memo.outcome === 'succeeded' ? 1 : (status?.progress ?? null);
}

function stateText({ memo, status, workflowStatus }: ExportReport): string {
  if (memo.outcome !== undefined) return memo.outcome;
  if (status === null) return `${workflowStatus}, no worker answers`;
  if (status.phase === 'exporting') return `job ${progressText({ ...status, progress: null, remainingMs: null })}`;
  return status.lastError === null ? status.phase : `${status.phase}: ${status.lastError}`;
}
