import { Presets, SingleBar } from 'cli-progress';
import type { ExportReport } from '../client';
import { formatDuration } from '../export/time';
import { type Display, lineDisplay, OUTAGE } from './following';
import { progressText } from './output';

/** A bar in a terminal, a line for each change elsewhere. */
export function progressDisplay(out: NodeJS.WriteStream): Display<ExportReport> {
  return out.isTTY ? barDisplay(out) : lineDisplay(out, lineOf);
}

function barDisplay(out: NodeJS.WriteStream): Display<ExportReport> {
  const format = '{bar} {percentage} % | {left} | {state}';
  const options = { format, stream: out, hideCursor: true, barsize: 30, gracefulExit: false };
  const bar = new SingleBar(options, Presets.shades_classic);
  bar.start(100, 0, { left: 'ETA unknown', state: 'starting' });
  return {
    show(report) {
      const remainingMs = report.status?.remainingMs ?? null;
      const left = remainingMs === null ? 'ETA unknown' : `ETA ${formatDuration(remainingMs)}`;
      const percent = Math.floor((fractionOf(report) ?? 0) * 100);
      bar.update(percent, { left: report.memo.outcome ? 'done' : left, state: stateText(report) });
    },
    showOutage: () => bar.update({ left: 'ETA unknown', state: OUTAGE }),
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
