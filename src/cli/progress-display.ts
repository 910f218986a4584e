import { Presets, SingleBar } from 'cli-progress';
import type { ExportReport } from '../client';
import { durationText, progressText } from './output';

/** Shows the reports of one export as they come. */
export interface ProgressDisplay {
  show(report: ExportReport): void;
  end(): void;
}

/** A bar in a terminal, a line for each change elsewhere. */
export function progressDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  return out.isTTY ? barDisplay(out) : lineDisplay(out);
}

function barDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  const format = '{bar} {percentage} % | {left} | {state}';
  const bar = new SingleBar({ format, stream: out, hideCursor: true, barsize: 30 }, Presets.shades_classic);
  bar.start(100, 0, { left: 'ETA unknown', state: 'starting' });
  return {
    show({ status, workflowStatus }) {
      const percent = Math.floor((status?.progress ?? 0) * 100);
      const remainingMs = status?.remainingMs ?? null;
      const left = remainingMs === null ? 'ETA unknown' : `ETA ${durationText(remainingMs)}`;
      bar.update(percent, { left: status?.outcome ? 'done' : left, state: stateText(status, workflowStatus) });
    },
    end: () => bar.stop(),
  };
}

function lineDisplay(out: NodeJS.WriteStream): ProgressDisplay {
  let last = '';
  return {
    show({ status, workflowStatus }) {
      const left = status?.remainingMs != null ? ` (ETA ${durationText(status.remainingMs)})` : '';
      const percent = status?.progress != null ? `${Math.floor(status.progress * 100)} %` : '-';
      const line = `${percent}${left} ${stateText(status, workflowStatus)}`;
      if (line !== last) out.write(`${line}\n`);
      last = line;
    },
    end: () => {},
  };
}

function stateText(status: ExportReport['status'], workflowStatus: string): string {
  if (status === null) return `${workflowStatus}, no worker answers`;
  if (status.outcome !== null) return status.outcome;
  if (status.phase === 'exporting') return `job ${progressText({ ...status, progress: null, remainingMs: null })}`;
  return status.lastError === null ? status.phase : `${status.phase}: ${status.lastError}`;
}
